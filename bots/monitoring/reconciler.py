"""Asks Prometheus and Alertmanager, at start and from then on, and puts what the bot was not told into its inbox."""

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

from bots.errors import StorageFull, Unreachable
from bots.inbox import Inbox, Lane
from bots.metrics import Metrics
from bots.monitoring.alertmanager_view import AlertmanagerView
from bots.monitoring.prometheus import PrometheusView
from bots.monitoring.reconcile import KnownAlert, Views, gone, missed
from bots.timeline.envelope import RECONCILE, seal_alerts
from bots.timeline.event import parse_time, time_text
from bots.timeline.intake import Alert

_UNTIL: Final = "reconciled_until"
"""The fact that says up to when everything that Prometheus knew has been compared."""
_OVERLAP: Final = timedelta(minutes=2)
_LONGEST_GAP: Final = timedelta(days=15)
"""Prometheus keeps 15 days unless told otherwise."""
_FIRST_GAP: Final = timedelta(hours=6)
"""How far a bot looks back that has lost its volume or never had one."""
_WRITER_LATE: Final = timedelta(seconds=10)
"""Less than the time for which `bots.monitoring.reconcile` leaves a young alert to the usual road."""
_log = logging.getLogger(__name__)


class AsksPrometheus(Protocol):
    """A client of one Prometheus."""

    def view(self, start: datetime, end: datetime) -> PrometheusView:
        """Raises Unreachable."""


class AsksAlertmanager(Protocol):
    """A client of one Alertmanager."""

    def view(self) -> AlertmanagerView:
        """Raises Unreachable."""


class Reconciler:
    """One thread that compares, every so often."""

    def __init__(
        self,
        *,
        prometheus: Sequence[AsksPrometheus],
        alertmanagers: Sequence[AsksAlertmanager],
        inbox: Inbox,
        known: Callable[[datetime], Sequence[KnownAlert]],
        metrics: Metrics,
        every_s: float,
        now: Callable[[], datetime],
    ) -> None:
        """`known` gives the alerts that fire, and those that ended since an instant."""
        self._prometheus = tuple(prometheus)
        self._alertmanagers = tuple(alertmanagers)
        self._inbox = inbox
        self._known = known
        self._metrics = metrics
        self._every_s = every_s
        self._now = now
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="reconcile", daemon=True)

    def start(self) -> None:
        """Begins at once: what happened while the bot was down comes first."""
        if self._prometheus or self._alertmanagers:
            self._thread.start()

    def stop(self) -> None:
        """Ends after the comparison that runs."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def once(self) -> int:
        """Compares; gives how many alerts went into the inbox."""
        now = self._now()
        oldest = self._inbox.oldest()
        if oldest is not None and now - oldest > _WRITER_LATE:
            # What is still in the inbox is not known yet, and would seem to be missing.
            return 0
        start = self._start(now)
        views, answered = self._look(start, now)
        known = self._known(start - _OVERLAP)
        alerts = [*missed(known, views, now), *self._gone(known, views, start, now)]
        for body in seal_alerts(alerts, now):
            self._inbox.put_now(RECONCILE, Lane.MACHINES, body, now)
        if alerts:
            _log.info("reconciliation: %d notifications had not arrived; they are in the inbox now", len(alerts))
        if answered == len(self._prometheus):
            self._inbox.remember(_UNTIL, time_text(now - _OVERLAP))
        self._metrics.reconciliations.labels("ok" if views.complete else "partial").inc()
        if views.complete:
            self._metrics.reconciled.set(now.timestamp())
        return len(alerts)

    def _gone(self, known: Sequence[KnownAlert], views: Views, start: datetime, now: datetime) -> tuple[Alert, ...]:
        """What nobody lists any more; when it ended may be long before the time that was looked at."""
        ended = gone(known, views, now)
        first = min((alert.starts_at for alert in ended), default=start)
        if first >= start:
            return ended
        further, _ = self._look(max(first - _OVERLAP, now - _LONGEST_GAP), now)
        return gone(known, further, now)

    def _start(self, now: datetime) -> datetime:
        fact = self._inbox.fact(_UNTIL)
        start = parse_time(fact) if fact else now - _FIRST_GAP
        return max(min(start, now), now - _LONGEST_GAP)

    def _look(self, start: datetime, now: datetime) -> tuple[Views, int]:
        """What those that answer say, and how many Prometheus servers did."""
        prometheus: list[PrometheusView] = []
        alertmanagers: list[AlertmanagerView] = []
        for server in self._prometheus:
            try:
                prometheus.append(server.view(start, now))
            except Unreachable as error:
                _log.warning("reconciliation: %s", error)
        for one in self._alertmanagers:
            try:
                alertmanagers.append(one.view())
            except Unreachable as error:
                _log.warning("reconciliation: %s", error)
        complete = len(prometheus) == len(self._prometheus) and len(alertmanagers) == len(self._alertmanagers)
        return Views(prometheus=tuple(prometheus), alertmanagers=tuple(alertmanagers), complete=complete), len(
            prometheus
        )

    def _run(self) -> None:
        while True:
            try:
                self.once()
            except StorageFull as error:
                self._metrics.reconciliations.labels("failed").inc()
                _log.warning("reconciliation: %s", error)
            except Exception:
                self._metrics.reconciliations.labels("failed").inc()
                _log.exception("reconciliation failed; it is tried again")
            if self._stopping.wait(self._every_s):
                return
