"""PromQL for periods of the calendar: when the running one began, and how long it is.

PromQL knows no time zones, so the zone's changes of offset are written into the expression, for the years below.
"""

import functools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from alerting.model.quantities import Duration
from alerting.model.service import CalendarWindow
from alerting.promql import Expr, binary, call, number

Calendar = Literal["week", "month", "quarter"]

FIRST: Final = datetime(2025, 1, 1, tzinfo=UTC)
LAST: Final = datetime(2041, 1, 1, tzinfo=UTC)
"""Changes of offset between these instants are known to the rules."""
LONGEST: Final[dict[Calendar, Duration]] = {
    "week": Duration(7 * 86_400_000),
    "month": Duration(31 * 86_400_000),
    "quarter": Duration(92 * 86_400_000),
}
_DAY: Final = number(86_400)


def period_start(window: CalendarWindow) -> Expr:
    """Seconds, on the zone's clock, at which the running period began; whole, so that it can be a label."""
    local = call("vector", _sum(Expr("time()"), *_offset(window.timezone)))
    today = call("floor", binary("/", local, _DAY))
    since = _days_since_start(window.calendar, local)
    return binary("*", binary("-", today, since), _DAY)


def period_seconds(window: CalendarWindow, start: Expr) -> Expr:
    """The length of the running period, from when it began; a number or a series without labels."""
    if window.calendar == "week":
        return number(7 * 86_400)
    if window.calendar == "month":
        return call("max", binary("*", call("days_in_month", start), _DAY))
    month = call("month", start)
    february = call("days_in_month", binary("+", start, number(31 * 86_400)))
    leap = binary("*", binary("== bool", month, number(1)), binary("-", february, number(28)))
    days = _sum(number(90), leap, binary(">= bool", month, number(4)), binary(">= bool", month, number(7)))
    return call("max", binary("*", days, _DAY))


def _sum(first: Expr, *rest: Expr) -> Expr:
    return functools.reduce(lambda left, right: binary("+", left, right), rest, first)


def _days_since_start(calendar: Calendar, local: Expr) -> Expr:
    """Whole days between the start of the period and today."""
    if calendar == "week":
        after_monday = binary("+", call("day_of_week", local), number(6))
        return binary("%", after_monday, number(7))
    if calendar == "month":
        return binary("-", call("day_of_month", local), number(1))
    leap = binary("== bool", binary("%", call("year", local), number(4)), number(0))
    month = call("month", local)
    before = _sum(
        binary("*", binary(">= bool", month, number(4)), binary("+", number(90), leap)),
        binary("*", binary(">= bool", month, number(7)), number(91)),
        binary("*", binary(">= bool", month, number(10)), number(92)),
    )
    return binary("-", binary("-", call("day_of_year", local), number(1)), before)


def _offset(timezone: str) -> Iterator[Expr]:
    """What must be added to UTC, as summands."""
    first, changes = offset_changes(timezone)
    if first:
        yield number(first)
    for at, seconds in changes:
        yield binary("*", binary(">= bool", Expr("time()"), number(at)), number(seconds))


@functools.lru_cache(maxsize=64)
def offset_changes(timezone: str) -> tuple[int, tuple[tuple[int, int], ...]]:
    """The zone's offset in seconds at FIRST, then each change until LAST: when, and by how many seconds."""
    zone = ZoneInfo(timezone)

    def offset(at: int) -> int:
        return round((datetime.fromtimestamp(at, zone).utcoffset() or timedelta()).total_seconds())

    changes = []
    begin, end = round(FIRST.timestamp()), round(LAST.timestamp())
    for day in range(begin, end, 86_400):
        if offset(day) != offset(day + 86_400):
            low, high = day, day + 86_400
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (low, middle) if offset(middle) != offset(low) else (middle, high)
            changes.append((high, offset(high) - offset(low)))
    return offset(begin), tuple(changes)
