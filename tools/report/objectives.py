"""What Prometheus knows about the objectives at the end of a week: left of the budget, time within the target."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from alerting import budget
from bots.numbers.measured import Window
from tools.preview.asking import NoAnswer, Prometheus, Refused, Span

_USER: Final = re.compile(r"//[^/@\s]+@")
_STEP: Final = timedelta(minutes=5)
_ENOUGH: Final = 0.99
"""A share of the week from which on it counts as known throughout: a restart is no gap."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """One objective of a service."""

    service: str
    slo: str
    promised: float | None
    """0..1."""
    left: float | None
    """Of the error budget at the end, 1 for all of it; None if nothing is known."""
    within: float | None
    """The share of the time in which the budget was not spent, as far as is known."""
    known: float
    """For which share of the time something is known, 0..1."""

    @property
    def met(self) -> bool | None:
        """Whether the budget is not spent; None if nothing is known."""
        return None if self.left is None else self.left >= 0

    @property
    def partly(self) -> bool:
        """Whether a part of the time is unknown."""
        return self.known < _ENOUGH


@dataclass(frozen=True, slots=True, kw_only=True)
class Objectives:
    """All of them, or why there are none."""

    rows: tuple[Objective, ...] = ()
    missing: str = ""
    """Why nothing is known; empty otherwise."""

    @property
    def ranked(self) -> tuple[Objective, ...]:
        """The one with the least budget left first; those of which nothing is known last."""
        return tuple(sorted(self.rows, key=lambda one: math.inf if one.left is None else one.left))


def objectives(url: str | None, window: Window, now: datetime) -> Objectives:
    """The objectives at the end of a window (or now, if that comes first); never raises."""
    if url is None:
        return Objectives(missing="no Prometheus was named")
    end = min(window.end, now)
    try:
        rows = _ask(Prometheus(url), window.start, end)
    except (NoAnswer, Refused) as error:
        # It is published: without the name and password that an address may hold.
        return Objectives(missing=f"Prometheus did not answer: {_USER.sub('//', str(error))}")
    return Objectives(rows=rows, missing="" if rows else "Prometheus knew of no objective at that time")


def _ask(server: Prometheus, start: datetime, end: datetime) -> tuple[Objective, ...]:
    seconds = max(int((end - start).total_seconds()), 1)
    span, step = f"{seconds}s", f"{int(_STEP.total_seconds())}s"
    at = Span(start=start, end=end, step=_STEP)
    left = budget.left()

    def asked(expr: str) -> Mapping[tuple[str, str], float]:
        found = {(one.labels.get("service", ""), one.labels.get("slo", "")): one.last for one in server.now(expr, at)}
        return {key: value for key, value in found.items() if not math.isnan(value)}

    promised, remaining = asked(budget.promised()), asked(left)
    within, looks = asked(budget.within(left, span, step)), asked(budget.known(left, span, step))
    whole = seconds / _STEP.total_seconds()
    return tuple(
        Objective(
            service=key[0],
            slo=key[1],
            promised=promised.get(key),
            left=remaining.get(key),
            within=within.get(key),
            known=min(looks.get(key, 0.0) / whole, 1.0),
        )
        for key in sorted({*promised, *remaining, *within})
    )
