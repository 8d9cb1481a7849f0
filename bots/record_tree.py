"""The records as they lie in a tree of git. People may have changed them by hand: what cannot be read is said, and one
incident that is broken never keeps the others from being recorded.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import pygit2

from bots import records
from bots.git import git_tree
from bots.incident import History
from bots.index import row_of
from bots.timeline.event import Event, Kind
from bots.timeline.state import incident_number
from bots.timeline.summary import state_dict

_log = logging.getLogger(__name__)
_NO_STATE: Final = (ValueError, KeyError, TypeError, AttributeError)
"""What a document of another shape than ours leads to."""
_BROKEN: Final = "%s cannot be used: %s; `tocsin records verify` names all mistakes"


def incident_folders(tree: pygit2.Tree | None) -> Iterator[tuple[str, pygit2.Tree]]:
    """The folders of all incidents, with their paths; what has another name is somebody else's."""
    for year, months in git_tree.folders(git_tree.subtree(tree, records.INCIDENTS)):
        for month, folders in git_tree.folders(months):
            for name, folder in git_tree.folders(folders):
                if number_of(name) is not None:
                    yield f"{records.INCIDENTS}/{year}/{month}/{name}", folder


def months(tree: pygit2.Tree | None) -> Iterator[pygit2.Tree]:
    """The folders of all months."""
    for _, year in git_tree.folders(git_tree.subtree(tree, records.INCIDENTS)):
        yield from (month for _, month in git_tree.folders(year))


def number_of(path: str) -> int | None:
    """The number of the incident whose folder that is; None if it is none's."""
    try:
        return incident_number(path.rsplit("/", 1)[-1])
    except ValueError:
        return None


def history(tree: pygit2.Tree | None, path: str) -> History | None:
    """The incident in a folder; None if there is none. Raises RecordError if its timeline cannot be read."""
    text = git_tree.content(tree, f"{path}/{records.TIMELINE}")
    return None if text is None else history_of(records.read_timeline(text))


def history_of(events: Sequence[Event]) -> History:
    """The incident that these events are; raises RecordError if they are none, such as without the first one."""
    try:
        found = History.of(events)
    except _NO_STATE as error:
        raise records.RecordError([f"its events are no incident's: {error}"]) from error
    if events[0].kind is not Kind.OPENED:
        raise records.RecordError([f"event 1: got {events[0].kind}; expected {Kind.OPENED}, with which all begin"])
    return found


def read_history(tree: pygit2.Tree | None, path: str) -> History | None:
    """The same; None also for one that cannot be read, which the log says."""
    try:
        return history(tree, path)
    except records.RecordError as error:
        _log.error(_BROKEN, f"{path}/{records.TIMELINE}", error)
        return None


def state(tree: pygit2.Tree | None, path: str) -> Mapping[str, Any] | None:
    """What `incident.yaml` says, or, if that cannot be used, what follows from the timeline; None for neither."""
    text = git_tree.content(tree, f"{path}/{records.STATE}")
    if text is None:
        return None
    try:
        found = records.read_state(text)
        row_of(path, found)
    except _NO_STATE as error:
        _log.error(_BROKEN, f"{path}/{records.STATE}", error)
        known = read_history(tree, path)
        return None if known is None else state_dict(known.state)
    return found


def states(tree: pygit2.Tree | None) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """All incidents that can be read, with their folders."""
    for path, _ in incident_folders(tree):
        if (found := state(tree, path)) is not None:
            yield path, found


def audit_files(tree: pygit2.Tree | None, events: Sequence[Event]) -> dict[str, bytes]:
    """The files of the audit trail with events added, those left out that are there already."""
    found: dict[str, bytes] = {}
    for event in events:
        path = records.audit_path(event)
        before = found.get(path) or git_tree.content(tree, path) or b""
        if f"\n  key: {event.key}\n".encode() not in before and f'\n  key: "{event.key}"\n'.encode() not in before:
            found[path] = before + records.timeline((event,))
    return found
