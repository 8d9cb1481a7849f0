"""The numbers of a stretch of time, each beside its target: median or share, of how many, and whether it is met."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from alerting import numbers, targets
from alerting.model.severity import SeverityPolicy
from alerting.numbers import Definition, Goal
from bots.numbers import times
from bots.numbers.case import Case
from bots.numbers.due import Progress, due_at, progress
from bots.numbers.spread import Spread, spread

_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """From an instant up to another one, which is not part of it."""

    start: datetime
    end: datetime

    def holds(self, at: datetime) -> bool:
        """Whether an instant is in it."""
        return self.start <= at < self.end

    @property
    def weeks(self) -> float:
        """How many weeks it has."""
        return (self.end - self.start) / _WEEK


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One number."""

    definition: Definition
    value: float | None
    """The median of times (seconds), a share 0..1, or a count; None where nothing is known."""
    n: int
    """Of how many incidents, pages, postmortems or attempts."""
    unknown: int = 0
    """How many more there are that would count if more were known of them."""
    spread: Spread | None = None
    """For times."""
    goal: Goal | None = None
    met: bool | None = None
    """Whether the goal is met; None without a goal, or while what is unknown could change the answer."""


@dataclass(frozen=True, kw_only=True)
class Course:
    """What the numbers are made from; many windows are asked of one, so it keeps its incidents in order."""

    cases: Sequence[Case]
    """All incidents that could matter."""
    completed: Mapping[int, datetime] | None
    """When each postmortem was complete on the main branch; None if nobody knows."""
    severity: SeverityPolicy
    at: datetime
    """When one looks."""

    @cached_property
    def ordered(self) -> Sequence[Case]:
        """Without drills, by when they started."""
        return sorted((case for case in self.cases if case.counts), key=_start)

    def started(self, window: Window) -> Sequence[Case]:
        """Those that started in a window."""
        first = bisect_left(self.ordered, window.start, key=_start)
        return self.ordered[first : bisect_left(self.ordered, window.end, key=_start)]

    @cached_property
    def wanted(self) -> Sequence[tuple[Case, datetime]]:
        """The incidents that want a postmortem, and until when, the first due first."""
        found = [(case, due) for case in self.cases if (due := due_at(case, self.severity)) is not None]
        return sorted(found, key=lambda one: (one[1], one[0].number))


def _start(case: Case) -> datetime:
    return case.started_at


def measure(course: Course, window: Window) -> tuple[Measured, ...]:
    """Every number that follows from the records, in the order of `alerting.numbers.DEFINITIONS`."""
    goals = numbers.goals(course.severity)
    started = course.started(window)
    real = [case for case in started if case.real]
    urgent = [case for case in started if case.own and case.priority in targets.URGENT]
    over = [case for case in real if case.resolved_at is not None]
    return (
        _times(numbers.DETECT, real, lambda case: case.detect, goals),
        _times(numbers.ACKNOWLEDGE, urgent, lambda case: case.acknowledge, goals),
        _times(numbers.RESOLVE, over, lambda case: case.resolve, goals),
        *_noise(started, window, goals),
        _postmortems(course, window, goals),
        _remediations(started, goals),
    )


def _times(
    definition: Definition,
    cases: Iterable[Case],
    taken: Callable[[Case], timedelta | None],
    goals: Mapping[str, Goal],
) -> Measured:
    found = [taken(case) for case in cases]
    spread_ = spread(found)
    goal = goals.get(definition.name)
    if spread_ is None:
        return Measured(definition=definition, value=None, n=0, unknown=len(found), goal=goal)
    return Measured(
        definition=definition,
        value=spread_.median,
        n=spread_.n,
        unknown=spread_.unknown,
        spread=spread_,
        goal=goal,
        met=goal.met_by(spread_.median) if goal else None,
    )


def _noise(started: Iterable[Case], window: Window, goals: Mapping[str, Goal]) -> tuple[Measured, Measured]:
    pages = noise = unjudged = 0
    for case in started:
        count = sum(case.pages.values())
        pages += count
        noise += count if case.verdict == times.NOISE else 0
        unjudged += 0 if case.verdict else count
    goal = goals[numbers.FALSE_PAGES.name]
    weekly, most = noise / window.weeks, (noise + unjudged) / window.weeks
    # What has no verdict yet may turn out to be noise; only if that changes nothing is the goal judged.
    met = goal.met_by(weekly) if goal.met_by(weekly) == goal.met_by(most) else None
    judged = pages - unjudged
    return (
        Measured(definition=numbers.FALSE_PAGES, value=weekly, n=pages, unknown=unjudged, goal=goal, met=met),
        Measured(definition=numbers.NOISE, value=noise / judged if judged else None, n=judged, unknown=unjudged),
    )


def _postmortems(course: Course, window: Window, goals: Mapping[str, Goal]) -> Measured:
    goal = goals[numbers.POSTMORTEMS.name]
    wanted = [(case, due) for case, due in course.wanted if window.holds(due)]
    if course.completed is None:
        return Measured(definition=numbers.POSTMORTEMS, value=None, n=0, unknown=len(wanted), goal=goal)
    found = [progress(due, course.completed.get(case.number), course.at) for case, due in wanted]
    return _share(
        numbers.POSTMORTEMS,
        [state is Progress.COMPLETE if state.judged else None for state in found],
        goal,
    )


def _remediations(started: Iterable[Case], goals: Mapping[str, Goal]) -> Measured:
    found = [attempt.worked for case in started for attempt in case.attempts if attempt.worked is not None]
    return _share(numbers.REMEDIATIONS, found, goals[numbers.REMEDIATIONS.name])


def _share(definition: Definition, judged: Sequence[bool | None], goal: Goal) -> Measured:
    known = [one for one in judged if one is not None]
    value = sum(known) / len(known) if known else None
    return Measured(
        definition=definition,
        value=value,
        n=len(known),
        unknown=len(judged) - len(known),
        goal=goal,
        met=None if value is None else goal.met_by(value),
    )
