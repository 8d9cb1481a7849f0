"""How often the bot may write to GitHub, and that it stays so across a restart.

At most 60 requests a minute that make content and 450 an hour; GitHub allows 80 and 500, and asks for a second between
them (https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits,
https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api).
"""

import json
import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import datetime
from enum import Enum
from typing import Final

from bots.errors import Postponed
from bots.inbox import Inbox
from bots.outbound.destination import Limit

LIMITS: Final = (Limit(calls=1, per_s=1.0), Limit(calls=60, per_s=60.0), Limit(calls=450, per_s=3600.0))
_WORTH_WAITING_S: Final = 1.0
"""The second between two writes is waited for on the spot: putting an errand back costs more."""
_FACT: Final = "github_writes"
_LONGEST_S: Final = max(limit.per_s for limit in LIMITS)


class Urgency(Enum):
    """What a write is for, with the share of each limit that it may use up."""

    OPEN = 1.0
    """An incident has no issue yet."""
    PEOPLE = 0.9
    """Somebody did something, or waits for an answer."""
    ROUTINE = 0.6
    """Alerts came and went."""


class Budget:
    """The writes of the last hour; several threads may use it."""

    def __init__(self, inbox: Inbox, now: Callable[[], datetime], sleep: Callable[[float], None] = time.sleep) -> None:
        """Goes on with what an earlier process wrote down."""
        self._sleep = sleep
        self._inbox = inbox
        self._now = now
        self._lock = threading.Lock()
        self._writes: deque[float] = deque(json.loads(inbox.fact(_FACT) or "[]"))

    def spend(self, urgency: Urgency) -> None:
        """Counts a write that is about to be made; raises Postponed until there may be one, or StorageFull."""
        with self._lock:
            now_s = self._now().timestamp()
            # Writes of the future were made before the clock was set back: they count as made now.
            self._writes = deque(min(at, now_s) for at in self._writes)
            while self._writes and self._writes[0] <= now_s - _LONGEST_S:
                self._writes.popleft()
            wait_s = max(self._wait_s(limit, urgency, now_s) for limit in LIMITS)
            if wait_s > _WORTH_WAITING_S:
                raise Postponed(wait_s, f"the limit of writes to GitHub is reached; {wait_s:.0f} s to go")
            if wait_s > 0:
                # Whoever else wants to write waits behind this one.
                self._sleep(wait_s)
            self._writes.append(now_s + max(wait_s, 0.0))
            # Before the call: what is not counted after a crash could break the limit.
            self._inbox.remember(_FACT, json.dumps([round(at, 3) for at in self._writes]))

    def recent(self, per_s: float) -> int:
        """How many writes there were in the last so many seconds."""
        since = self._now().timestamp() - per_s
        with self._lock:
            return sum(at > since for at in self._writes)

    def _wait_s(self, limit: Limit, urgency: Urgency, now_s: float) -> float:
        calls = max(int(limit.calls * urgency.value), 1)
        if len(self._writes) < calls:
            return 0.0
        return self._writes[-calls] + limit.per_s - now_s
