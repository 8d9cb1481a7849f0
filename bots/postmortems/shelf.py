"""The postmortems on the main branch, where merging a pull request puts them: looked at now and then, by git alone."""

import logging
import threading
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import pygit2

from bots import git_remote, git_tree
from bots.errors import DestinationError
from bots.postmortems.document import FOLDER, Postmortem, read
from bots.state import incident_number
from bots.store import Store

MAIN: Final = "refs/tocsin/main"
_EVERY_S: Final = 60.0
_TIMEOUT_S: Final = 60.0
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
        self._read_at: str | None = None
        self._known: dict[str, Postmortem | None] = {}
        self._merged: Merged = MappingProxyType({})
        self._complaint = ""
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="postmortems", daemon=True)

    @property
    def merged(self) -> Merged:
        """What is on the main branch, as of the last look."""
        return self._merged

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
        if not git_remote.fetch(self._store.path, f"+HEAD:{MAIN}", timeout_s=self._timeout_s):
            return False
        with self._store.changing:
            found = self._store.repository.references.get(MAIN)
            if found is None or str(found.target) == self._read_at:
                return False
            tip = str(found.target)
            texts = self._texts(found.peel(pygit2.Commit).tree)
        self._merged = MappingProxyType(self._understand(texts))
        self._read_at = tip
        return True

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
        known: dict[str, Postmortem | None] = {}
        for path, (key, text) in texts.items():
            if key in self._known:
                known[key] = self._known[key]
                continue
            result = read(path, text)
            known[key] = result.postmortem
            if result.problems:
                _log.warning("a merged postmortem cannot be read: %s", "; ".join(map(str, result.problems)))
        self._known = known
        return {incident_number(one.front.incident): one for one in known.values() if one is not None}

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
