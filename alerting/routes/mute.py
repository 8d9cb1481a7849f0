"""Mute windows as Alertmanager's time intervals, and which of them a route obeys.

Alertmanager's routes do not inherit intervals and an alert obeys exactly the route that it ends at, so every route that
notifies people names all windows that hold for it; where only some of its alerts are muted it gets a child for them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from typing import Any, Final
from zoneinfo import ZoneInfo

from alerting import names
from alerting.errors import RoutingError
from alerting.model.document_model import Severity
from alerting.model.matcher import Matcher, one_of, parse_all
from alerting.model.routing import DAYS, MuteWindow, TimeRange
from alerting.model.service import Service
from alerting.model.severity import SeverityPolicy
from alerting.routes.severities import asked, words

MAX_PARTIAL: Final = 6
"""Each window that mutes some of a route's alerts doubles its children."""
PRIORITIES: Final = ("P0", "P1", "P2", "P3", "P4")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What is known of every alert that reaches a route."""

    service: Service
    severity: Severity
    priorities: Sequence[str] = (*PRIORITIES, "")
    """Values of the priority label; the empty text stands for a label that is missing."""


def time_intervals(windows: Iterable[MuteWindow]) -> list[dict[str, Any]]:
    """The named intervals of an Alertmanager configuration."""
    return [{"name": window.name, "time_intervals": list(_intervals(window))} for window in windows]


def _intervals(window: MuteWindow) -> Iterator[dict[str, Any]]:
    """Times within days; a range over midnight becomes an evening and, on the days after, a morning."""
    within = [_times(each.from_, each.to) for each in window.times if not _overnight(each)]
    days = _days(window.weekdays)
    if within or not window.times:
        yield _interval(window, within, days)
    for each in window.times:
        if _overnight(each):
            yield _interval(window, [_times(each.from_, "24:00")], days)
            if each.to != "00:00":
                yield _interval(window, [_times("00:00", each.to)], [(day + 1) % 7 for day in days])


def _interval(window: MuteWindow, times: Sequence[Mapping[str, str]], days: Sequence[int]) -> dict[str, Any]:
    interval: dict[str, Any] = {}
    if times:
        interval["times"] = list(times)
    if window.weekdays:
        interval["weekdays"] = [DAYS[day] for day in sorted(days)]
    return {**interval, "location": window.timezone}


def _overnight(each: TimeRange) -> bool:
    return each.to < each.from_


def _times(start: str, end: str) -> dict[str, str]:
    return {"start_time": start, "end_time": end}


def _days(ranges: Iterable[str]) -> list[int]:
    """The days that ranges such as `friday:monday` name, Sunday being 0; Alertmanager's own cannot pass Saturday."""
    found: set[int] = set()
    for text in ranges:
        first, _, last = text.partition(":")
        day, end = DAYS.index(first), DAYS.index(last or first)
        found.add(day)
        while day != end:
            day = (day + 1) % 7
            found.add(day)
    return sorted(found)


def holds(intervals: Iterable[Mapping[str, Any]], at: datetime) -> bool:
    """Whether compiled intervals contain the instant; as Alertmanager works it out."""
    return any(_contains(interval, at) for interval in intervals)


def _contains(interval: Mapping[str, Any], at: datetime) -> bool:
    local = at.astimezone(ZoneInfo(interval["location"]))
    clock = f"{local:%H:%M}"
    times, weekdays = interval.get("times"), interval.get("weekdays")
    if times is not None and not any(each["start_time"] <= clock < each["end_time"] for each in times):
        return False
    return weekdays is None or DAYS[(local.weekday() + 1) % 7] in weekdays


def reduced(window: MuteWindow, place: Place, severities: SeverityPolicy) -> tuple[Matcher, ...] | None:
    """What of a window's matchers is still open at a place: () when it mutes all alerts there, None when none."""
    left = []
    for matcher in parse_all(window.matchers):
        rest = _reduced(matcher, place, severities)
        if rest is False:
            return None
        if rest is not True:
            left.append(rest)
    return tuple(left)


def _reduced(matcher: Matcher, place: Place, severities: SeverityPolicy) -> Matcher | bool:
    """True when the matcher accepts every alert of the place, False when it accepts none, else what to ask."""
    if matcher.label == names.SERVICE:
        return matcher.accepts(place.service.service)
    if matcher.label == names.TEAM:
        return matcher.accepts(place.service.owner)
    if matcher.label == names.PRIORITY:
        return _of_values(matcher, place.priorities, severities.priority(place.severity, place.service.tier))
    if matcher.label == names.SEVERITY:
        accepted = asked(matcher)
        if accepted is not None:
            return place.severity in accepted
        if place.severity != "ticket":
            return _of_values(matcher, words(severities, place.severity), "")
    return matcher


def _of_values(matcher: Matcher, values: Sequence[str], missing: str) -> Matcher | bool:
    """What to ask of a label that has one of these values; a label that is missing counts as `missing`."""
    accepted = [value for value in values if matcher.accepts(value or missing)]
    if 0 < len(accepted) < len(values):
        return one_of(matcher.label, accepted)
    return bool(accepted)


def muted(route: Mapping[str, Any], windows: Sequence[MuteWindow], place: Place, policy: SeverityPolicy) -> Any:
    """A route that notifies people with the windows that hold for it; raises RoutingError for too many at once."""
    reductions = {window.name: reduced(window, place, policy) for window in windows}
    always = [name for name, left in reductions.items() if left == ()]
    partly = {name: left for name, left in reductions.items() if left}
    if len(partly) > MAX_PARTIAL:
        raise RoutingError(
            f"policies/routing.yaml: mute_windows: {', '.join(partly)} each mute some of the alerts of "
            f"{place.service.service} with severity {place.severity}; expected at most {MAX_PARTIAL} such windows; "
            "join some, or let them mute by service, team or severity"
        )
    children = [
        {
            "matchers": [str(matcher) for name in chosen for matcher in partly[name]],
            "mute_time_intervals": [name for name in reductions if name in (*always, *chosen)],
        }
        for size in range(len(partly), 0, -1)
        for chosen in combinations(partly, size)
    ]
    named = {"mute_time_intervals": always} if always else {}
    return {**route, **named, **({"routes": children} if children else {})}
