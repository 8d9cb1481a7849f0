"""From local wall-clock times to instants."""

from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

_SECOND: Final = timedelta(seconds=1)


def instant(local: datetime, zone: ZoneInfo) -> datetime:
    """The first instant (UTC) at which the wall clock of `zone` shows `local` or a later time; `local` has no zone.

    Python's fold=0 already picks the first of two occurrences (PEP 495). For a skipped time it would add the length of
    the gap, which lets 02:30 end up after 03:15; the moment of the change keeps all times in order.
    """
    early = local.replace(tzinfo=zone, fold=0)
    found = early.astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None, fold=0) == local:
        return found
    return _change(local.replace(tzinfo=zone, fold=1).astimezone(UTC), found, zone)


def _change(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The first instant, to the second, that has the offset of `after`."""
    offset = after.astimezone(zone).utcoffset()
    while after - before > _SECOND:
        middle = before + timedelta(seconds=(after - before) // _SECOND // 2)
        if middle.astimezone(zone).utcoffset() == offset:
            after = middle
        else:
            before = middle
    return after


def resolve(moment: datetime, zone: ZoneInfo) -> datetime:
    """A moment of a file as an instant (UTC): one without an offset is a wall-clock time of `zone`."""
    return instant(moment, zone) if moment.tzinfo is None else moment.astimezone(UTC)
