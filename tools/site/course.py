"""Ninety days of a service: how each day was, and for which share of the time it had no outage."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from tools.site.level import Level
from tools.site.published import Published

DAYS: Final = 90
_DAY: Final = timedelta(days=1)

Stretch = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One day in UTC."""

    day: date
    level: Level
    """The worst of it."""
    minutes: int
    """How long there was trouble that users notice."""
    incidents: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ninety:
    """The days, the oldest first, and their sum."""

    days: tuple[Day, ...]
    available: float | None
    """The share of the recorded time without an outage, 0..1; None if nothing is recorded."""
    incidents: int


def ninety(incidents: Sequence[Published], recorded_since: datetime | None, at: datetime) -> Ninety:
    """The last ninety days of one service's incidents, today included up to now."""
    first = at.replace(hour=0, minute=0, second=0, microsecond=0) - (DAYS - 1) * _DAY
    days = tuple(_day(first + number * _DAY, incidents, recorded_since, at) for number in range(DAYS))
    begin = None if recorded_since is None else max(first, recorded_since)
    shown = {number for day in days for number in day.incidents}
    if begin is None or begin >= at:
        return Ninety(days=days, available=None, incidents=len(shown))
    out = _length(
        _inside(span, begin, at) for one in incidents if one.level is Level.OUTAGE for span in _spans(one, at)
    )
    return Ninety(days=days, available=1 - out / (at - begin), incidents=len(shown))


def _day(start: datetime, incidents: Sequence[Published], recorded_since: datetime | None, at: datetime) -> Day:
    end = min(start + _DAY, at)
    touched = [
        one
        for one in incidents
        if any((begin < end and until > start) or start <= begin == until < end for begin, until in _spans(one, at))
    ]
    unknown = recorded_since is None or end <= recorded_since
    quiet = Level.UNKNOWN if unknown and not touched else Level.WELL
    felt = _length(_inside(span, start, end) for one in touched if one.level > Level.NOTICE for span in _spans(one, at))
    return Day(
        day=start.date(),
        level=max((one.level for one in touched), default=quiet),
        minutes=round(felt / timedelta(minutes=1)),
        incidents=tuple(one.number for one in touched),
    )


def _spans(one: Published, at: datetime) -> Iterator[Stretch]:
    for start, end in one.spans:
        yield start, at if end is None else end


def _inside(span: Stretch, start: datetime, end: datetime) -> Stretch:
    begin = max(span[0], start)
    return begin, max(min(span[1], end), begin)


def _length(stretches: Iterator[Stretch]) -> timedelta:
    """Of their union: two incidents at a time are not twice the trouble."""
    total, reached = timedelta(), None
    for start, end in sorted(stretches):
        begin = start if reached is None else max(start, reached)
        if end > begin:
            total += end - begin
        reached = end if reached is None else max(reached, end)
    return total
