"""The policy that holds now: read at start, and again when a file changes."""

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from alerting import policy as files
from alerting.errors import PolicyError
from alerting.model.policy import Policy

_FOLDERS: Final = ("policies", "alerting/catalog", "alerting/windows.yaml", "runbooks")
_LOOK_EVERY_S: Final = 10.0
_log = logging.getLogger(__name__)


class LivePolicy:
    """Replaced as a whole, so that whoever holds one sees no half-read state."""

    def __init__(self, root: Path) -> None:
        """Raises PolicyError with every mistake."""
        self._root = root
        self._stamp = _stamp(root)
        self._policy = files.load(root)
        self.on_change: Callable[[Policy], None] = lambda policy: None
        """Called after the policy was replaced."""
        self.resolve: Callable[[Policy], Policy] = lambda policy: policy
        """What is known from elsewhere is put in by it, such as who is in a team on GitHub."""
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="policy", daemon=True)

    def __call__(self) -> Policy:
        """The policy."""
        return self.resolve(self._policy)

    def refresh(self) -> bool:
        """Reads the files again if any changed; with mistakes in them the policy stays as it is."""
        stamp = _stamp(self._root)
        if stamp == self._stamp:
            return False
        try:
            self._policy = files.load(self._root)
        except PolicyError as error:
            self._stamp = stamp
            _log.error("the changed policy is not used; `tocsin check` shows its %d mistakes", len(error.problems))
            return False
        self._stamp = stamp
        _log.info("the policy was read anew")
        self.on_change(self._policy)
        return True

    def start(self) -> None:
        """Looks at the files from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Looks no more."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(_LOOK_EVERY_S):
            try:
                self.refresh()
            except OSError as error:
                _log.error("the policy cannot be looked at: %s", error)
            except Exception:
                # This thread must not end: nobody would see that changes do not count any more.
                _log.exception("the policy cannot be looked at; the one that holds stays")


def _stamp(root: Path) -> frozenset[tuple[str, int, int]]:
    found: set[tuple[str, int, int]] = set()
    for name in _FOLDERS:
        place = root / name
        for path in place.rglob("*") if place.is_dir() else [place]:
            if path.suffix in (".yaml", ".yml", ".md") and path.is_file():
                status = path.stat()
                found.add((str(path), status.st_mtime_ns, status.st_size))
    return frozenset(found)
