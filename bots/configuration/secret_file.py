"""A file with secrets, one a line, all of them valid: a secret is changed without a gap and without a restart.

Put the new one in, give it to the other side, take the old one out.
"""

import hashlib
import hmac
import logging
import threading
import time
from pathlib import Path
from typing import Final

from bots.errors import SettingsError

_LOOK_EVERY_S: Final = 1.0
_log = logging.getLogger(__name__)


class SecretFile:
    """The secrets of one file; read anew soon after it changes. Several threads may use it."""

    def __init__(self, path: Path, variable: str) -> None:
        """`variable` is the setting that names the file, for messages. Raises SettingsError."""
        self._path = path
        self._variable = variable
        self._lock = threading.Lock()
        self._looked_at = time.monotonic()
        self._stamp, self._secrets = self._read()

    def __repr__(self) -> str:
        """Without a secret."""
        return f"SecretFile({self._path})"

    @property
    def all(self) -> tuple[str, ...]:
        """Those that are valid now, in the file's order; never empty."""
        self._refresh()
        return self._secrets

    @property
    def first(self) -> str:
        """The one that we use where only one can be said."""
        return self.all[0]

    def signed(self, body: bytes, digests: list[str]) -> bool:
        """Whether any of the digests (hex) is the HMAC-SHA256 of the body with any of the secrets."""
        found = False
        for secret in self.all:
            own = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest().encode()
            for digest in digests:
                # All are compared, so that the time says nothing about which of them is nearly right.
                found |= hmac.compare_digest(own, digest.encode("utf-8", "replace"))
        return found

    def _refresh(self) -> None:
        now = time.monotonic()
        if now - self._looked_at < _LOOK_EVERY_S:
            return
        with self._lock:
            self._looked_at = now
            try:
                if _stamp(self._path) != self._stamp:
                    self._stamp, self._secrets = self._read()
                    _log.info("%s: %d secrets are valid now", self._path, len(self._secrets))
            except (OSError, SettingsError) as error:
                # Those known so far stay valid: a slip in an editor must not lock everybody out.
                _log.error("the changed file of secrets is not used: %s", error)

    def _read(self) -> tuple[tuple[int, int, int], tuple[str, ...]]:
        try:
            stamp = _stamp(self._path)
            lines = [line.strip() for line in self._path.read_text(encoding="utf-8").splitlines()]
        except OSError as error:
            raise SettingsError([f"{self._variable}: {self._path}: {error.strerror}; {_EXPECTED}"]) from error
        except UnicodeDecodeError as error:
            raise SettingsError([f"{self._variable}: {self._path}: not UTF-8; {_EXPECTED}"]) from error
        found = tuple(dict.fromkeys(line for line in lines if line))
        if not found:
            raise SettingsError([f"{self._variable}: {self._path}: no secret in it; {_EXPECTED}"])
        return stamp, found


_EXPECTED: Final = "expected a text file that the bot may read, with one secret a line"


def _stamp(path: Path) -> tuple[int, int, int]:
    status = path.stat()
    return (status.st_mtime_ns, status.st_size, status.st_ino)
