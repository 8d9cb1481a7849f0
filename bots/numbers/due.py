"""Which postmortems are wanted, until when, and how far they are."""

from datetime import datetime, timedelta
from enum import StrEnum

from alerting.model.severity import SeverityPolicy
from bots.numbers.case import Case


class Progress(StrEnum):
    """How far a postmortem is."""

    COMPLETE = "complete"
    """In time."""
    LATE = "late"
    """Complete, after its time was over."""
    DRAFT = "draft"
    """Not complete, and still in time."""
    OVERDUE = "overdue"
    """Not complete, and its time is over."""

    @property
    def judged(self) -> bool:
        """Whether it is known whether it was in time."""
        return self is not Progress.DRAFT


def due_at(case: Case, severity: SeverityPolicy) -> datetime | None:
    """Until when an incident's postmortem is wanted; None if none is: it goes on, was no trouble, or is not grave."""
    within = within_of(case.priority, severity)
    if within is None or case.resolved_at is None or case.status.active or not case.real:
        return None
    return case.resolved_at + within


def within_of(priority: str, severity: SeverityPolicy) -> timedelta | None:
    """How long after the resolution a priority's postmortem is wanted; None if it wants none."""
    meaning = next((found for name, found in severity.priorities.items() if name == priority), None)
    if meaning is None or meaning.postmortem_within is None:
        return None
    return timedelta(seconds=meaning.postmortem_within.seconds)


def progress(due: datetime, completed: datetime | None, now: datetime) -> Progress:
    """How far it is at an instant; `completed` is when it was complete on the main branch."""
    if completed is not None and completed <= now:
        return Progress.COMPLETE if completed <= due else Progress.LATE
    return Progress.DRAFT if now <= due else Progress.OVERDUE
