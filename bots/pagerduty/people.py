"""Who a user of PagerDuty is here: webhooks name people by their id there, and what both sides know is the e-mail."""

import json
import threading
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from bots.inbox import Inbox
from bots.timeline.event import parse_time, time_text

FRESH: Final = timedelta(days=1)
"""How long an address is taken to be right."""
_FACT: Final = "pagerduty users"


class Directory:
    """The addresses that were looked up, kept over restarts; several threads may use it."""

    def __init__(self, inbox: Inbox) -> None:
        """Continues with what an earlier process looked up."""
        self._inbox = inbox
        self._lock = threading.Lock()
        self._known: dict[str, tuple[str, datetime]] = _read(inbox.fact(_FACT))

    def missing(self, users: Iterable[str], now: datetime) -> tuple[str, ...]:
        """Those whose address has to be looked up."""
        with self._lock:
            return tuple(
                user for user in dict.fromkeys(users) if user not in self._known or now - self._known[user][1] > FRESH
            )

    def learn(self, user: str, email: str, now: datetime) -> None:
        """Keeps an address; empty for somebody whom PagerDuty does not know any more. Raises StorageFull."""
        with self._lock:
            self._known[user] = (email.lower(), now)
            text = json.dumps({user: [email, time_text(at)] for user, (email, at) in self._known.items()})
            self._inbox.remember(_FACT, text)

    def email(self, user: str) -> str:
        """Somebody's address; empty if it is not known."""
        with self._lock:
            return self._known.get(user, ("", None))[0]


def _read(text: str | None) -> dict[str, tuple[str, datetime]]:
    found: dict[str, Any] = json.loads(text) if text else {}
    return {user: (email, parse_time(at)) for user, (email, at) in found.items()}
