"""What an incident cost users: requests that failed, and the error budget they took. Pure.

A failed request is a bad event of the SLO between the moment at which the trouble began (or was detected, if nobody
knows) and the end. Budget minutes are those of the SRE workbook: a window of W minutes allows (1 - objective) · W
minutes without any good event (https://sre.google/workbook/implementing-slos/).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bots.postmortems.course import Course, Point


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """What one SLO lost."""

    slo: str
    objective: float
    """0..1."""
    failed: float | None
    """Bad events; None where the SLI counts none."""
    events: float | None
    """All events in that time."""
    budget_minutes: float
    """Minutes of error budget that were spent."""
    budget_share: float
    """Of the window's budget; 1 is all of it, and more is possible."""
    measured_share: float
    """For which part of the time there is data, 0..1."""


def impact(course: Course, start: datetime, end: datetime) -> Impact | None:
    """What the SLO lost between two instants; None if nothing is known about that time."""
    inside = [point for point in course.points if start <= point.at < end]
    if not inside or end <= start:
        return None
    step_s = course.step.total_seconds()
    allowed_minutes = course.budget * course.window.total_seconds() / 60
    spent = _spent(course, inside)
    counted = inside[0].total is not None
    return Impact(
        slo=course.slo,
        objective=course.objective,
        failed=_sum(point.bad for point in inside) * step_s if counted else None,
        events=_sum(point.total for point in inside) * step_s if counted else None,
        budget_minutes=spent * allowed_minutes,
        budget_share=spent,
        measured_share=min(len(inside) * step_s / (end - start).total_seconds(), 1.0),
    )


def _spent(course: Course, inside: list[Point]) -> float:
    """The share of the window's budget: by events where they are counted, else by time."""
    step_s = course.step.total_seconds()
    if course.budget <= 0:
        return 0.0
    if course.window_events:
        return _sum(point.bad for point in inside) * step_s / (course.budget * course.window_events)
    bad_s = sum(point.ratio for point in inside) * step_s
    return bad_s / (course.budget * course.window.total_seconds())


def _sum(values: Iterable[float | None]) -> float:
    return sum(value for value in values if value is not None)
