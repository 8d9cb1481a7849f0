"""One step of the drill: something is done, then something must be seen within a time."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import requests

from tools.drill.errors import DrillError, StepBroken, StepFailed

LOOK_EVERY_S: Final = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """That a step happened."""

    at: datetime
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotYet:
    """That a step did not happen so far, and what there is instead."""

    instead: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """`look` is asked again and again after `act`, until it has seen the step happen or `within_s` is over."""

    name: str
    title: str
    look: Callable[[], Seen | NotYet]
    within_s: float
    act: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A step that happened."""

    name: str
    title: str
    at: datetime
    detail: str
    took_s: float


def run(step: Step, watch: Callable[[], None]) -> Done:
    """Does the step; `watch` is called at each look and may raise.

    Raises StepFailed when the time is over, StepBroken when something went wrong for good.
    """
    try:
        return _run(step, watch)
    except StepFailed:
        raise
    except DrillError as error:
        raise StepBroken(step.name, str(error)) from error


def _run(step: Step, watch: Callable[[], None]) -> Done:
    begun = time.monotonic()
    try:
        step.act()
    except requests.RequestException as error:
        # Of the two the end of a program is the cause.
        watch()
        raise DrillError(unanswered(error)) from error
    while True:
        watch()
        seen = _look(step)
        waited_s = time.monotonic() - begun
        if isinstance(seen, Seen):
            return Done(name=step.name, title=step.title, at=seen.at, detail=seen.detail, took_s=waited_s)
        if waited_s > step.within_s:
            raise StepFailed(step.name, step.within_s, seen.instead)
        time.sleep(LOOK_EVERY_S)


def _look(step: Step) -> Seen | NotYet:
    """A program that does not answer is looked at again: it may be busy, or start anew."""
    try:
        return step.look()
    except requests.RequestException as error:
        return NotYet(instead=unanswered(error))


def unanswered(error: requests.RequestException) -> str:
    """Which address did not answer as expected, in one line."""
    address = error.request.url if error.request is not None else None
    if error.response is not None:
        return f"{address} answered with status {error.response.status_code}"
    return f"no answer from {address}"


def now() -> datetime:
    """The time, for what is seen at the moment it is looked at."""
    return datetime.now(UTC)
