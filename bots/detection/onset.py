"""When an SLI left its objective before a page: looked for backwards, through short recoveries. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from bots.postmortems.course import Course

_ENOUGH = 0.5
"""The share of a stretch that has to be known before it is taken for one within the objective."""
_HOLE = 4
"""After more steps without a figure than this, nobody knows when between two figures it was left."""


class Unknown(Enum):
    """Why there is no such moment."""

    WITHIN = "within"
    """The SLI was within its objective when it paged."""
    EARLIER = "earlier"
    """It was outside from the first figure on."""
    GAP = "gap"
    """It was outside after a stretch of which nothing is known."""


@dataclass(frozen=True, slots=True)
class Left:
    """It left its objective right after that moment, of which the last figure within it is."""

    at: datetime


def onset(course: Course, paged_at: datetime, bridge: timedelta) -> Left | Unknown:
    """When the SLI left its objective for the trouble that paged.

    Back from the page, figures outside belong to it as long as less than `bridge` lies between two of them; before
    the first one it was within the objective for that long, and figures show it.
    """
    found: datetime | None = None
    before: datetime | None = None
    within = 0
    unknown = Unknown.EARLIER
    for point in reversed([point for point in course.points if point.at <= paged_at]):
        if (found or paged_at) - point.at > bridge:
            unknown = Unknown.GAP
            break
        if point.ratio > course.budget:
            found, before, within = point.at, None, 0
        else:
            before = point.at if before is None else before
            within += 1
    if found is None:
        return Unknown.WITHIN
    if before is None or within * course.step < bridge * _ENOUGH:
        return unknown
    return Left(before) if found - before <= _HOLE * course.step else Unknown.GAP


def to_blame(courses: Iterable[Course], paged: Iterable[str], paged_at: datetime) -> Course | None:
    """The SLO whose alert paged; else the one that was furthest outside at the page; None if none has a figure."""
    known = [course for course in courses if any(point.at <= paged_at for point in course.points)]
    names = set(paged)
    own = [course for course in known if course.slo in names]
    return max(own or known, key=lambda course: _burn(course, paged_at), default=None)


def _burn(course: Course, at: datetime) -> float:
    newest = [point for point in course.points if point.at <= at][-1]
    return newest.ratio / max(course.budget, 1e-12)
