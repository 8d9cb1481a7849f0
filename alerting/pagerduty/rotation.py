"""A layer as PagerDuty's schedules know it: turns of so many seconds, restricted to times of the day or of the week.

PagerDuty reads both on the wall clock of the schedule's time zone, as `alerting.oncall` does, so a handoff at 09:00
stays at 09:00 when the clocks change: https://support.pagerduty.com/main/docs/schedule-basics. Layers of one schedule
shadow each other there, so each of ours is a schedule of its own.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from alerting.model.quantities import Duration
from alerting.model.team import DAY, Layer, OnCall
from alerting.model.wallclock import MINUTES_PER_DAY, MINUTES_PER_WEEK, Hours
from alerting.oncall.turns import first_handoff

LONGEST_TURN: Final = Duration(365 * DAY.ms)
"""https://developer.pagerduty.com/api-reference/3f03afb2c84a4-create-a-schedule"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restriction:
    """A recurring time in which the layer has somebody."""

    start_of_day: str
    """`09:00:00`."""
    duration_s: int
    day_of_week: int | None = None
    """Monday is 1; None for every day."""

    @property
    def type(self) -> str:
        """PagerDuty's word for it."""
        return "daily_restriction" if self.day_of_week is None else "weekly_restriction"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """One layer."""

    start: datetime
    """The first handoff, in the team's zone; nobody is on call before it."""
    turn_s: int
    order: tuple[str, ...]
    """Names of members."""
    restrictions: tuple[Restriction, ...]
    """None at all: always."""


def rotation(on_call: OnCall, layer: Layer) -> Rotation:
    """What PagerDuty is told about a layer."""
    zone = ZoneInfo(on_call.timezone)
    return Rotation(
        start=first_handoff(layer, zone).astimezone(zone),
        turn_s=layer.every.ms // 1000,
        order=layer.order,
        restrictions=() if layer.hours is None else restrictions(layer.hours),
    )


def restrictions(hours: Hours) -> tuple[Restriction, ...]:
    """The fewest restrictions that allow just these hours; none if they leave out nothing.

    PagerDuty takes daily ones or weekly ones in one layer, so hours that differ from day to day are all weekly. Hours
    that touch or overlap are one.
    """
    covered = [False] * MINUTES_PER_WEEK
    for span in hours.spans:
        for day in span.days:
            for minute in range(span.begin, span.end):
                covered[(day * MINUTES_PER_DAY + minute) % MINUTES_PER_WEEK] = True
    if all(covered):
        return ()
    daily = all(covered[minute] == covered[minute - MINUTES_PER_DAY] for minute in range(MINUTES_PER_WEEK))
    runs = _runs(covered[:MINUTES_PER_DAY] if daily else covered)
    return tuple(_restriction(minute, length, daily=daily) for minute, length in runs)


def _runs(covered: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """Where each stretch of True begins on a circle that is not all True, and how long it is."""
    for begin, here in enumerate(covered):
        if here and not covered[begin - 1]:
            length = 1
            while covered[(begin + length) % len(covered)]:
                length += 1
            yield begin, length


def _restriction(minute: int, length: int, *, daily: bool) -> Restriction:
    day, of_day = divmod(minute, MINUTES_PER_DAY)
    return Restriction(
        start_of_day=f"{of_day // 60:02}:{of_day % 60:02}:00",
        duration_s=length * 60,
        day_of_week=None if daily else day + 1,
    )
