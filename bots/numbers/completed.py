"""When each postmortem was complete: its file on the main branch says so, and the branch's history says since when."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import pygit2

from alerting.document import read_front_matter
from bots.git import git_tree
from bots.timeline.state import incident_number

FOLDER: Final = "postmortems"
COMPLETE: Final = "published"
"""The status of a postmortem that is complete (`alerting.model.postmortem`)."""
_SUFFIX: Final = ".md"
_NAME: Final = re.compile(r"INC-[1-9]\d{0,8}\.md")


class HistoryCut(Exception):
    """The clone does not reach back to where a postmortem was completed, so nobody knows when that was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What was found before, so that only what came since is looked at."""

    tip: pygit2.Oid
    completed: Mapping[int, datetime]


def completed(repository: pygit2.Repository, tip: pygit2.Oid, known: Known | None = None) -> Mapping[int, datetime]:
    """When the postmortems that are complete in a commit became so, by incident; along first parents, so that the time
    is that of the merge. Raises HistoryCut in a shallow clone that is not deep enough."""
    commit: pygit2.Commit | None = repository[tip].peel(pygit2.Commit)
    assert commit is not None
    pending = {number: blob for number, blob in _blobs(commit).items() if _is_complete(repository, blob)}
    found: dict[int, datetime] = {}
    while pending and commit is not None:
        if known is not None and commit.id == known.tip:
            return found | {number: known.completed[number] for number in pending}
        parent = _parent(repository, commit)
        if parent is None and repository.is_shallow:
            raise HistoryCut("the clone is shallow; expected one with the whole history; `git fetch --unshallow`")
        for number in _completed_here(repository, commit, parent, pending):
            found[number] = datetime.fromtimestamp(commit.commit_time, UTC)
            del pending[number]
        commit = parent
    return found


def _completed_here(
    repository: pygit2.Repository,
    commit: pygit2.Commit,
    parent: pygit2.Commit | None,
    pending: dict[int, pygit2.Oid],
) -> list[int]:
    """Those that are complete in a commit and not in its parent; of the others `pending` then has the parent's file."""
    if parent is not None and _folder(parent) == _folder(commit):
        return []
    before = {} if parent is None else _blobs(parent)
    here = []
    for number, blob in pending.items():
        old = before.get(number)
        if old is None or (old != blob and not _is_complete(repository, old)):
            here.append(number)
        else:
            pending[number] = old
    return here


def texts(repository: pygit2.Repository, tip: pygit2.Oid) -> Mapping[int, tuple[str, bytes]]:
    """Path and text of each postmortem that is complete in a commit, by incident."""
    commit = repository[tip].peel(pygit2.Commit)
    read = ((path, repository[blob].peel(pygit2.Blob).data) for path, blob in _files(commit))
    return {_number(path): (path, text) for path, text in read if is_complete(text)}


def is_complete(text: bytes) -> bool:
    """Whether a postmortem's front matter says that it is."""
    tree = read_front_matter(text).tree
    return isinstance(tree, dict) and tree.get("status") == COMPLETE


def _is_complete(repository: pygit2.Repository, blob: pygit2.Oid) -> bool:
    return is_complete(repository[blob].peel(pygit2.Blob).data)


def _parent(repository: pygit2.Repository, commit: pygit2.Commit) -> pygit2.Commit | None:
    """The first parent; None for the first commit, and where a shallow clone ends."""
    first = next(iter(commit.parent_ids), None)
    return repository[first].peel(pygit2.Commit) if first is not None and first in repository else None


def _folder(commit: pygit2.Commit) -> pygit2.Oid | None:
    tree = git_tree.subtree(commit.tree, FOLDER)
    return None if tree is None else tree.id


def _blobs(commit: pygit2.Commit) -> dict[int, pygit2.Oid]:
    """The postmortem of each incident, in whatever year people keep it: one that is moved is the same."""
    return {_number(path): blob for path, blob in _files(commit)}


def _files(commit: pygit2.Commit) -> Iterator[tuple[str, pygit2.Oid]]:
    """The postmortems of a commit: path and blob."""
    for year, folder in git_tree.folders(git_tree.subtree(commit.tree, FOLDER)):
        for entry in folder:
            name = str(entry.name)
            if isinstance(entry, pygit2.Blob) and _NAME.fullmatch(name):
                yield f"{FOLDER}/{year}/{name}", entry.id


def _number(path: str) -> int:
    return incident_number(path.rsplit("/", 1)[1].removesuffix(_SUFFIX))
