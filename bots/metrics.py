"""What the bot says about itself to Prometheus; every name is in `alerting.names`."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from alerting import names

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
Sample = tuple[tuple[str, ...], float]
Read = Callable[[], Iterable[Sample]]


class _Live(Collector):
    """Gauges that are read when Prometheus asks, so that nobody has to keep them up to date."""

    def __init__(self) -> None:
        self._gauges: list[tuple[str, str, tuple[str, ...], Read]] = []

    def add(self, name: str, text: str, labels: tuple[str, ...], read: Read) -> None:
        self._gauges.append((name, text, labels, read))

    def collect(self) -> Iterable[Metric]:
        for name, text, labels, read in self._gauges:
            family = GaugeMetricFamily(name, text, labels=labels)
            for values, number in read():
                family.add_metric(values, number)
            yield family


class Metrics:
    """The counters of one bot, in a registry of its own."""

    def __init__(self) -> None:
        """All at zero; series whose labels are known are there from the start, so that a first failure is a change."""
        self.registry = CollectorRegistry()
        self._live = _Live()
        self.deliveries = self._counter(names.BOT_DELIVERIES, "Webhook deliveries", "source", "outcome")
        self.alerts = Counter(names.BOT_ALERTS, "Alerts in deliveries that were kept", registry=self.registry)
        self.commands = self._counter(names.BOT_COMMANDS, "Commands of people", "command", "outcome")
        self.unusable = Counter(
            names.BOT_UNUSABLE, "Bodies that were kept and could not be used", registry=self.registry
        )
        self.outbox_attempts = self._counter(
            names.BOT_OUTBOX_ATTEMPTS, "Attempts at outside effects", "destination", "outcome"
        )
        self.pushes = self._counter(names.BOT_PUSHES, "Pushes to the remote", "outcome")
        self.commits = Counter(names.BOT_COMMITS, "Commits to the records", registry=self.registry)
        self.writer_failures = Counter(
            names.BOT_WRITER_FAILURES, "Times the writer could not record and tries again", registry=self.registry
        )
        self.reconciliations = self._counter(names.BOT_RECONCILIATIONS, "Reconciliations", "outcome")
        self.reconciled = Gauge(
            names.BOT_RECONCILED, "When the last reconciliation succeeded (Unix time)", registry=self.registry
        )
        self.kept = self.deliveries.labels("alertmanager", "kept")
        for outcome in ("unavailable", "unauthorized", "rejected"):
            self.deliveries.labels("alertmanager", outcome)
        for outcome in ("ok", "failed"):
            self.pushes.labels(outcome)
        for outcome in ("ok", "partial", "failed"):
            self.reconciliations.labels(outcome)
        self.registry.register(self._live)
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)

    def live(self, name: str, text: str, read: Read, labels: tuple[str, ...] = ()) -> None:
        """Adds a gauge that is read at each scrape."""
        self._live.add(name, text, labels, read)

    def page(self) -> bytes:
        """The text that Prometheus scrapes."""
        return generate_latest(self.registry)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(name, text, labels, registry=self.registry)


def age(since: datetime | None, now: datetime) -> list[Sample]:
    """One sample with the seconds since an instant; 0 if there is none."""
    return [((), max((now - since).total_seconds(), 0.0) if since else 0.0)]
