"""Redacting the records on their remote: fetch, hide, push; nothing is kept on this machine."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pygit2

from alerting.errors import TocsinError
from bots import records
from bots.git import git_remote, git_tree
from bots.incident import History
from bots.purge import Hide, purge
from bots.record_tree import incident_folders
from bots.store import Progress
from bots.timeline.redaction import Redaction, hide_event, hide_text, redacted_event
from bots.timeline.state import incident_name

_BRANCH: Final = "refs/heads/records"
_TIMEOUT_S: Final = 600.0
_ATTEMPTS: Final = 5
_BARE: Final = pygit2.enums.RepositoryInitFlag.BARE | pygit2.enums.RepositoryInitFlag.MKPATH


class RedactionError(TocsinError):
    """Nothing was redacted; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What to hide, and who wants it."""

    number: int
    event_id: str | None
    text: str | None
    reason: str
    by: str
    purge: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Redacted:
    """What was done."""

    commit: str
    events: tuple[str, ...]
    rewritten: int
    """Commits that are other ones now; 0 without purge."""


def redact(remote: str, asked: Asked, *, confirm: Callable[[int], bool], progress: Progress) -> Redacted:
    """Hides text on the remote's branch `records`.

    `confirm` is asked before history is rewritten, with the number of commits. Raises RedactionError if nothing is
    hidden or it is not confirmed, Unreachable or Undeliverable if the remote cannot be used.
    """
    with tempfile.TemporaryDirectory(prefix="tocsin-redact-") as folder:
        path = Path(folder) / "records.git"
        repository = pygit2.init_repository(str(path), flags=_BARE)
        repository.remotes.create(git_remote.REMOTE, remote)
        confirmed = not asked.purge
        for _ in range(_ATTEMPTS):
            progress("fetching the records", 0, 0)
            if not git_remote.fetch(path, f"+{_BRANCH}:{_BRANCH}", timeout_s=_TIMEOUT_S):
                raise RedactionError(f"{remote}: no branch records; expected the repository that the bot pushes to")
            tip = repository.references[_BRANCH].peel(pygit2.Commit).id
            done = _Work(repository=repository, tip=tip, asked=asked).prepare(progress)
            confirmed = confirmed or confirm(done.rewritten)
            if not confirmed:
                raise RedactionError("not confirmed; nothing was changed")
            replacing = str(tip) if asked.purge else None
            refspec = f"{done.commit}:{_BRANCH}"
            if git_remote.push(path, refspec, timeout_s=_TIMEOUT_S, replacing=replacing):
                return done
        raise RedactionError(f"the branch moved {_ATTEMPTS} times meanwhile; try again")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """One attempt, on what was fetched."""

    repository: pygit2.Repository
    tip: pygit2.Oid
    asked: Asked

    def prepare(self, progress: Progress) -> Redacted:
        """The commit to push."""
        path, history = self._find()
        found = self._hidden(history)
        hide = self._hide()
        tip = purge(self.repository, self.tip, path, hide, progress) if self.asked.purge else self.tip
        note = redacted_event(
            self.asked.number, found.ids, reason=self.asked.reason, by=self.asked.by, at=datetime.now(UTC)
        )
        after = History.of([*found.events, note])
        files = {f"{path}/{name}": content for name, content in records.files(after).items()}
        tree = git_tree.changed_tree(self.repository, self.repository[tip].tree, files)
        name = incident_name(self.asked.number)
        message = f"incidents: {name} redacted\n\nIncident: {name} {after.state.status}\n"
        who = pygit2.Signature("Tocsin", "tocsin@localhost")
        commit = self.repository.create_commit(None, who, who, message, tree, [tip])
        return Redacted(commit=str(commit), events=found.ids, rewritten=self._count(tip))

    def _count(self, tip: pygit2.Oid) -> int:
        if tip == self.tip:
            return 0
        walker = self.repository.walk(tip)
        walker.hide(self.tip)
        return sum(1 for _ in walker)

    def _find(self) -> tuple[str, History]:
        name = incident_name(self.asked.number)
        for path, folder in incident_folders(self.repository[self.tip].tree):
            text = git_tree.content(folder, records.TIMELINE)
            if path.endswith(f"/{name}") and text is not None:
                return path, History.of(records.read_timeline(text))
        raise RedactionError(f"no incident {name} on the branch records")

    def _hide(self) -> Hide:
        text, event_id = self.asked.text, self.asked.event_id
        if text is not None:
            return lambda events: hide_text(events, text).events
        return lambda events: hide_event(events, event_id or "").events

    def _hidden(self, history: History) -> Redaction:
        asked = self.asked
        if asked.text is not None:
            found = hide_text(history.events, asked.text)
        else:
            found = hide_event(history.events, asked.event_id or "")
        if found.left:
            raise RedactionError(f"the text is part of what the incident is found by: {'; '.join(found.left)}")
        if asked.event_id is not None and all(event.id != asked.event_id for event in history.events):
            known = ", ".join(event.id for event in history.events[-5:])
            name = incident_name(asked.number)
            raise RedactionError(
                f"{name} has no event {asked.event_id}; expected an id of its timeline, such as {known}"
            )
        if not found.ids:
            raise RedactionError(f"nothing of {incident_name(asked.number)} holds such text; nothing was changed")
        return found
