"""Files of secrets that may be changed while the bot runs, and comparisons that take the same time whatever is wrong.

Only hashes stay in memory. Several tokens are valid at a time, so that a secret is rotated without a gap: add the new
one, switch the sender, take the old one out.
"""

import hashlib
import hmac
import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from bots.errors import SettingsError

_LOOK_EVERY_S: Final = 1.0
_HASH_CHARACTERS: Final = 64
_log = logging.getLogger(__name__)


def hash_of(token: str) -> str:
    """What a token file keeps of a token: its sha256 in hex. Tokens are random, so no slow hash is needed."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_token() -> str:
    """A token of 256 random bits, told from other secrets by its beginning."""
    return f"tocsin_{secrets.token_urlsafe(32)}"


class TokenFile:
    """The tokens of one file, and whom each belongs to; read anew soon after the file changes."""

    def __init__(self, path: Path, parse: Callable[[str, Path], Mapping[str, str]]) -> None:
        """Raises SettingsError with every mistake in the file."""
        self._path = path
        self._parse = parse
        self._lock = threading.Lock()
        self._looked_at = time.monotonic()
        try:
            self._stamp = _stamp(path)
        except OSError as error:
            raise _unreadable(path, error) from error
        self._owners = self._read()

    def owner(self, token: str) -> str | None:
        """Whose token this is; None if it is nobody's."""
        self._refresh()
        digest = hash_of(token)
        found = None
        for known, owner in self._owners.items():
            # All are compared, so that the time says nothing about which of them is nearly right.
            if hmac.compare_digest(known, digest):
                found = owner
        return found

    def _refresh(self) -> None:
        now = time.monotonic()
        if now - self._looked_at < _LOOK_EVERY_S:
            return
        with self._lock:
            self._looked_at = now
            try:
                stamp = _stamp(self._path)
                if stamp != self._stamp:
                    self._owners, self._stamp = self._read(), stamp
                    _log.info("%s: %d tokens are valid now", self._path, len(self._owners))
            except (OSError, SettingsError) as error:
                # The tokens known so far stay valid: a slip in an editor must not lock everybody out.
                _log.error("the changed token file is not used: %s", error)

    def _read(self) -> Mapping[str, str]:
        try:
            text = self._path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise _unreadable(self._path, error) from error
        return self._parse(text, self._path)


def _unreadable(path: Path, error: OSError | UnicodeDecodeError) -> SettingsError:
    why = error.strerror if isinstance(error, OSError) else "not UTF-8"
    return SettingsError([f"{path}: {why}; expected a text file that the bot may read"])


def bearer_tokens(text: str, path: Path) -> Mapping[str, str]:
    """Tokens as they are, one a line; raises SettingsError if there is none."""
    found = {hash_of(line): "alertmanager" for _, line in _lines(text)}
    if not found:
        raise SettingsError([f"{path}: no token in it; expected one a line, such as `openssl rand -hex 32` prints"])
    return found


def member_tokens(text: str, path: Path) -> Mapping[str, str]:
    """`<sha256 in hex> <member>` a line; raises SettingsError with every line that is not. No line is fine."""
    found: dict[str, str] = {}
    problems = []
    for number, line in _lines(text):
        digest, _, member = line.partition(" ")
        if len(digest) != _HASH_CHARACTERS or not set(digest) <= set("0123456789abcdef") or not member.strip():
            problems.append(
                f"{path}:{number}: not a token's line; expected `<sha256 in hex> <member>`; "
                "`tocsin incident token MEMBER` prints one"
            )
        else:
            found[digest] = member.strip()
    if problems:
        raise SettingsError(problems)
    return found


def _lines(text: str) -> Iterator[tuple[int, str]]:
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if line and not line.startswith("#"):
            yield number, line


def _stamp(path: Path) -> tuple[int, int, int]:
    status = path.stat()
    return (status.st_mtime_ns, status.st_size, status.st_ino)
