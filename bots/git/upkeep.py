"""Packing the loose objects that commits leave, beside the bot's work: a process of its own, low in priority.

`git repack --geometric` packs what is loose and joins small packs, so each object is packed again only a few times
however long the history gets; a full `git gc` would read everything.
"""

import contextlib
import os
import signal
import subprocess
from pathlib import Path
from typing import Final

from bots.git.git_remote import environment

_LOOSE: Final = 2_000
"""Loose objects that are worth a pack; a commit leaves about ten."""
_SAMPLE: Final = "17"
"""Object ids are evenly spread: git itself estimates from this folder (https://git-scm.com/docs/git-gc#_configuration)."""


class Upkeep:
    """Starts a repack when it is due and none runs."""

    def __init__(self, repository: Path, *, loose: int = _LOOSE) -> None:
        """`loose` is how many loose objects start one."""
        self._repository = repository
        self._loose = loose
        self._process: subprocess.Popen[bytes] | None = None

    def tidy(self) -> bool:
        """Looks, and starts a repack if it is due; returns whether one runs. Costs a listing of one small folder."""
        if self._process is not None and self._process.poll() is None:
            return True
        self._process = None
        if self.estimate() < self._loose:
            return False
        command = ["nice", "-n", "19", "git", "--git-dir", str(self._repository)]
        command += ["repack", "-d", "--geometric=2", "--quiet"]
        # A packing that cannot be started or fails costs room and nothing else; the next commits try again.
        with contextlib.suppress(OSError):
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=environment(),
                start_new_session=True,
            )
        return self._process is not None

    def estimate(self) -> int:
        """About how many loose objects there are."""
        try:
            return 256 * sum(1 for _ in (self._repository / "objects" / _SAMPLE).iterdir())
        except FileNotFoundError:
            return 0

    def wait(self, timeout_s: float) -> None:
        """Waits for a running repack; raises subprocess.TimeoutExpired."""
        if self._process is not None:
            self._process.wait(timeout_s)

    def close(self) -> None:
        """Ends a running repack; what it had not finished is done again later."""
        if self._process is not None and self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGTERM)
            self._process.wait()
