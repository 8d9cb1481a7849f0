"""Which of PagerDuty's incidents belong to which of ours: Alertmanager gives them a key that follows from the alert."""

import threading
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import islice
from typing import Final

from alerting.model.policy import Policy
from alerting.routes.answer import Router
from bots.incident import History
from bots.reading import Reading
from bots.timeline.alert_state import AlertState
from bots.timeline.summary import Summary

BACK: Final = timedelta(days=14)
"""How long after its end an incident still takes what is said about its pages."""
APART: Final = timedelta(minutes=5)
"""How far the clocks of Alertmanager and PagerDuty may be apart."""
_MOST: Final = 2_000


class Matching:
    """Keys of alerts and whose they are; several threads may use it."""

    def __init__(self, policy: Callable[[], Policy], reading: Reading) -> None:
        """`policy` gives the one that holds now; its routes make the keys."""
        self._policy = policy
        self._reading = reading
        self._lock = threading.Lock()
        self._routes: tuple[Policy, Callable[[tuple[tuple[str, str], ...]], str | None]] | None = None
        self._keys: dict[int, tuple[int, frozenset[str]]] = {}

    def pages(self, history: History) -> Mapping[str, tuple[AlertState, ...]]:
        """The alerts of an incident that page somebody, by their key at PagerDuty."""
        key_of = self._key_of()
        found: dict[str, tuple[AlertState, ...]] = {}
        for alert in history.state.alerts_in_order:
            key = key_of(tuple(sorted(alert.labels.items())))
            if key is not None:
                found[key] = (*found.get(key, ()), alert)
        return found

    def owners(self, keys: Collection[str], created_at: datetime | None, now: datetime) -> tuple[int, ...]:
        """The incidents whose alerts a page holds: those that go on, else the newest that ended lately.

        Every episode of an alert has the same key; `created_at` tells whose page it is, where it is known.
        """
        if not keys:
            return ()
        active = [one for one in self._reading.find(active=True, limit=_MOST) if _during(one, created_at)]
        found = tuple(one.number for one in active if self._has(one.number, keys))
        if found:
            return found
        # Only those that can be meant are read: most pages of an account may be other people's.
        over = (
            one
            for one in self._reading.find(active=False, limit=_MOST)
            if one.ended_at and now - one.ended_at < BACK and _during(one, created_at)
        )
        return tuple(islice((one.number for one in over if self._has(one.number, keys)), 1))

    def _has(self, number: int, keys: Collection[str]) -> bool:
        history = self._reading.get(number)
        return history is not None and not self._known(history).isdisjoint(keys)

    def _known(self, history: History) -> frozenset[str]:
        size = len(history.events)
        with self._lock:
            known = self._keys.get(history.number)
        if known is not None and known[0] == size:
            return known[1]
        keys = frozenset(self.pages(history))
        with self._lock:
            self._keys[history.number] = (size, keys)
        return keys

    def _key_of(self) -> Callable[[tuple[tuple[str, str], ...]], str | None]:
        """The routes of the policy that holds now, which are compiled once."""
        policy = self._policy()
        with self._lock:
            if self._routes is None or self._routes[0] is not policy:
                router = Router(policy)

                @lru_cache(maxsize=10_000)
                def key_of(labels: tuple[tuple[str, str], ...]) -> str | None:
                    return router.pagerduty_key(dict(labels))

                self._routes = (policy, key_of)
                self._keys.clear()
            return self._routes[1]


def _during(incident: Summary, at: datetime | None) -> bool:
    """Whether a page that was created then can be the incident's."""
    ended = incident.ended_at
    return at is None or (incident.started_at - APART <= at and (ended is None or at <= ended + APART))


def is_digest(key: str) -> bool:
    """Whether a key looks like Alertmanager's."""
    return len(key) == 64 and set(key) <= set("0123456789abcdef")
