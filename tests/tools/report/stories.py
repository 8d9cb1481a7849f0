"""Records in a git repository of a test's own: incidents told in a line each, and postmortems on its main branch."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pygit2

from bots import records
from bots.git import git_tree
from bots.incident import History
from bots.timeline.event import BOT, Event, Kind, fact, key_of, time_text
from bots.timeline.intake import Alert

MONDAY = datetime(2026, 2, 23, tzinfo=UTC)
"""The first moment of 2026-W09."""


def after(days: float = 0, minutes: float = 0) -> datetime:
    """So long after that Monday."""
    return MONDAY + timedelta(days=days, minutes=minutes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One incident; minutes are counted from its first page."""

    number: int
    started: datetime
    service: str = "checkout"
    team: str = "payments"
    alert: str = "HighErrorRate"
    priority: str = "P1"
    began: float | None = None
    """Minutes before the page."""
    acknowledged: float | None = None
    resolved: float | None = None
    verdict: str = ""
    drill: bool = False
    duplicate_of: int | None = None
    times: int = 1
    attempts: Sequence[tuple[str, str]] = ()
    """Action and outcome."""
    notes: Sequence[Mapping[str, Any]] = ()
    """Notes: `text`, `minutes`, `public` …"""
    extra: Sequence[Event] = field(default_factory=tuple)

    def history(self) -> History:
        """The incident with its events."""
        events = [self._opened(), *self._facts(), *self._people(), *self._machine(), *self.extra]
        return History.of(sorted(events, key=lambda event: event.at))

    def event(self, kind: Kind, minutes: float, by: str = "ana", **data: Any) -> Event:
        """An event of it."""
        at = self.started + timedelta(minutes=minutes)
        key = key_of(kind, str(self.number), str(minutes), str(sorted(data.items(), key=str)))
        return Event(kind=kind, at=at, by=by, key=key, data=data)

    def _opened(self) -> Event:
        drill = {"drill": True} if self.drill else {}
        return self.event(Kind.OPENED, 0, BOT, incident=self.number, team=self.team, service=self.service, **drill)

    def _facts(self) -> Iterable[Event]:
        for turn in range(self.times):
            start = self.started + timedelta(seconds=20 * turn)
            last = turn == self.times - 1
            ends = start + timedelta(seconds=10)
            if last:
                ends = None if self.resolved is None else self.started + timedelta(minutes=self.resolved)
            yield self._fact(start, None)
            if ends is not None:
                yield self._fact(start, ends)

    def _fact(self, start: datetime, end: datetime | None) -> Event:
        labels = {"alertname": self.alert, "service": self.service, "team": self.team, "severity": "page"}
        told = Alert(
            fingerprint=f"{self.number:016x}",
            status="firing" if end is None else "resolved",
            starts_at=start,
            ends_at=end,
            labels=labels,
            annotations={"summary": f"{self.service} is in trouble"},
        )
        where = {"service": self.service, "team": self.team, "severity": "page", "priority": self.priority}
        return fact(told, source="alertmanager", **where)

    def _people(self) -> Iterable[Event]:
        if self.began is not None:
            began = time_text(self.started - timedelta(minutes=self.began))
            yield self.event(Kind.NOTED, 1, BOT, text="it began earlier", began_at=began)
        if self.acknowledged is not None:
            yield self.event(Kind.ACKNOWLEDGED, self.acknowledged)
        for note in self.notes:
            data = {name: value for name, value in note.items() if name != "minutes"}
            yield self.event(Kind.NOTED, note.get("minutes", 2), **data)
        if self.verdict:
            other = {"duplicate_of": self.duplicate_of} if self.duplicate_of else {}
            yield self.event(Kind.CLOSED, (self.resolved or 0) + 60, verdict=self.verdict, alerts=[], **other)

    def _machine(self) -> Iterable[Event]:
        for number, (action, outcome) in enumerate(self.attempts, start=1):
            yield self.event(Kind.REMEDIATION_REQUESTED, 1 + number, BOT, attempt=number, action=action)
            yield self.event(Kind.REMEDIATION_FINISHED, 2 + number, BOT, attempt=number, outcome=outcome)


class Archive:
    """A repository with the branches `records` and `main`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.repository = pygit2.init_repository(str(path), bare=True, initial_head="main")

    def record(self, *stories: Story, at: datetime = MONDAY) -> "Archive":
        """Commits incidents."""
        files = {
            f"{history.path}/{name}": text
            for history in (story.history() for story in stories)
            for name, text in records.files(history).items()
        }
        self._commit("refs/heads/records", files, at)
        return self

    def publish(self, files: Mapping[str, str], at: datetime) -> "Archive":
        """Commits files to the main branch."""
        self._commit("refs/heads/main", {path: text.encode() for path, text in files.items()}, at)
        return self

    def _commit(self, reference: str, files: Mapping[str, bytes], at: datetime) -> None:
        known = self.repository.references.get(reference)
        parent = None if known is None else known.peel(pygit2.Commit)
        tree = git_tree.changed_tree(self.repository, None if parent is None else parent.tree, files)
        who = pygit2.Signature("Ana", "ana@example.com", int(at.timestamp()), 0)
        self.repository.create_commit(reference, who, who, "change", tree, [parent.id] if parent else [])


def postmortem(
    number: int, status: str = "published", text: str = "It broke.", *, public: str = "public: true"
) -> dict[str, str]:
    """The file of a postmortem; `public` is the line that says who may see it."""
    head = f"---\nincident: INC-{number}\ntitle: It broke\nservice: checkout\nteam: payments\npriority: P1\n"
    return {f"postmortems/2026/INC-{number}.md": f"{head}status: {status}\n{public}\n---\n\n# INC-{number}\n\n{text}\n"}
