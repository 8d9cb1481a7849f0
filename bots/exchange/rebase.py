"""Bringing our commits onto a branch that others have changed: our events are appended to what is there now.

Content counts, not ancestry: it works the same when the branch was rewritten (`tocsin records redact --purge`). Nothing
of theirs is undone but a timeline that nobody can read, and none of our events is lost; if both gave the same number to
an incident, ours gets another one.
"""

import logging
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

import pygit2

from bots import records
from bots.git import git_tree
from bots.incident import History
from bots.record_tree import audit_files, history_of, incident_folders
from bots.store import Store
from bots.timeline.event import Event, Kind
from bots.timeline.state import incident_name, incident_number

_log = logging.getLogger(__name__)
_NUMBERS: Final = ("incident", "moved_to", "duplicate_of")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebased:
    """The new tip, and which of our incidents have another number now."""

    tip: pygit2.Oid
    renumbered: Mapping[int, int]


def rebase(store: Store, *, base: pygit2.Oid | None, ours: pygit2.Oid, theirs: pygit2.Oid) -> Rebased:
    """A commit on `theirs` with what `ours` added since `base`; `theirs` itself if that is nothing.

    For the thread that holds the store's `changing`. Raises RecordError if what we wrote cannot be read.
    """
    trees = _Trees(base=store.tree(base), ours=store.tree(ours), theirs=store.tree(theirs))
    paths = git_tree.changed_paths(store.repository, trees.base, trees.ours)
    added = {path: _added(trees, path) for path in paths if path.endswith(f"/{records.TIMELINE}")}
    renumbered = _renumbered(trees, added)
    files: dict[str, bytes] = {}
    for path, events in sorted(added.items()):
        history = _onto(trees, path, events, renumbered)
        if history is not None:
            files |= _files(history)
    for history in _broken_by_them(store, trees, set(added)):
        files |= _files(history)
    audit = [path for path in paths if path.startswith(f"{records.AUDIT}/")]
    files |= audit_files(trees.theirs, [event for path in audit for event in _added(trees, path)])
    files = {path: text for path, text in files.items() if git_tree.content(trees.theirs, path) != text}
    if not files:
        return Rebased(tip=theirs, renumbered=renumbered)
    tree = git_tree.changed_tree(store.repository, trees.theirs, files)
    return Rebased(tip=store.commit_tree(tree, _message(added, renumbered), theirs, None), renumbered=renumbered)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trees:
    base: pygit2.Tree | None
    ours: pygit2.Tree | None
    theirs: pygit2.Tree | None


def _events(tree: pygit2.Tree | None, path: str) -> tuple[Event, ...]:
    text = git_tree.content(tree, path)
    return () if text is None else records.read_timeline(text)


def _theirs(trees: _Trees, path: str) -> tuple[Event, ...] | None:
    """Their events; None if nobody can read what they wrote."""
    try:
        events = _events(trees.theirs, path)
        if events:
            history_of(events)
        return events
    except records.RecordError as error:
        _log.error("%s cannot be read as others pushed it: %s; it is put back as it was here", path, error)
        return None


def _broken_by_them(store: Store, trees: _Trees, ours: Collection[str]) -> Iterator[History]:
    """Incidents that we added nothing to, and whose timelines they have made unreadable: as they are here."""
    for path in git_tree.changed_paths(store.repository, trees.ours, trees.theirs):
        if not path.endswith(f"/{records.TIMELINE}") or path in ours or git_tree.content(trees.theirs, path) is None:
            continue
        if not _theirs(trees, path) and (whole := _events(trees.ours, path)):
            yield History.of(whole)


def _files(history: History) -> dict[str, bytes]:
    return {f"{history.path}/{name}": text for name, text in records.files(history).items()}


def _added(trees: _Trees, path: str) -> tuple[Event, ...]:
    """Our events that were not in the base."""
    known = {event.key for event in _events(trees.base, path)}
    return tuple(event for event in _events(trees.ours, path) if event.key not in known)


def _renumbered(trees: _Trees, added: Mapping[str, tuple[Event, ...]]) -> Mapping[int, int]:
    """New numbers for incidents that we began and whose number others gave to another one."""
    numbers = {
        number: f"{path}/{records.TIMELINE}"
        for path, _ in incident_folders(trees.theirs)
        if (number := incident_number(path.rsplit("/", 1)[1]))
    }
    ours = {incident_number(path.split("/")[-2]) for path in added}
    highest = max([*numbers, *ours], default=0)
    found: dict[int, int] = {}
    for events in added.values():
        if not events or events[0].kind != Kind.OPENED:
            continue
        number = int(events[0].data["incident"])
        given = _theirs(trees, numbers[number]) if number in numbers else None
        if given and given[0].key != events[0].key:
            highest += 1
            found[number] = highest
    return found


def _onto(trees: _Trees, path: str, events: tuple[Event, ...], renumbered: Mapping[int, int]) -> History | None:
    """Their history of the incident with our events, or ours alone where they have none."""
    mine = tuple(_with_numbers(event, renumbered) for event in events)
    begun_by_us = bool(events) and events[0].kind == Kind.OPENED
    number = incident_number(path.split("/")[-2])
    theirs = () if begun_by_us and number in renumbered else _theirs(trees, path)
    if theirs:
        return History.of(theirs).extended(mine)
    if begun_by_us:
        return History.of(mine)
    if not events:
        return None
    # They took the incident away, or broke it; our events would be lost without what came before them.
    whole = _events(trees.ours, path)
    return History.of([_with_numbers(event, renumbered) for event in whole])


def _with_numbers(event: Event, renumbered: Mapping[int, int]) -> Event:
    changed = {name: renumbered[event.data[name]] for name in _NUMBERS if event.data.get(name) in renumbered}
    if not changed:
        return event
    data = {**event.data, **changed}
    if event.kind == Kind.OPENED:
        data["formerly"] = event.data["incident"]
    return replace(event, data=data)


def _message(added: Mapping[str, tuple[Event, ...]], renumbered: Mapping[int, int]) -> str:
    names = [path.split("/")[-2] for path in sorted(added)]
    shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    lines = [f"Incident: {name}" for name in names]
    lines += [f"Renumbered: {incident_name(old)} {incident_name(new)}" for old, new in sorted(renumbered.items())]
    return f"incidents: {shown or 'audit'} brought onto changes of others\n\n" + "\n".join(lines) + "\n"
