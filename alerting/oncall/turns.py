"""Turns of a layer: who follows whom, and when exactly."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from alerting.model.team import DAY, Layer
from alerting.oncall.localtime import instant

_MARGIN: Final = timedelta(days=2)
"""More than any wall clock is away from UTC, and than any change of the clocks."""


def first_handoff(layer: Layer, zone: ZoneInfo) -> datetime:
    """The instant from which the layer has someone."""
    return instant(_local_handoff(layer, 0), zone)


def turns(layer: Layer, zone: ZoneInfo, begin: datetime, end: datetime) -> Iterator[tuple[datetime, datetime, str]]:
    """Every turn that has an instant in [begin, end), whole, with the name of its person, in order."""
    number = _number_before(layer, zone, begin)
    handoff = _handoff(layer, zone, number)
    while handoff < end:
        following = _handoff(layer, zone, number + 1)
        if following > begin and following > handoff:
            yield handoff, following, layer.order[number % len(layer.order)]
        number, handoff = number + 1, following


def _number_before(layer: Layer, zone: ZoneInfo, at: datetime) -> int:
    """The number of a turn that is surely no later than the one at `at`."""
    if layer.by_wall_clock:
        elapsed = at.astimezone(UTC).replace(tzinfo=None) - _MARGIN - _local_handoff(layer, 0)
    else:
        elapsed = at - first_handoff(layer, zone)
    return max(0, elapsed // timedelta(milliseconds=layer.every.ms))


def _handoff(layer: Layer, zone: ZoneInfo, number: int) -> datetime:
    """The instant at which the turn of that number begins."""
    if layer.by_wall_clock:
        return instant(_local_handoff(layer, number), zone)
    return first_handoff(layer, zone) + timedelta(milliseconds=number * layer.every.ms)


def _local_handoff(layer: Layer, number: int) -> datetime:
    """The wall-clock time at which the turn of that number begins, for turns of whole days."""
    midnight = datetime.combine(layer.start, time())
    return midnight + timedelta(days=number * (layer.every.ms // DAY.ms), minutes=layer.handoff.minutes)
