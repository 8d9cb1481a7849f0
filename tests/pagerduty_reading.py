"""How PagerDuty reads a layer of a schedule, from its documentation and the inputs of its provider only.

https://support.pagerduty.com/main/docs/schedule-basics and https://developer.pagerduty.com (create a schedule): users
take turns in their order from `rotation_virtual_start` on, nobody before `start`; restrictions say when, by time of day
or by time of week; all of it on the wall clock of the schedule's time zone, turns of hours in elapsed time.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

DAY_S = 86_400
WEEK_S = 7 * DAY_S


def on_duty(layer: Mapping[str, Any], time_zone: str, at: datetime) -> str | None:
    """The user on call at the instant, or None."""
    zone = ZoneInfo(time_zone)
    if at < datetime.fromisoformat(layer["start"]):
        return None
    if not _allowed(layer.get("restrictions") or [], at.astimezone(zone)):
        return None
    turn_s, virtual = layer["rotationTurnLengthSeconds"], datetime.fromisoformat(layer["rotationVirtualStart"])
    elapsed = at - virtual
    if turn_s % DAY_S == 0:
        elapsed = _wall(at, zone) - _wall(virtual, zone)
    users: list[str] = layer["users"]
    return users[elapsed // timedelta(seconds=turn_s) % len(users)]


def shown_twice(at: datetime, time_zone: str) -> bool:
    """Whether the wall clock shows this time again: which of the two is meant the documentation leaves open."""
    return at.astimezone(ZoneInfo(time_zone)).fold == 1


def _wall(at: datetime, zone: ZoneInfo) -> datetime:
    return at.astimezone(zone).replace(tzinfo=None, fold=0)


def _allowed(restrictions: list[Mapping[str, Any]], local: datetime) -> bool:
    if not restrictions:
        return True
    second = local.weekday() * DAY_S + local.hour * 3600 + local.minute * 60 + local.second
    return any(_within(one, second) for one in restrictions)


def _within(restriction: Mapping[str, Any], second: int) -> bool:
    """Whether a second of the week lies in a restriction."""
    hours, minutes, seconds = map(int, restriction["startTimeOfDay"].split(":"))
    start, circle = hours * 3600 + minutes * 60 + seconds, DAY_S
    if restriction["type"] == "weekly_restriction":
        start, circle = start + (restriction["startDayOfWeek"] - 1) * DAY_S, WEEK_S
    return bool((second - start) % circle < restriction["durationSeconds"])
