"""What the API and the pages read: the records, from whatever thread."""

import threading
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from alerting.model.document_model import Priority
from bots.figures import Figures
from bots.incident import History, Incident
from bots.ledger import Ledger
from bots.monitoring.reconcile import KnownAlert
from bots.store import Store
from bots.timeline.event_fields import PRIORITIES
from bots.timeline.state import Status
from bots.timeline.summary import Summary, state_dict

_ACTIVE: Final = tuple(status for status in Status if status.active)
_OVER: Final = tuple(status for status in Status if not status.active)
_MOST_KNOWN: Final = 5_000
"""Incidents whose alerts are compared with Prometheus at a time."""


def document(incident: Incident) -> dict[str, Any]:
    """An incident as the API gives it: what `incident.yaml` holds."""
    return state_dict(incident)


class Reading:
    """Questions about incidents."""

    def __init__(self, ledger: Ledger, store: Store, lock: threading.Lock) -> None:
        """`lock` is held while the ledger is used: the writer's thread uses it too."""
        self._ledger = ledger
        self._store = store
        self._lock = lock

    def get(self, number: int) -> History | None:
        """One incident with its timeline; None if there is none."""
        with self._lock:
            return self._ledger.get(number)

    def find(
        self,
        *,
        statuses: Sequence[Status] = (),
        active: bool | None = None,
        team: str | None = None,
        service: str | None = None,
        priorities: Sequence[Priority] = (),
        limit: int = 50,
        before: int | None = None,
    ) -> list[Summary]:
        """Incidents that fit every given condition, newest first."""
        allowed = set(statuses or Status)
        if active is not None:
            allowed &= set(_ACTIVE if active else _OVER)
        return list(
            self._store.index.list(
                status=tuple(sorted(allowed)),
                priority=tuple(priorities),
                team=team,
                service=service,
                limit=limit,
                before=before,
            )
        )

    def current(self, team: str, service: str) -> int | None:
        """The incident that a service's notifications lead to: the newest active one, else the newest; None if none."""
        for active in (True, None):
            found = self.find(active=active, team=team, service=service, limit=1)
            if found:
                return found[0].number
        return None

    def open_by_priority(self) -> dict[str, int]:
        """How many incidents of each priority go on."""
        found = dict.fromkeys(PRIORITIES, 0)
        for (status, priority), count in self._store.index.counts().items():
            if status.active:
                found[priority] = found.get(priority, 0) + count
        return found

    def figures(self, now: datetime) -> Figures:
        """What recent incidents took."""
        return self._store.index.recent_figures(now)

    def known_alerts(self, since: datetime) -> list[KnownAlert]:
        """The alerts of incidents that go on, and of those that ended since an instant."""
        summaries = self.find(active=True, limit=_MOST_KNOWN)
        summaries += [
            one for one in self.find(active=False, limit=_MOST_KNOWN) if one.ended_at and one.ended_at >= since
        ]
        histories = (self.get(summary.number) for summary in summaries)
        return [
            KnownAlert(
                fingerprint=alert.fingerprint,
                labels=alert.labels,
                annotations=alert.annotations,
                starts_at=alert.spans[-1].start,
                ended_at=alert.ended_at,
            )
            for history in histories
            if history is not None
            for alert in history.state.alerts.values()
        ]
