"""Sessions that were ended before their time. The browser may still have the cookie, or somebody a copy of it."""

import contextlib
import json
import threading
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from bots.access.signed import Facts
from bots.errors import StorageFull

_FACT: Final = "ended sessions"


class Ended:
    """Their ids, kept over restarts until each would have ended by itself."""

    def __init__(self, facts: Facts) -> None:
        """Continues with what an earlier process kept."""
        self._facts = facts
        self._lock = threading.Lock()
        self._until_s: Mapping[str, float] = json.loads(facts.fact(_FACT) or "{}")

    def __contains__(self, session: str) -> bool:
        """Whether a session was ended."""
        return session in self._until_s

    def add(self, session: str, until: datetime, now: datetime) -> None:
        """Ends one; `until` is when that would have happened by itself."""
        with self._lock:
            kept = {one: end_s for one, end_s in self._until_s.items() if end_s > now.timestamp()}
            self._until_s = kept | {session: until.timestamp()}
            # On a full disk it is ended for as long as this process lives.
            with contextlib.suppress(StorageFull):
                self._facts.remember(_FACT, json.dumps(self._until_s))
