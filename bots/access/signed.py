"""Small documents that a browser keeps for us: signed, with an end, so that nobody can make or change one."""

import base64
import hashlib
import hmac
import json
import secrets
import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

_FACT: Final = "session keys"
_BYTES: Final = 32
_ROTATE: Final = timedelta(days=30)
_MAX: Final = 3_800
"""Characters of a cookie that every browser keeps."""


class Facts(Protocol):
    """Small texts that survive a restart."""

    def fact(self, name: str) -> str | None:
        """One of them; None if there is none."""

    def remember(self, name: str, value: str) -> None:
        """Keeps one. Raises StorageFull."""


class Signer:
    """Signs with a key of its own, kept over restarts and changed every month; the one before stays valid."""

    def __init__(self, facts: Facts, now: datetime) -> None:
        """Makes a key where there is none, or a new one where it is old. Raises StorageFull."""
        self._facts = facts
        self._lock = threading.Lock()
        self._kept: list[dict[str, Any]] = json.loads(facts.fact(_FACT) or "[]")
        self.renew(now)

    def renew(self, now: datetime) -> None:
        """Makes a new key where the newest is old: a bot may run for months. Raises StorageFull."""
        with self._lock:
            kept = self._kept
            if not kept or now.timestamp() - kept[0]["made"] > _ROTATE.total_seconds():
                kept = [{"made": now.timestamp(), "key": secrets.token_hex(_BYTES)}, *kept[:1]]
                self._facts.remember(_FACT, json.dumps(kept))
                self._kept = kept

    @property
    def _keys(self) -> tuple[bytes, ...]:
        return tuple(bytes.fromhex(one["key"]) for one in self._kept)

    def sign(self, purpose: str, value: Mapping[str, Any], until: datetime) -> str:
        """The document as a text for a cookie; raises ValueError for one that is too large."""
        whole = json.dumps([purpose, until.timestamp(), dict(value)], separators=(",", ":"))
        body = base64.urlsafe_b64encode(whole.encode()).decode().rstrip("=")
        text = f"{body}.{self._mac(self._keys[0], body)}"
        if len(text) > _MAX:
            raise ValueError(f"a cookie of {len(text)} characters; expected at most {_MAX}")
        return text

    def read(self, purpose: str, text: str, now: datetime) -> Mapping[str, Any] | None:
        """The document; None if it is not ours, not for that purpose, or over."""
        body, _, mac = text.partition(".")
        good = False
        for key in self._keys:
            good |= hmac.compare_digest(self._mac(key, body).encode(), mac.encode("utf-8", "replace"))
        if not good:
            return None
        meant, until_s, value = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        found: Mapping[str, Any] = value
        return found if meant == purpose and now.timestamp() < until_s else None

    def proof(self, about: str) -> str:
        """A short text that only we can make, the same for the same thing: against forged forms."""
        return self._mac(self._keys[0], f"proof {about}")[:32]

    def proves(self, about: str, given: str) -> bool:
        """Whether a text is the proof, made with any key that is valid."""
        good = False
        for key in self._keys:
            good |= hmac.compare_digest(
                self._mac(key, f"proof {about}")[:32].encode(), given.encode("utf-8", "replace")
            )
        return good

    def _mac(self, key: bytes, text: str) -> str:
        return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
