"""What a weekly report holds: the week, the one before and the last four beside their targets, and what stands out."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bots.numbers.case import Case
from bots.numbers.due import Progress, progress
from bots.numbers.measured import Course, Measured, measure
from bots.numbers.noise import Paged, ranked
from tools.report.objectives import Objective, Objectives
from tools.report.week import Week

MONTH: Final = 4
"""Weeks of the longer look back."""
HISTORY: Final = 12
"""Weeks that the charts show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A postmortem that is not complete, or was not in time."""

    case: Case
    due: datetime
    progress: Progress
    completed: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What one action did in four weeks."""

    action: str
    worked: int
    failed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """One week of the charts."""

    week: Week
    measured: Mapping[str, Measured]
    """By the name of the number."""
    incidents: Mapping[str, int]
    """How many started, by priority."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All of it; how it is written stands elsewhere."""

    week: Week
    at: datetime
    """When it was made."""
    now: tuple[Measured, ...]
    before: tuple[Measured, ...]
    month: tuple[Measured, ...]
    history: tuple[Past, ...]
    """The oldest first."""
    incidents: tuple[Case, ...]
    """Those that started in the week, without drills and duplicates."""
    duplicates: int
    drills: int
    paged: tuple[Paged, ...]
    """In four weeks, the noisiest first."""
    postmortems: tuple[Wanted, ...] | None
    """Of the incidents of the charts' weeks; None if nobody knows which are complete."""
    unread: str
    """Why that is not known."""
    actions: tuple[Action, ...]
    objectives: Objectives

    @property
    def unfinished(self) -> bool:
        """Whether the week still goes on."""
        return self.at < self.week.end

    @property
    def missed(self) -> tuple[str, ...]:
        """The titles of the targets that were missed in the week."""
        found = [one.definition.title for one in self.now if one.met is False]
        spent: list[Objective] = [one for one in self.objectives.rows if one.met is False]
        return (*found, *(f"{one.service} {one.slo}" for one in spent))

    @property
    def unmeasured(self) -> tuple[str, ...]:
        """The titles of the targets of which nobody knows whether they were met."""
        return tuple(one.definition.title for one in self.now if one.goal is not None and one.met is None)


def report(course: Course, week: Week, objectives: Objectives, unread: str) -> Report:
    """The report of a week."""
    month = week.ending(MONTH)
    window = week.window
    started = sorted(course.started(window), key=lambda case: case.number)
    return Report(
        week=week,
        at=course.at,
        now=measure(course, window),
        before=measure(course, week.before().window),
        month=measure(course, month),
        history=tuple(_past(course, week.before(back)) for back in reversed(range(HISTORY))),
        incidents=tuple(case for case in started if case.own),
        duplicates=sum(1 for case in started if case.duplicate),
        drills=sum(1 for case in course.cases if case.drill and window.holds(case.started_at)),
        paged=ranked(course.started(month)),
        postmortems=None if course.completed is None else tuple(_wanted(course, week, course.completed)),
        unread=unread,
        actions=_actions(course.started(month)),
        objectives=objectives,
    )


def since(week: Week) -> datetime:
    """The first moment that a report of a week looks at."""
    return week.before(HISTORY - 1).start


def _past(course: Course, week: Week) -> Past:
    window = week.window
    found = Counter(case.priority for case in course.started(window) if case.own)
    measured = {one.definition.name: one for one in measure(course, window)}
    return Past(week=week, measured=measured, incidents=found)


def _wanted(course: Course, week: Week, completed: Mapping[int, datetime]) -> list[Wanted]:
    """Those of the charts' weeks that wait, and those that became due in the week and were late."""
    found = []
    window, looked_at = week.window, week.ending(HISTORY)
    for case, due in course.wanted:
        done = completed.get(case.number)
        state = progress(due, done, course.at)
        late_now = state is Progress.LATE and window.holds(due)
        if looked_at.holds(case.started_at) and (state in (Progress.DRAFT, Progress.OVERDUE) or late_now):
            found.append(Wanted(case=case, due=due, progress=state, completed=done))
    return found


def _actions(cases: Sequence[Case]) -> tuple[Action, ...]:
    found: dict[str, list[int]] = {}
    for attempt in (attempt for case in cases for attempt in case.attempts):
        if attempt.worked is not None:
            found.setdefault(attempt.action, [0, 0])[0 if attempt.worked else 1] += 1
    return tuple(Action(action=name, worked=worked, failed=failed) for name, (worked, failed) in sorted(found.items()))


def named(measured: Sequence[Measured], name: str) -> Measured:
    """The one of a name."""
    return next(one for one in measured if one.definition.name == name)
