"""Mute windows as time intervals: what Alertmanager reads, and when they hold."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from alerting.model.matcher import parse_all
from alerting.model.routing import DAYS, MuteWindow
from alerting.policy import load
from alerting.routes.mute import Place, holds, reduced, time_intervals
from tests.alerting.test_routes import run
from tests.conftest import DATA

MINI = load(DATA / "mini")
TIMES = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.sampled_from([0, 15, 30, 59]))
RANGES = st.tuples(TIMES, TIMES | st.just("24:00")).filter(lambda pair: pair[0] != pair[1])
WEEKDAYS = st.sampled_from(DAYS) | st.builds("{}:{}".format, st.sampled_from(DAYS), st.sampled_from(DAYS))


def window(**fields: Any) -> MuteWindow:
    """A mute window as a file would have it."""
    usual = {"name": "w", "matchers": ['severity="ticket"'], "reason": "r"}
    return MuteWindow.model_validate({**usual, **fields})


WINDOWS = st.builds(
    lambda zone, days, times: window(
        timezone=zone, weekdays=days, times=[{"from": start, "to": end} for start, end in times]
    ),
    st.sampled_from(["UTC", "Europe/Lisbon", "America/New_York", "Asia/Kathmandu"]),
    st.lists(WEEKDAYS, max_size=2),
    st.lists(RANGES, min_size=1, max_size=2),
)


def compiled(muted: MuteWindow) -> list[dict[str, Any]]:
    """The window's intervals."""
    (named,) = time_intervals([muted])
    assert named["name"] == muted.name
    found = named["time_intervals"]
    assert isinstance(found, list)
    return found


def days(muted: MuteWindow) -> set[str]:
    """The days that the ranges of a window name, walked one by one."""
    found = set() if muted.weekdays else set(DAYS)
    for text in muted.weekdays:
        first, last = (text.split(":") * 2)[:2]
        at = DAYS.index(first)
        while DAYS[at % 7] != last:
            found.add(DAYS[at % 7])
            at += 1
        found.add(last)
    return found


def says(muted: MuteWindow, local: datetime) -> bool:
    """Whether the window's own words include a local time: a night belongs to the day on which it begins."""
    clock = f"{local:%H:%M}"
    today, yesterday = (DAYS[(day.weekday() + 1) % 7] for day in (local, local - timedelta(days=1)))
    for each in muted.times:
        if each.from_ < each.to:
            if today in days(muted) and each.from_ <= clock < each.to:
                return True
        elif (today in days(muted) and clock >= each.from_) or (yesterday in days(muted) and clock < each.to):
            return True
    return False


@given(WINDOWS, st.integers(0, 366 * 24 * 60))
def test_a_window_holds_when_its_words_say_so(muted: MuteWindow, minutes: int) -> None:
    """Days that pass the end of the week and times that pass midnight come out as written, in the window's zone."""
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    local = at.astimezone(ZoneInfo(muted.timezone)).replace(tzinfo=None)
    assert holds(compiled(muted), at) == says(muted, local)


@given(st.lists(WINDOWS, min_size=1, max_size=5))
def test_alertmanager_reads_every_window(muted: list[MuteWindow]) -> None:
    """Alertmanager refuses ranges that end before they start; none of ours do."""
    for each in muted:
        for interval in compiled(each):
            assert all(times["start_time"] < times["end_time"] for times in interval.get("times", ()))


def test_amtool_accepts_nights_and_weekends(part: Callable[[str], Path], tmp_path: Path) -> None:
    """A night over midnight becomes an evening and the next day's morning."""
    muted = window(weekdays=["friday:monday"], times=[{"from": "22:00", "to": "06:00"}], timezone="Europe/Lisbon")
    assert compiled(muted) == [
        {
            "times": [{"start_time": "22:00", "end_time": "24:00"}],
            "weekdays": ["sunday", "monday", "friday", "saturday"],
            "location": "Europe/Lisbon",
        },
        {
            "times": [{"start_time": "00:00", "end_time": "06:00"}],
            "weekdays": ["sunday", "monday", "tuesday", "saturday"],
            "location": "Europe/Lisbon",
        },
    ]
    config = tmp_path / "am.yml"
    routes = {"receiver": "a", "routes": [{"receiver": "a", "mute_time_intervals": ["w"]}]}
    config.write_text(
        yaml.safe_dump({"route": routes, "receivers": [{"name": "a"}], "time_intervals": time_intervals([muted])})
    )
    assert run([part("amtool"), "check-config", config]).returncode == 0


def test_a_whole_day_and_a_night_until_midnight() -> None:
    """Days without times are whole, and a range that ends at midnight has no morning."""
    assert compiled(window(weekdays=["saturday"])) == [{"weekdays": ["saturday"], "location": "UTC"}]
    assert compiled(window(times=[{"from": "22:00", "to": "00:00"}])) == [
        {"times": [{"start_time": "22:00", "end_time": "24:00"}], "location": "UTC"}
    ]


@pytest.mark.parametrize(
    ("matchers", "left"),
    [
        (['severity="ticket"'], ()),
        (['severity="page"'], None),
        (['severity=~"page|ticket"', 'team="payments"'], ()),
        (['team="platform"'], None),
        (['service=~"check.*"'], ()),
        (['service!="checkout"'], None),
        # A missing priority counts as the one that the matrix gives, P2 for a ticket of tier 1.
        (['priority="P2"'], ('priority=~"P2|"',)),
        (['priority="P3"'], ('priority="P3"',)),
        (['priority=~"P[0-4]"'], ()),
        (['priority="P9"'], None),
        (['alertname="X"'], ('alertname="X"',)),
        (['severity="odd"'], ('severity="odd"',)),
    ],
)
def test_what_is_known_of_a_route_is_not_asked_again(matchers: list[str], left: tuple[str, ...] | None) -> None:
    """Of a window's matchers only those stay that the route of a ticket of checkout does not answer already."""
    place = Place(service=MINI.services["checkout"], severity="ticket")
    found = reduced(window(matchers=matchers, weekdays=["sunday"]), place, MINI.severity)
    assert found == (None if left is None else parse_all(left))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {},
            (
                "it has neither weekdays nor times, so it would mute for ever; expected one of them; "
                "for a stretch of time write a file under policies/silences/"
            ),
        ),
        (
            {"weekdays": ["monday-friday"]},
            "'monday-friday' is not a day or range of days; expected one such as saturday or monday:friday",
        ),
        (
            {"times": [{"from": "25:00", "to": "26:00"}]},
            "'25:00' is not a time of day; expected one such as 09:00, from 00:00 to 24:00",
        ),
        (
            {"times": [{"from": "09:00", "to": "09:00"}]},
            "from 09:00 to 09:00 is no time at all; expected two different times of day such as 22:00 and 06:00",
        ),
    ],
)
def test_mistakes_in_a_window_are_named(fields: dict[str, Any], message: str) -> None:
    """Each says what was expected."""
    with pytest.raises(ValidationError) as raised:
        window(**fields)
    assert raised.value.errors()[0]["msg"] == f"Value error, {message}"
