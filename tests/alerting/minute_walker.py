"""Who is on call, found the slow way: by looking at the clock on the wall minute after minute.

Shares nothing with `alerting.oncall`. The rule for local times becomes: the clock counts as the latest time that it has
ever shown, so that an hour that comes a second time in autumn changes nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
LONGEST_STEP_BACK = timedelta(days=2)


@dataclass(frozen=True, kw_only=True)
class PlainLayer:
    """A layer in plain values."""

    start: date
    handoff: timedelta
    every: timedelta
    order: tuple[str, ...]
    hours: tuple[tuple[frozenset[int], timedelta, timedelta], ...] | None = None
    """Days of the week, and begin and end after the midnight of the day it begins on."""
    overrides: tuple[tuple[str, datetime, datetime], ...] = ()
    """Who, from, to; without a zone they are times on the wall."""


def walk(layer: PlainLayer, zone: ZoneInfo, start: datetime, end: datetime) -> list[str | None]:
    """The person on call for every minute of [start, end)."""
    first = datetime.combine(layer.start, time()) + layer.handoff
    begin = min(start, first.replace(tzinfo=UTC)) - LONGEST_STEP_BACK
    if layer.every % timedelta(days=1) == timedelta(0):
        begin = start - LONGEST_STEP_BACK
    origin: datetime | None = None
    found: list[str | None] = []
    for at, shown in _clock(zone, begin, end):
        if origin is None and shown >= first:
            origin = at
        if at >= start:
            found.append(_person(layer, at, shown, first, origin))
    return found


def _clock(zone: ZoneInfo, begin: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Every minute with the latest time that the wall clock has shown."""
    latest = begin.astimezone(zone).replace(tzinfo=None, fold=0)
    at = begin
    while at < end:
        latest = max(latest, at.astimezone(zone).replace(tzinfo=None, fold=0))
        yield at, latest
        at += MINUTE


def _person(layer: PlainLayer, at: datetime, shown: datetime, first: datetime, origin: datetime | None) -> str | None:
    if origin is None or not _on_duty(layer, shown):
        return None
    for who, begin, until in reversed(layer.overrides):
        after = shown >= begin if begin.tzinfo is None else at >= begin
        before = shown < until if until.tzinfo is None else at < until
        if after and before:
            return who
    by_wall_clock = layer.every % timedelta(days=1) == timedelta(0)
    passed = (shown - first if by_wall_clock else at - origin) // layer.every
    return layer.order[passed % len(layer.order)]


def _on_duty(layer: PlainLayer, shown: datetime) -> bool:
    if layer.hours is None:
        return True
    midnight = datetime.combine(shown.date(), time())
    return any(
        day.weekday() in days and begin <= shown - day < end
        for days, begin, end in layer.hours
        for day in (midnight, midnight - timedelta(days=1))
    )
