"""Finds how the freeze switch of the night was set last, in the audit trail."""

from collections.abc import Iterator
from typing import Final

import pygit2

from bots import records
from bots.errors import StoreDamaged
from bots.git import git_tree
from bots.guards.freeze import switched
from bots.timeline.event import Event

_MARK: Final = b"\n  freeze: "


def last_switch(tree: pygit2.Tree | None) -> Event | None:
    """The newest event that switched it on or off; None if none ever did. Raises StoreDamaged for a broken file.

    Every day has a file; only those that hold such an event are understood.
    """
    for path, text in _newest_first(tree):
        if _MARK not in text:
            continue
        try:
            last = switched(records.read_timeline(text))
        except records.RecordError as error:
            raise StoreDamaged(f"{path}: {error}") from error
        if last is not None:
            return last
    return None


def _newest_first(tree: pygit2.Tree | None) -> Iterator[tuple[str, bytes]]:
    for year, months in reversed(list(git_tree.folders(git_tree.subtree(tree, records.AUDIT)))):
        for month, days in reversed(list(git_tree.folders(months))):
            for day in sorted((entry.name or "" for entry in days), reverse=True):
                path = f"{records.AUDIT}/{year}/{month}/{day}"
                yield path, git_tree.content(days, day) or b""
