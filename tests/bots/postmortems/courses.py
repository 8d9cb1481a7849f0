"""Courses of an SLI for tests, short to write."""

from datetime import UTC, datetime, timedelta

from bots.postmortems.course import Course, Point

TEN = datetime(2026, 1, 5, 10, tzinfo=UTC)
STEP = timedelta(seconds=15)


def at(minutes: float) -> datetime:
    """That many minutes after ten."""
    return TEN + timedelta(minutes=minutes)


def course(
    ratios: list[float], *, total: float | None = 20.0, window_events: float | None = None, objective: float = 0.999
) -> Course:
    """A course with a point every 15 seconds from ten o'clock on."""
    found = tuple(
        Point(at=TEN + number * STEP, ratio=ratio, bad=None if total is None else ratio * total, total=total)
        for number, ratio in enumerate(ratios)
    )
    return Course(
        slo="availability",
        objective=objective,
        window=timedelta(days=30),
        step=STEP,
        points=found,
        window_events=window_events,
    )
