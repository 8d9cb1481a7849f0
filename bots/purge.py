"""Writing the branch's history anew with text hidden in every commit, for a secret that must not stay in git at all."""

from collections.abc import Callable, Sequence
from typing import Final

import pygit2

from bots import records
from bots.git import git_tree
from bots.incident import History
from bots.store import Progress, no_progress
from bots.timeline.event import Event

Hide = Callable[[Sequence[Event]], Sequence[Event]]
"""Events with text hidden; the same ones for the same ones."""
_EVERY: Final = 500


def purge(
    repository: pygit2.Repository, tip: pygit2.Oid, path: str, hide: Hide, progress: Progress = no_progress
) -> pygit2.Oid:
    """The tip of a branch with the same commits, in which the incident's folder has the text hidden from the beginning.

    Commits before the incident keep their ids; messages, authors and times stay. Moves no reference. Raises RecordError
    if a timeline cannot be read.
    """
    commits = list(repository.walk(tip, pygit2.enums.SortMode.TOPOLOGICAL | pygit2.enums.SortMode.REVERSE))
    renamed: dict[pygit2.Oid, pygit2.Oid] = {}
    hidden: dict[bytes, dict[str, bytes]] = {}
    for done, commit in enumerate(commits, start=1):
        text = git_tree.content(commit.tree, f"{path}/{records.TIMELINE}")
        tree = commit.tree.id
        if text is not None:
            files = hidden.get(text)
            if files is None:
                files = hidden[text] = _hidden_files(path, text, hide)
            tree = git_tree.changed_tree(repository, commit.tree, files)
        parents = [renamed.get(parent, parent) for parent in commit.parent_ids]
        if tree != commit.tree.id or parents != list(commit.parent_ids):
            renamed[commit.id] = repository.create_commit(
                None, commit.author, commit.committer, commit.message, tree, parents
            )
        if done % _EVERY == 0 or done == len(commits):
            progress("rewriting commits", done, len(commits))
    return renamed.get(tip, tip)


def _hidden_files(path: str, text: bytes, hide: Hide) -> dict[str, bytes]:
    history = History.of(hide(records.read_timeline(text)))
    return {f"{path}/{name}": content for name, content in records.files(history).items()}
