"""Proves from a clone that the records are what they say: states and pages follow from timelines, timelines only grew.

Every mistake is found in one run. Nothing is trusted but the events themselves.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final

import pygit2

from alerting.problem import Problem
from bots import records
from bots.git import git_tree
from bots.incident import History
from bots.record_tree import incident_folders
from bots.store import Progress, no_progress
from bots.timeline.event import FACTS, Event, Kind, key_of
from bots.timeline.redaction import only_masked

_FILES: Final = (records.TIMELINE, records.STATE, records.README)
_RESTORE: Final = "restore it from the history with `git revert`, or redact with `tocsin records redact`"
_REWRITE: Final = "write it anew from the timeline: any change of the incident by the bot does"


@dataclass(slots=True)
class Proof:
    """What was looked at, and what is wrong with it."""

    incidents: int = 0
    events: int = 0
    commits: int = 0
    problems: list[Problem] = field(default_factory=list)

    def wrong(self, path: str, what: str, wrong: str, expected: str, fix: str, *, line: int = 1) -> None:
        """Keeps a mistake."""
        self.problems.append(Problem(file=path, line=line, object=what, wrong=wrong, expected=expected, fix=fix))


def verify(
    repository: pygit2.Repository, tip: pygit2.Oid, *, history: bool = True, progress: Progress = no_progress
) -> Proof:
    """Looks at all files of a commit, and at every commit before it that `history` allows."""
    proof = Proof()
    tree = repository[tip].tree
    _strays(proof, tree)
    seen: dict[int, str] = {}
    for path, folder in incident_folders(tree):
        _incident(proof, path, folder, seen)
        if proof.incidents % 1000 == 0:
            progress("incidents", proof.incidents, 0)
    _audit(proof, git_tree.subtree(tree, records.AUDIT))
    if history:
        _history(proof, repository, tip, progress)
    proof.problems = sorted(set(proof.problems))
    return proof


def _paths(tree: pygit2.Tree | None, prefix: str = "") -> Iterator[tuple[str, pygit2.Object]]:
    for found in tree or ():
        path = f"{prefix}{found.name}"
        if isinstance(found, pygit2.Tree):
            yield from _paths(found, f"{path}/")
        else:
            yield path, found


def _strays(proof: Proof, tree: pygit2.Tree) -> None:
    """Files that are none of the records'."""
    for path, found in _paths(tree):
        parts = PurePosixPath(path).parts
        incident = parts[0] == records.INCIDENTS and len(parts) == 5 and parts[4] in _FILES
        audit = parts[0] == records.AUDIT and len(parts) == 4 and path.endswith(".yaml")
        if not (incident or audit) or found.filemode != pygit2.enums.FileMode.BLOB:
            expected = "expected only files of incidents/<year>/<month>/INC-<n>/ and audit/<year>/<month>/<day>.yaml"
            proof.wrong(path, "file", "not a record", expected, "take it out of the branch")


def _events(proof: Proof, path: str, text: bytes) -> tuple[Event, ...]:
    """The events of a file, its mistakes reported; nothing if it cannot be read."""
    try:
        events = records.read_timeline(text)
    except records.RecordError as error:
        for problem in error.problems:
            proof.wrong(path, "events", problem, "expected events as Tocsin writes them", _RESTORE, line=_line(problem))
        return ()
    written = records.timeline(events)
    if written != text:
        line = _first_difference(written, text)
        proof.wrong(path, "events", "other bytes than Tocsin writes", "expected its own spelling", _RESTORE, line=line)
    known: set[str] = set()
    for event in events:
        if event.key in known:
            proof.wrong(path, f"event {event.id}", "twice", "expected each key once", _RESTORE)
        known.add(event.key)
    proof.events += len(events)
    return events


def _line(problem: str) -> int:
    words = problem.split(":", 1)[0].split()
    return int(words[1]) if words[:1] == ["line"] and words[1:2] and words[1].isdigit() else 1


def _first_difference(left: bytes, right: bytes) -> int:
    """The number of the first line that differs."""
    pairs = zip(left.split(b"\n"), right.split(b"\n"), strict=False)
    return next((number for number, (one, other) in enumerate(pairs, start=1) if one != other), 1)


def _incident(proof: Proof, path: str, folder: pygit2.Tree, seen: dict[int, str]) -> None:
    proof.incidents += 1
    timeline_path = f"{path}/{records.TIMELINE}"
    text = git_tree.content(folder, records.TIMELINE)
    if text is None:
        proof.wrong(timeline_path, "timeline", "missing", "expected one in every incident's folder", _RESTORE)
        return
    events = _events(proof, timeline_path, text)
    if not events:
        if not text:
            proof.wrong(timeline_path, "timeline", "empty", "expected at least the event `opened`", _RESTORE)
        return
    _opening(proof, timeline_path, events, seen)
    _keys(proof, timeline_path, events)
    try:
        history = History.of(events)
        files = records.derived(history)
    except records.RecordError as error:
        proof.wrong(timeline_path, "timeline", str(error), "expected a version known here", "use a newer Tocsin")
        return
    if history.path != path:
        fix = f"move it to {history.path}"
        proof.wrong(timeline_path, "timeline", "in the wrong folder", f"expected {history.path}", fix)
    _derived(proof, path, folder, files)


def _opening(proof: Proof, path: str, events: tuple[Event, ...], seen: dict[int, str]) -> None:
    first = events[0]
    if first.kind != Kind.OPENED or any(event.kind == Kind.OPENED for event in events[1:]):
        wrong = f"begins with `{first.kind.value}`" if first.kind != Kind.OPENED else "opened twice"
        proof.wrong(path, "timeline", wrong, "expected `opened` once, as the first event", _RESTORE)
        return
    number = int(first.data["incident"])
    if number in seen:
        proof.wrong(path, "timeline", f"INC-{number} is also in {seen[number]}", "expected each number once", _RESTORE)
    seen[number] = path


def _keys(proof: Proof, path: str, events: tuple[Event, ...]) -> None:
    """The keys of facts follow from what they say."""
    place = (str(events[0].data.get("team", "")), str(events[0].data.get("service", "")))
    for event in events:
        if event.kind not in FACTS:
            continue
        status = "firing" if event.kind == Kind.ALERT_FIRED else "resolved"
        episode = [event.data[name] for name in ("starts_at", "ends_at") if name in event.data]
        key = key_of("alert", *place, event.data["fingerprint"], status, *episode)
        if key != event.key:
            expected = f"expected {key}, the hash of its place, fingerprint, status and times"
            proof.wrong(path, f"event {event.id}", f"key is {event.key}", expected, _RESTORE)


def _derived(proof: Proof, path: str, folder: pygit2.Tree, files: Mapping[str, bytes]) -> None:
    for name, wanted in files.items():
        found = git_tree.content(folder, name)
        if found is None:
            proof.wrong(f"{path}/{name}", name, "missing", "expected it beside the timeline", _REWRITE)
        elif found != wanted:
            line = _first_difference(wanted, found)
            expected = "expected what follows from the timeline, byte for byte"
            proof.wrong(f"{path}/{name}", name, "differs", expected, _REWRITE, line=line)


def _audit(proof: Proof, tree: pygit2.Tree | None) -> None:
    for path, found in _paths(tree, f"{records.AUDIT}/"):
        if not isinstance(found, pygit2.Blob):
            continue
        for event in _events(proof, path, found.data):
            if records.audit_path(event) != path:
                expected = f"expected {records.audit_path(event)}"
                proof.wrong(path, f"event {event.id}", "of another day", expected, _RESTORE)


def _history(proof: Proof, repository: pygit2.Repository, tip: pygit2.Oid, progress: Progress) -> None:
    """Every commit only added events, but for redactions that say so."""
    for commit in repository.walk(tip, pygit2.enums.SortMode.TOPOLOGICAL):
        proof.commits += 1
        if proof.commits % 1000 == 0:
            progress("commits", proof.commits, 0)
        if len(commit.parents) > 1:
            fix = "rebase it: Tocsin never merges"
            proof.wrong(str(commit.id)[:12], "commit", "a merge", "expected one parent", fix)
        before = commit.parents[0].tree if commit.parents else None
        for path in git_tree.changed_paths(repository, before, commit.tree):
            if path.endswith(f"/{records.TIMELINE}") or path.startswith(f"{records.AUDIT}/"):
                _growth(proof, commit, path, git_tree.content(before, path), git_tree.content(commit.tree, path))


def _growth(proof: Proof, commit: pygit2.Commit, path: str, old: bytes | None, new: bytes | None) -> None:
    if old is None or (new is not None and new.startswith(old)):
        return
    where = f"commit {str(commit.id)[:12]}"
    if new is None:
        proof.wrong(path, where, "taken away", "expected records to stay", _RESTORE)
        return
    try:
        before, after = records.read_timeline(old), records.read_timeline(new)
    except records.RecordError:
        proof.wrong(path, where, "events changed", "expected events only to be added", _RESTORE)
        return
    hidden = _hidden(after[len(before) :])
    for number, event in enumerate(before):
        kept = after[number] if number < len(after) else None
        if kept == event or (kept is not None and event.id in hidden and only_masked(event, kept)):
            continue
        wrong = f"event {event.id} was changed" if kept and kept.key == event.key else f"event {event.id} was taken out"
        proof.wrong(path, where, wrong, "expected events only to be added", _RESTORE)


def _hidden(added: Iterable[Event]) -> set[str]:
    return {event_id for event in added if event.kind == Kind.REDACTED for event_id in event.data["redacts"]}
