"""Reconciliation with a real Prometheus and a real Alertmanager."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from bots.instants import now
from bots.monitoring.alertmanager_view import Alertmanager, fingerprint
from bots.monitoring.prometheus import Prometheus
from bots.monitoring.reconciler import Reconciler
from bots.reading import Reading
from tests.bots.bot_process import wait_until
from tests.bots.http_server import Received, Reply, serving
from tests.bots.test_writer import Desk
from tools.drill.ports import LOOPBACK, free_port
from tools.drill.processes import Processes, Program
from tools.parts import find

RULES = {
    "groups": [
        {
            "name": "test",
            "interval": "1s",
            "rules": [
                {
                    "alert": "Broken",
                    "expr": "broken == 1",
                    "labels": {"service": "checkout", "team": "payments", "severity": "page", "priority": "P0"},
                    "annotations": {"summary": "it is broken"},
                }
            ],
        }
    ]
}


@dataclass(slots=True)
class Monitoring:
    """Prometheus, which watches a switch, and Alertmanager, which tells nobody."""

    broken: bool
    prometheus: Prometheus
    alertmanager: Alertmanager
    processes: Processes
    program: Program

    def listed(self) -> bool:
        """Whether Alertmanager lists the alert."""
        return bool(self.alertmanager.view().alerts)

    def fires(self) -> None:
        """Breaks it, and waits until Alertmanager knows."""
        self.broken = True
        wait_until(self.listed, 30, lambda: "the alert does not fire")

    def resolves(self) -> None:
        """Mends it, and waits until Alertmanager knows."""
        self.broken = False
        wait_until(lambda: not self.listed(), 30, lambda: "the alert does not resolve")


def _configuration(folder: Path, switch: str, alertmanager: str) -> dict[str, Any]:
    return {
        "global": {
            "scrape_interval": "1s",
            "evaluation_interval": "1s",
            "external_labels": {"cluster": "eu", "drill": "false"},
        },
        "rule_files": [str(folder / "rules.yaml")],
        "scrape_configs": [{"job_name": "switch", "static_configs": [{"targets": [switch.removeprefix("http://")]}]}],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [alertmanager.removeprefix("http://")]}]}]},
    }


@contextmanager
def _running(folder: Path) -> Iterator[Monitoring]:
    prometheus, alertmanager = find("prometheus"), find("alertmanager")
    urls = [f"http://{LOOPBACK}:{free_port()}" for _ in range(2)]
    monitoring: Monitoring
    text = {"Content-Type": "text/plain; version=0.0.4"}

    def switched(got: Received) -> Reply:
        return Reply(body=f"broken {int(monitoring.broken)}\n".encode(), headers=text)

    with serving(switched) as switch:
        config = _configuration(folder, switch.url, urls[1])
        (folder / "rules.yaml").write_text(yaml.safe_dump(RULES))
        (folder / "prometheus.yaml").write_text(yaml.safe_dump(config))
        silent = {"route": {"receiver": "nobody"}, "receivers": [{"name": "nobody"}]}
        (folder / "alertmanager.yaml").write_text(yaml.safe_dump(silent))
        program = Program(
            name="alertmanager",
            command=[
                str(alertmanager.path),
                f"--config.file={folder / 'alertmanager.yaml'}",
                f"--storage.path={folder / 'am'}",
                f"--web.listen-address={urls[1].removeprefix('http://')}",
                "--cluster.listen-address=",
                *alertmanager.extra_args,
            ],
            ready_url=f"{urls[1]}/-/ready",
        )
        with Processes(folder / "logs") as processes:
            monitoring = Monitoring(False, Prometheus(urls[0], now), Alertmanager(urls[1]), processes, program)
            processes.start(program)
            processes.start(
                Program(
                    name="prometheus",
                    command=[
                        str(prometheus.path),
                        f"--config.file={folder / 'prometheus.yaml'}",
                        f"--storage.tsdb.path={folder / 'tsdb'}",
                        f"--web.listen-address={urls[0].removeprefix('http://')}",
                        *prometheus.extra_args,
                    ],
                    ready_url=f"{urls[0]}/-/ready",
                )
            )
            yield monitoring


@pytest.fixture
def monitoring(tmp_path: Path) -> Iterator[Monitoring]:
    """Both run while the test does."""
    folder = tmp_path / "monitoring"
    folder.mkdir()
    with _running(folder) as made:
        yield made


@pytest.fixture
def desk(mini: Path, tmp_path: Path) -> Iterator[Desk]:
    """The bot's own side, without threads."""
    made = Desk(tmp_path / "state", mini)
    yield made
    made.close()


def reconcile(desk: Desk, monitoring: Monitoring, *, later: timedelta = timedelta()) -> int:
    """Compares, as if it were so much later, and records what was found."""
    reading = Reading(desk.ledger, desk.store, desk.writer._lock)
    reconciler = Reconciler(
        prometheus=[monitoring.prometheus],
        alertmanagers=[monitoring.alertmanager],
        inbox=desk.inbox,
        known=reading.known_alerts,
        metrics=desk.metrics,
        every_s=60,
        now=lambda: now() + later,
    )
    found = reconciler.once()
    while desk.writer.round():
        pass
    return found


MINUTE = timedelta(minutes=1)


def test_what_happened_while_the_bot_was_down_is_on_the_record(desk: Desk, monitoring: Monitoring) -> None:
    """Fired, resolved, never sent: opened and resolved at the times that Prometheus saw, and only once."""
    begun = now()
    monitoring.fires()
    monitoring.resolves()
    ended = now()
    assert reconcile(desk, monitoring, later=MINUTE) == 2
    history = desk.store.read(1)
    assert history is not None
    assert [event.kind.value for event in history.events] == ["opened", "alert_fired", "alert_resolved"]
    state = history.state
    assert state.status.value == "resolved"
    assert begun < state.started_at < ended
    assert state.resolved_at is not None
    assert state.started_at < state.resolved_at < ended + timedelta(seconds=2)
    (alert,) = state.alerts.values()
    assert alert.annotations == {"summary": "it is broken"}, "the rule says so, though nobody sent it"
    assert reconcile(desk, monitoring, later=MINUTE) == 0
    assert desk.store.highest() == 1


def test_what_alertmanager_lists_and_the_bot_missed_is_opened(desk: Desk, monitoring: Monitoring) -> None:
    """With the same name and start, so that Alertmanager's own notification changes nothing afterwards."""
    monitoring.fires()
    (listed,) = monitoring.alertmanager.view().alerts
    assert fingerprint(listed.labels) == listed.fingerprint
    (episode,) = monitoring.prometheus.view(now() - MINUTE, now()).episodes
    assert episode.labels == listed.labels
    assert episode.start == listed.starts_at
    assert reconcile(desk, monitoring, later=MINUTE) == 1
    history = desk.store.read(1)
    assert history is not None
    assert history.state.status.value == "open"
    (alert,) = history.state.alerts.values()
    assert (alert.fingerprint, alert.started_at) == (listed.fingerprint, listed.starts_at)
    assert alert.annotations == {"summary": "it is broken"}
    assert reconcile(desk, monitoring, later=MINUTE) == 0


def test_an_end_that_was_never_sent_is_found(desk: Desk, monitoring: Monitoring) -> None:
    """Not while Alertmanager is younger than five minutes."""
    monitoring.fires()
    assert reconcile(desk, monitoring, later=MINUTE) == 1
    monitoring.resolves()
    assert reconcile(desk, monitoring, later=2 * MINUTE) == 0
    ended = now()
    assert reconcile(desk, monitoring, later=6 * MINUTE) == 1
    history = desk.store.read(1)
    assert history is not None
    assert history.state.status.value == "resolved"
    assert history.state.resolved_at is not None
    assert history.state.resolved_at < ended + timedelta(seconds=2)


def test_a_server_that_is_away_closes_nothing(desk: Desk, monitoring: Monitoring) -> None:
    """Silence is not health; what the others say is used, and the gap stays open until all is known."""
    monitoring.fires()
    assert reconcile(desk, monitoring, later=MINUTE) == 1
    assert desk.inbox.fact("reconciled_until") is not None
    until = desk.inbox.fact("reconciled_until")
    monitoring.processes.stop()
    assert reconcile(desk, monitoring, later=10 * MINUTE) == 0
    assert desk.inbox.fact("reconciled_until") == until
    history = desk.store.read(1)
    assert history is not None
    assert history.state.status.value == "open"
    assert desk.metrics.reconciliations.labels("partial")._value.get() == 1


def test_a_silenced_alert_makes_no_incident(desk: Desk, monitoring: Monitoring) -> None:
    """Neither while it fires nor, from Prometheus, after it has ended."""
    start = now()
    silence = {
        "matchers": [{"name": "service", "value": "checkout", "isRegex": False, "isEqual": True}],
        "startsAt": start.isoformat(),
        "endsAt": (start + timedelta(hours=1)).isoformat(),
        "createdBy": "test",
        "comment": "test",
    }
    requests.post(f"{monitoring.alertmanager.url}/api/v2/silences", json=silence, timeout=10).raise_for_status()
    monitoring.fires()
    assert reconcile(desk, monitoring, later=MINUTE) == 0
    monitoring.resolves()
    assert reconcile(desk, monitoring, later=MINUTE) == 0
    assert desk.store.highest() == 0
