"""Hours of duty as instants."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from alerting.model.wallclock import Hours
from alerting.oncall.localtime import instant
from alerting.oncall.spans import Span, union

_MARGIN: Final = timedelta(days=9)
"""Hours that leave out some minute of the week run for less than a week; two days more for zones and changes."""


def duty(hours: Hours, zone: ZoneInfo, begin: datetime, end: datetime) -> list[Span]:
    """Every time of duty that has an instant in [begin, end), whole; for hours that leave out some of the week."""
    return union(_daily(hours, zone, begin - _MARGIN, end + _MARGIN))


def _daily(hours: Hours, zone: ZoneInfo, begin: datetime, end: datetime) -> Iterator[Span]:
    """The spans of each day, neither merged nor in order."""
    day = datetime.combine(begin.astimezone(UTC).date(), time())
    while day < end.astimezone(UTC).replace(tzinfo=None):
        for span in hours.spans:
            if day.weekday() in span.days:
                yield (
                    instant(day + timedelta(minutes=span.begin), zone),
                    instant(day + timedelta(minutes=span.end), zone),
                )
        day += timedelta(days=1)
