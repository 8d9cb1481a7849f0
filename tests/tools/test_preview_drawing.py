"""Answers as lines on a chart: gaps stay gaps, stacks add up, limits and incidents stand where they belong."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tools.preview.asking import Series, Span
from tools.preview.drawing import MOST_LINES, chart, spark
from tools.preview.marks import called, look

START = datetime(2026, 3, 2, 12, tzinfo=UTC)
SPAN = Span(start=START, end=START + timedelta(seconds=100), step=timedelta(seconds=10))


def series(*values: float | None, **labels: str) -> Series:
    """A value every ten seconds; None where there is none."""
    begin = START.timestamp()
    points = ((begin + 10 * at, value) for at, value in enumerate(values) if value is not None)
    return Series(labels=labels, points=tuple(points))


def panel(*, stacked: bool = False, steps: tuple[float, ...] = (), **defaults: Any) -> dict[str, Any]:
    """The part of a panel's JSON that a chart reads."""
    thresholds = [{"value": None, "color": "green"}, *({"value": value, "color": "red"} for value in steps)]
    custom = {
        "stacking": {"mode": "normal" if stacked else "none"},
        "thresholdsStyle": {"mode": "dashed" if steps else "off"},
    }
    return {
        "fieldConfig": {
            "defaults": {"unit": "none", "thresholds": {"steps": thresholds}, "custom": custom, **defaults},
            "overrides": [],
        }
    }


def test_a_line_runs_from_left_to_right_and_up() -> None:
    """In thousandths of the width and of the height."""
    drawn = chart(panel(min=0), [("{{a}}", series(0, 5, 10, a="x"))], [], SPAN)
    (line,) = drawn.lines
    assert (line.name, line.last) == ("x", "10")
    assert line.path == "M0.0 1000.0L100.0 500.0L200.0 0.0"
    assert line.area == "M0.0 1000.0L100.0 500.0L200.0 0.0L200.0 1000.0L100.0 1000.0L0.0 1000.0Z"
    assert [text for _, text in drawn.heights] == ["0", "2.5", "5", "7.5", "10"]
    assert [round(place) for place, _ in drawn.heights] == [100, 75, 50, 25, 0]


def test_a_long_gap_breaks_the_line_and_a_short_one_does_not() -> None:
    """And what is no number is a gap."""
    short = chart(panel(), [("", series(1, None, None, 1))], [], SPAN).lines[0].path
    long = chart(panel(), [("", series(1, None, None, None, math.nan, 1, 1))], [], SPAN).lines[0].path
    assert short.count("M") == 1
    assert long.count("M") == 2


def test_a_lonely_point_is_a_dash_that_can_be_seen() -> None:
    """A path of one place would draw nothing."""
    (line,) = chart(panel(min=0, max=1), [("", series(None, 0.5))], [], SPAN).lines
    assert line.path == "M98.0 500.0L102.0 500.0"


def test_stacked_series_stand_on_each_other() -> None:
    """The upper edge is the sum; legends show each one's own value."""
    answers = [("{{a}}", series(1, 1, a="a")), ("{{a}}", series(3, 3, a="b"))]
    drawn = chart(panel(stacked=True, min=0), answers, [], SPAN)
    assert [(line.name, line.last) for line in drawn.lines] == [("a", "1"), ("b", "3")]
    assert drawn.heights[-1][1] == "4"
    assert drawn.lines[1].path == "M0.0 0.0L100.0 0.0"
    assert drawn.lines[1].area == "M0.0 0.0L100.0 0.0L100.0 750.0L0.0 750.0Z"


def test_limits_are_lines_unless_they_would_press_the_chart_flat() -> None:
    """Four times the highest value is too far up."""
    near = chart(panel(steps=(8.0,), min=0), [("", series(4, 4))], [], SPAN)
    far = chart(panel(steps=(80.0,), min=0), [("", series(4, 4))], [], SPAN)
    assert [color for _, color in near.limits] == ["red"]
    assert far.limits == ()
    assert chart(panel(), [("", series(4, 4))], [], SPAN).limits == ()


def test_the_largest_series_are_kept_and_the_rest_counted() -> None:
    """Nobody can tell a hundred lines apart."""
    answers = [("{{n}}", series(float(at), n=f"{at:02}")) for at in range(20)]
    drawn = chart(panel(), answers, [], SPAN)
    assert [line.name for line in drawn.lines] == [f"{at:02}" for at in range(20 - MOST_LINES, 20)]
    assert drawn.more == 20 - MOST_LINES


def test_an_incident_shades_the_time_it_took() -> None:
    """Places are shares of the width in percent."""
    mark = series(None, None, 1, 1, 1, incident="INC-7", service="cart")
    assert chart(panel(), [("", series(1, 1))], [mark], SPAN).incidents == ((20, 20, "INC-7 cart"),)


def test_infinite_values_do_not_stretch_the_axis() -> None:
    """They are left out of the line."""
    drawn = chart(panel(min=0), [("", series(1, math.inf, 2))], [], SPAN)
    assert drawn.heights[-1][1] == "2"


def test_nothing_to_draw_is_an_empty_chart() -> None:
    """Not an error."""
    assert chart(panel(), [], [], SPAN).lines == ()
    assert spark(series(1), SPAN) == ""


@pytest.mark.parametrize(
    ("legend", "labels", "name"),
    [
        ("{{ service }} {{slo}}", {"service": "cart", "slo": "latency"}, "cart latency"),
        ("{{code}}{{status}}", {"status": "500"}, "500"),
        ("", {"__name__": "up", "job": "a"}, 'up{job="a"}'),
        ("", {}, "value"),
    ],
)
def test_a_series_is_called_as_its_legend_says(legend: str, labels: dict[str, str], name: str) -> None:
    """With its labels filled in; all labels if there is no legend."""
    assert called(legend, labels) == name


def test_values_are_judged_by_the_panels_steps_or_the_fields_own() -> None:
    """Words come before units, and a fixed color before steps."""
    json = panel(steps=(5.0,))
    json["fieldConfig"]["overrides"] = [
        {
            "matcher": {"id": "byName", "options": "target is"},
            "properties": [
                {"id": "unit", "value": "none"},
                {"id": "color", "value": {"mode": "fixed", "fixedColor": "text"}},
                {"id": "mappings", "value": [{"type": "value", "options": {"1": {"text": "met", "color": "green"}}}]},
            ],
        }
    ]
    assert [look(json).tone(value) for value in (4, 5, math.nan)] == ["green", "red", "text"]
    judged = look(json, "target is")
    assert [(judged.text(value, START), judged.tone(value)) for value in (1, 7)] == [("met", "green"), ("7", "text")]
