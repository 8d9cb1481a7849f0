"""The postmortems on the main branch, where merging a pull request puts them: looked at now and then, by git alone."""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Final

import pygit2

from bots.errors import DestinationError
from bots.git import git_remote, git_tree
from bots.numbers.completed import Known, completed
from bots.postmortems.document import FOLDER, Postmortem, Read, read
from bots.store import Store
from bots.timeline.state import incident_number

MAIN: Final = "refs/tocsin/main"
_EVERY_S: Final = 60.0
_TIMEOUT_S: Final = 60.0
_STALE_S: Final = 3_600.0
"""After so long without a look nobody knows any more which postmortems are complete."""
_log = logging.getLogger(__name__)

Merged = Mapping[int, Postmortem]
"""By the incident's number; those that can be read."""


class Shelf:
    """One thread that fetches the remote's default branch and reads the postmortems that are new on it."""

    def __init__(
        self, store: Store, *, changed: Callable[[], None], every_s: float = _EVERY_S, timeout_s: float = _TIMEOUT_S
    ) -> None:
        """`changed` is called after something new was read. Nothing runs before `start`."""
        self._store = store
        self._changed = changed
        self._every_s = every_s
        self._timeout_s = timeout_s
        self._read_at: pygit2.Oid | None = None
        self._known: dict[str, Read] = {}
        self._merged: Merged = MappingProxyType({})
        self._unreadable: Mapping[int, str] = MappingProxyType({})
        self._since: Known | None = None
        self._looked_s: float | None = None
        self._looked = False
        self._complaint = ""
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="postmortems", daemon=True)

    @property
    def merged(self) -> Merged:
        """What is on the main branch, as of the last look."""
        return self._merged

    @property
    def known(self) -> Merged | None:
        """The same; None before the first look, when nobody can say that something is not merged."""
        return self._merged if self._looked or self._store.remote is None else None

    @property
    def unreadable(self) -> Mapping[int, str]:
        """What is wrong with those that are on the main branch and cannot be read, by incident."""
        return self._unreadable

    @property
    def completed(self) -> Mapping[int, datetime] | None:
        """When each postmortem was complete on the main branch; None while that cannot be known."""
        if self._looked_s is None or time.monotonic() - self._looked_s > _STALE_S:
            return None
        return None if self._since is None else self._since.completed

    def start(self) -> None:
        """Looks now, and then every so often."""
        if self._store.remote is not None:
            self._thread.start()

    def stop(self) -> None:
        """Looks no more."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def look(self) -> bool:
        """Looks once; whether anything is new. Raises Unreachable or Undeliverable."""
        try:
            found = git_remote.fetch(self._store.path, f"+HEAD:{MAIN}", timeout_s=self._timeout_s)
        except DestinationError:
            if not self._looked:
                # What an earlier process saw is better than nothing.
                self._take()
            raise
        looked_s = time.monotonic()
        new = bool(self._take()) if found else False
        self._looked = True
        if found:
            self._looked_s = looked_s
        return new

    def _take(self) -> bool | None:
        """Reads the reference that was fetched; whether anything is new, None if there is none."""
        with self._store.changing:
            found = self._store.repository.references.get(MAIN)
            if found is None:
                return None
            commit = found.peel(pygit2.Commit)
            if commit.id == self._read_at:
                return False
            tip, texts = commit.id, self._texts(commit.tree)
        self._merged = MappingProxyType(self._understand(texts))
        # Also where it cannot be known since when they are complete.
        self._looked = True
        self._since = self._completed(tip)
        self._read_at = tip
        return True

    def _completed(self, tip: pygit2.Oid) -> Known:
        # A handle of its own: a long history is walked while the writer goes on.
        repository = pygit2.Repository(str(self._store.path), pygit2.enums.RepositoryOpenFlag.BARE)
        try:
            return Known(tip=tip, completed=completed(repository, tip, self._since))
        finally:
            repository.free()

    def _texts(self, tree: pygit2.Tree) -> Mapping[str, tuple[str, bytes]]:
        """Path → id and bytes of every file that may be a postmortem; bytes only where the id is new."""
        found: dict[str, tuple[str, bytes]] = {}
        for year, folder in git_tree.folders(git_tree.subtree(tree, FOLDER)):
            for entry in folder:
                name = str(entry.name)
                if isinstance(entry, pygit2.Blob) and name.startswith("INC-") and name.endswith(".md"):
                    key = f"{FOLDER}/{year}/{name} {entry.id}"
                    found[f"{FOLDER}/{year}/{name}"] = (key, b"" if key in self._known else bytes(entry.data))
        return found

    def _understand(self, texts: Mapping[str, tuple[str, bytes]]) -> dict[int, Postmortem]:
        known: dict[str, Read] = {}
        wrong: dict[int, str] = {}
        for path, (key, text) in texts.items():
            new = key not in self._known
            known[key] = result = read(path, text) if new else self._known[key]
            if result.problems:
                said = "; ".join(map(str, result.problems))
                with contextlib.suppress(ValueError):
                    wrong[incident_number(PurePosixPath(path).stem)] = said
                if new:
                    _log.warning("a merged postmortem cannot be read: %s", said)
        self._known = known
        self._unreadable = MappingProxyType(wrong)
        found = (one.postmortem for one in known.values())
        return {incident_number(one.front.incident): one for one in found if one is not None}

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                if self.look():
                    self._changed()
                self._complaint = ""
            except DestinationError as error:
                if str(error) != self._complaint:
                    self._complaint = str(error)
                    _log.warning("the main branch cannot be read: %s", error)
            except Exception:
                _log.exception("a look at the postmortems failed; the next one starts anew")
            self._stopping.wait(self._every_s)
