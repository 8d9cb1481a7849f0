"""What of an incident the public sees. This is the one place that decides it.

An incident is shown if its service is on the status page and either users notice it (P0 and P1) or a person wrote a
public note; never a drill, a duplicate, or what was noise. Shown are its number, the service by its public title, how
bad it is, when it was detected, acknowledged, mitigated, reopened and resolved, and the public notes with their time
and the link that its author gave it. Nothing else is: no title, alert, label, team, name of a person, other note,
remediation or verdict. A public note that was redacted or amended is taken back as a whole, since nobody marked the new
text as public.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from alerting.model.service import StatusPage
from bots.incident import History
from bots.numbers import times
from bots.timeline.event import Kind
from bots.timeline.state import Status, incident_name
from tools.site.level import Level, level_of

_HIDDEN_VERDICTS: Final = (times.NOISE, times.DRILL, times.DUPLICATE)
GITHUB: Final = "github"
PUBLIC_MARK: Final = b"  public: true\n"
"""How a public note stands in `timeline.yaml`; what lacks it has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of an incident's course."""

    at: datetime
    stage: str
    """What happened to it, such as `Resolved`; `Update` for a note."""
    text: str = ""
    """Of a note; text from outside."""
    url: str = ""
    """Where a note points to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """An incident as the public sees it."""

    number: int
    service: str
    title: str
    """The service's public title."""
    level: Level
    status: str
    """In words."""
    active: bool
    started_at: datetime
    ended_at: datetime | None
    spans: tuple[tuple[datetime, datetime | None], ...]
    """When it was not resolved."""
    entries: tuple[Entry, ...]
    """The newest first."""

    @property
    def name(self) -> str:
        """`INC-7`."""
        return incident_name(self.number)

    @property
    def changed_at(self) -> datetime:
        """When there was the last news of it."""
        return self.entries[0].at if self.entries else self.started_at


_STATUS: Final = {
    Status.OPEN: "Investigating",
    Status.ACKNOWLEDGED: "Being worked on",
    Status.MITIGATED: "Mitigated, being watched",
    Status.RESOLVED: "Resolved",
    Status.CLOSED: "Resolved",
}


def may_show(state: dict[str, Any] | Any, timeline: bytes) -> bool:
    """Whether an incident whose service is shown is, by its `incident.yaml` and the bytes of its timeline."""
    if state["drill"] or "duplicate_of" in state or state.get("verdict", "") in _HIDDEN_VERDICTS:
        return False
    return level_of(state["priority"]) > Level.NOTICE or PUBLIC_MARK in timeline


def published(history: History, page: StatusPage) -> Published | None:
    """The incident as the public sees it; None if it is not shown."""
    state = history.state
    notes = list(_notes(history))
    level = level_of(state.priority)
    if level <= Level.NOTICE and not notes:
        return None
    stages = list(_stages(history))
    entries = sorted([*stages, *notes], key=lambda entry: entry.at, reverse=True)
    return Published(
        number=history.number,
        service=state.service,
        title=page.title,
        level=level,
        status=_STATUS[state.status],
        active=state.status.active,
        started_at=state.started_at,
        ended_at=state.ended_at,
        spans=tuple((phase.start, phase.end) for phase in state.phases),
        entries=tuple(entries),
    )


def _notes(history: History) -> Iterator[Entry]:
    taken_back = {
        name
        for event in history.events
        if event.kind in (Kind.REDACTED, Kind.AMENDED)
        for name in event.data["redacts" if event.kind == Kind.REDACTED else "amends"]
    }
    for event in history.events:
        if event.kind == Kind.NOTED and event.data.get("public") is True and event.id not in taken_back:
            # What was said on GitHub carries the address of the comment, which tells of the company's own repository.
            url = "" if event.source == GITHUB else str(event.data.get("url", ""))
            shown = url if url.startswith(("https://", "http://")) else ""
            yield Entry(at=event.at, stage="Update", text=str(event.data["text"]), url=shown)


def _stages(history: History) -> Iterator[Entry]:
    state = history.state
    yield Entry(at=state.started_at, stage="Detected")
    if state.acknowledged_at is not None:
        yield Entry(at=state.acknowledged_at, stage="Being worked on")
    if state.mitigated_at is not None:
        yield Entry(at=state.mitigated_at, stage="Mitigated")
    for order, phase in enumerate(state.phases):
        if order:
            yield Entry(at=phase.start, stage="It came back")
        if phase.end is not None:
            yield Entry(at=phase.end, stage="Resolved")
