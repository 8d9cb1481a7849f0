"""Numbers as the preview shows them, and round numbers for its axes."""

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.words.axes import moments, scale
from tools.preview.units import duration, written

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.12345, "percentunit", "12.3 %"),
        (-0.5, "percentunit", "−50 %"),
        (1, "percentunit", "100 %"),
        (0.25, "s", "250 ms"),
        (0, "s", "0 s"),
        (12.34, "s", "12.3 s"),
        (90, "s", "1 min 30 s"),
        (120, "dtdurations", "2 min"),
        (3_600 * 30, "dtdurations", "1 d 6 h"),
        (86_400 + 5, "dtdurations", "1 d"),
        (1234.5, "reqps", "1234/s"),
        (12_345, "reqps", "12.3k/s"),
        (50_000_000, "bytes", "47.7 MiB"),
        (0, "bytes", "0 B"),
        (3, "none", "3"),
        (0.00012, "short", "0.00012"),
        (math.nan, "none", "no number"),
        (math.inf, "s", "∞"),
        (-math.inf, "s", "−∞"),
    ],
)
def test_a_value_is_written_in_its_unit(value: float, unit: str, text: str) -> None:
    """Rounded to what matters."""
    assert written(value, unit, NOW) == text


def test_a_fixed_number_of_digits_is_kept_within_reason() -> None:
    """Zeros at the end say nothing."""
    assert written(0.99954, "percentunit", NOW, 2) == "99.95 %"
    assert written(0.9, "percentunit", NOW, 2) == "90 %"


@pytest.mark.parametrize(("seconds", "text"), [(3_900, "in 1 h 5 min"), (-86_400 * 2, "2 d ago"), (0.2, "now")])
def test_a_moment_is_told_from_now(seconds: float, text: str) -> None:
    """Grafana gives it in milliseconds."""
    assert written(1000 * (NOW.timestamp() + seconds), "dateTimeFromNow", NOW) == text


@given(st.lists(st.integers(0, 100_000), min_size=1, max_size=12))
def test_counts_have_whole_lines(counts: list[int]) -> None:
    """Nobody has half an incident."""
    found = scale([float(count) for count in counts], 0.0, 4.0, whole=True)
    assert all(line.is_integer() for line in found.lines)
    assert found.low == 0
    assert found.high >= max(counts)
    assert 2 <= len(found.lines) <= 6


@given(st.floats(min_value=60, max_value=1e9))
def test_a_duration_has_at_most_two_parts(seconds: float) -> None:
    """And they are less than a smallest part away from the truth."""
    parts = duration(seconds).split()
    sizes = {"d": 86_400, "h": 3_600, "min": 60, "s": 1}
    counted = list(zip(parts[::2], parts[1::2], strict=True))
    assert 1 <= len(counted) <= 2
    total = sum(int(count) * sizes[name] for count, name in counted)
    order = list(sizes)
    smallest = sizes[order[min(order.index(counted[0][1]) + 1, 3)]]
    assert 0 <= seconds - total < smallest


@given(st.lists(st.floats(-1e12, 1e12), min_size=1, max_size=20), st.none() | st.just(0.0), st.none() | st.just(1.0))
def test_an_axis_has_room_for_every_value(values: list[float], low: float | None, high: float | None) -> None:
    """Between round ends, with a few lines."""
    axis = scale(values, low, high)
    assert axis.low < axis.high
    assert 2 <= len(axis.lines) <= 8
    slack = (axis.high - axis.low) * 1e-6
    assert all(axis.low - slack <= value <= axis.high + slack for value in values)


def test_an_axis_is_round() -> None:
    """Nobody reads 0.37 steps."""
    assert scale([0.0, 0.93], 0, 1).lines == (0, 0.25, 0.5, 0.75, 1)
    assert scale([3.0, 17.0], 0, None).lines == (0, 5, 10, 15, 20)
    assert scale([], 0, None).lines == (0, 0.25, 0.5, 0.75, 1)
    assert scale([5.0, 5.0], None, None).low < 5 < scale([5.0, 5.0], None, None).high


@given(st.integers(5, 100 * 86_400), st.integers(0, 10_000_000))
def test_a_time_axis_has_a_few_round_moments(seconds: int, offset: int) -> None:
    """Within the chart and in order."""
    start = NOW + timedelta(seconds=offset)
    found = moments(start, start + timedelta(seconds=seconds))
    assert 1 <= len(found) <= 7
    assert [place for place, _ in found] == sorted(place for place, _ in found)
    assert all(0 <= place <= 1 for place, _ in found)


def test_a_time_axis_names_the_day_only_where_days_pass() -> None:
    """Hours and minutes otherwise, seconds in a short drill."""
    assert [text for _, text in moments(NOW, NOW + timedelta(hours=4))] == [
        "12:00", "13:00", "14:00", "15:00", "16:00",
    ]  # fmt: skip
    assert moments(NOW, NOW + timedelta(days=30))[0][1] == "05 Mar"
    assert moments(NOW, NOW + timedelta(seconds=60))[1][1] == "12:00:15"
