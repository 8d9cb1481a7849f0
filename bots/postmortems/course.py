"""How an SLI went over an incident: what one SLO's recorded series say, minute by minute. Pure."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerting.model.quantities import Duration

Samples = Mapping[datetime, float]
"""Values by the instant at which they were recorded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One evaluation of an SLO's rules."""

    at: datetime
    ratio: float
    """Share of bad events, 0..1."""
    bad: float | None
    """Bad events a second; None where the SLI is a ratio from the start and counts nothing."""
    total: float | None
    """All events a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """One SLO over a time."""

    slo: str
    objective: float
    """0..1."""
    window: timedelta
    """The SLO's window; the nominal length of a calendar one."""
    step: timedelta
    """Between two points."""
    points: tuple[Point, ...]
    """By time; instants without data are left out."""
    window_events: float | None = None
    """Events that the window holds at the incident's end; None if nobody counts or knows."""

    @property
    def budget(self) -> float:
        """The error budget, 0..1."""
        return 1 - self.objective

    def left_objective(self, start: datetime, end: datetime) -> datetime | None:
        """When the SLI left its objective for the last time before it was at its worst between two instants.

        None if it was within its objective then: what came before or after is another trouble.
        """
        inside = (point for point in self.points if start <= point.at <= end)
        worst = max(inside, key=lambda point: point.ratio, default=None)
        if worst is None or worst.ratio <= self.budget:
            return None
        found = worst.at
        for point in reversed([one for one in self.points if one.at <= worst.at]):
            if point.ratio <= self.budget:
                break
            found = point.at
        return found


def points(bad: Samples, total: Samples, ratio: Samples) -> tuple[Point, ...]:
    """The points that recorded rates make; where nothing is counted, those of the recorded ratio."""
    return tuple(_counted(bad, total)) if total else tuple(_rated(ratio))


def _counted(bad: Samples, total: Samples) -> Iterator[Point]:
    for at, all_events in sorted(total.items()):
        if not math.isfinite(all_events):
            continue
        # An error counter that does not exist yet has counted nothing.
        failed = bad.get(at, 0.0)
        failed = failed if math.isfinite(failed) else 0.0
        ratio = min(failed / all_events, 1.0) if all_events > 0 else 0.0
        yield Point(at=at, ratio=ratio, bad=failed, total=all_events)


def _rated(ratio: Samples) -> Iterator[Point]:
    for at, value in sorted(ratio.items()):
        if math.isfinite(value):
            yield Point(at=at, ratio=min(max(value, 0.0), 1.0), bad=None, total=None)


def step_of(start: datetime, end: datetime, interval: Duration, most: int = 1_000) -> timedelta:
    """How far apart points are asked for: as the rules are evaluated, or wider so that they are at most `most`."""
    own = timedelta(milliseconds=interval.ms)
    times = math.ceil((end - start) / most / own)
    return own * max(times, 1)


def worst(courses: Iterable[Course]) -> Course | None:
    """The course that went furthest beyond its budget, as a multiple of it; None if none has a point."""
    known = [course for course in courses if course.points]
    return max(known, key=_burn, default=None)


def _burn(course: Course) -> float:
    return max(point.ratio for point in course.points) / max(course.budget, 1e-12)
