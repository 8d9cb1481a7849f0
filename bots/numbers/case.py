"""What the numbers need of an incident: read from its `incident.yaml`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from alerting.outcomes import worked
from bots.belonging.reach import FOREVER_TEXT, sortable
from bots.numbers import times
from bots.timeline.event import parse_time
from bots.timeline.state import Status, incident_name, incident_number

PAGE = "page"
_KEPT: Final = "severity|times|started_at|ended_at|action|dry_run|outcome|inherited_from"
_NOT_NEEDED: Final = re.compile(rf"\n {{4}}(?!(?:{_KEPT}): )[^\n]*(?=\n)|\n {{6}}[^\n]*(?=\n)".encode())
"""Lines of alerts and attempts that say nothing about numbers, and everything deeper; texts have no line breaks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A remediation that was asked for."""

    action: str
    worked: bool | None
    """None for one that does not count (`alerting.outcomes`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One incident."""

    number: int
    title: str
    team: str
    service: str
    priority: str
    status: Status
    drill: bool
    verdict: str
    """Empty while nobody has said."""
    duplicate: bool
    started_at: datetime
    began_at: datetime | None
    acknowledged_at: datetime | None
    resolved_at: datetime | None
    pages: Mapping[str, int]
    """How often each of its page alerts paged."""
    attempts: tuple[Attempt, ...]

    @property
    def name(self) -> str:
        """`INC-7`."""
        return incident_name(self.number)

    @property
    def counts(self) -> bool:
        """Whether it counts anywhere: drills do not."""
        return not self.drill

    @property
    def own(self) -> bool:
        """Whether its times count: those of a duplicate are the other incident's."""
        return self.counts and not self.duplicate

    @property
    def real(self) -> bool:
        """Whether there was trouble, as far as anybody has said."""
        return self.own and self.verdict != times.NOISE

    @property
    def detect(self) -> timedelta | None:
        """From when the trouble began to the first page."""
        return times.to_detect(self.began_at, self.started_at, self.verdict)

    @property
    def acknowledge(self) -> timedelta | None:
        """From the first page to the acknowledgment."""
        return times.to_acknowledge(self.started_at, self.acknowledged_at)

    @property
    def resolve(self) -> timedelta | None:
        """From the first page to the last resolution."""
        return times.to_resolve(self.started_at, self.resolved_at, self.verdict)


def needed(text: bytes) -> bytes:
    """Of an `incident.yaml` only what a case is made from: reading all of it takes three times as long, for labels."""
    return _NOT_NEEDED.sub(b"", text)


def case_of(state: Mapping[str, Any]) -> Case:
    """The case of an `incident.yaml`; raises KeyError or ValueError if it is not one."""
    verdict = state.get("verdict", "")
    return Case(
        number=incident_number(state["id"]),
        title=state["title"],
        team=state["team"],
        service=state["service"],
        priority=state["priority"],
        status=Status(state["status"]),
        drill=state["drill"] or verdict == times.DRILL,
        verdict=verdict,
        duplicate="duplicate_of" in state or verdict == times.DUPLICATE,
        started_at=parse_time(state["started_at"]),
        began_at=_time(state, "began_at"),
        acknowledged_at=_time(state, "acknowledged_at"),
        resolved_at=_time(state, "resolved_at"),
        pages=pages_of(state),
        attempts=tuple(_attempt(one) for one in state.get("remediations", ()) if "inherited_from" not in one),
    )


def _attempt(attempt: Mapping[str, Any]) -> Attempt:
    action, dry_run = attempt["action"], attempt.get("dry_run", False)
    return Attempt(
        action=action,
        worked=None if dry_run else worked(action, attempt.get("outcome", "")),
    )


def pages_of(state: Mapping[str, Any]) -> Mapping[str, int]:
    """How often each page alert of an `incident.yaml` paged people.

    Alertmanager pages once for all series of an alert that fire together (`alerting.routes` groups by the alert's
    name), and again once all have ended: fifty pods that crash at once wake nobody fifty times.
    """
    found: dict[str, list[Mapping[str, Any]]] = {}
    for alert in state.get("alerts", ()):
        if alert["severity"] == PAGE:
            found.setdefault(alert["alert"], []).append(alert)
    return {name: _together(series) for name, series in found.items()}


def _together(series: list[Mapping[str, Any]]) -> int:
    """Of those whose times overlap, as often as the one that came most often."""
    if len(series) == 1:
        return int(series[0]["times"])
    spans = [
        (sortable(one["started_at"]), sortable(one["ended_at"]) if "ended_at" in one else FOREVER_TEXT, one["times"])
        for one in series
    ]
    pages = most = 0
    until = ""
    for start, end, times_ in sorted(spans):
        if start > until:
            pages, most = pages + most, 0
        until, most = max(until, end), max(most, times_)
    return pages + most


def _time(state: Mapping[str, Any], name: str) -> datetime | None:
    return parse_time(state[name]) if name in state else None
