"""A real Prometheus with the compiled rules of the miniature policy, and something to scrape: what dashboards ask."""

import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import requests
import yaml
from prometheus_client import CollectorRegistry, generate_latest

from alerting.model.policy import Policy
from alerting.model.quantities import Duration
from alerting.model.severity import Baseline
from alerting.rules.catalog import catalog_groups
from alerting.rules.group import RuleGroup, rule_file
from alerting.rules.slo import service_groups
from alerting.timescale import DRILL
from bots.figure_metrics import FigureMetrics, PostmortemMetrics
from bots.index import Index
from bots.timeline.event import time_text
from dashboards.metrics import EXPORTERS
from tests.bots.test_figures import state
from tools.drill.ports import LOOPBACK, free_port
from tools.drill.processes import Processes, Program
from tools.parts import find

SECOND = Duration(1_000)
_OWN = {"rules", "bot", "prometheus", "services"}
_LABELS = {
    "state": "active",
    "condition": "true",
    "integration": "slack",
    "datname": "shop",
}


def _line(name: str, value: float, **labels: str) -> str:
    inside = ",".join(f'{label}="{text}"' for label, text in labels.items())
    return f"{name}{{{inside}}} {value}\n"


def checkout(seconds: float) -> str:
    """A service that fails half of its requests, of which one in five hundred is slow, and everything around it."""
    requests_total, slow = 20 * seconds, 0.04 * seconds
    text = _line("http_requests_total", requests_total / 2, service="checkout", code="500")
    text += _line("http_requests_total", requests_total / 2, service="checkout", code="200")
    for bound, count in (("0.1", requests_total / 2), ("0.5", requests_total - slow), ("+Inf", requests_total)):
        text += _line("http_request_duration_seconds_bucket", count, service="checkout", le=bound)
    text += _line("http_request_duration_seconds_count", requests_total, service="checkout")
    text += _line("process_cpu_seconds_total", seconds / 2, service="checkout")
    text += _line("process_resident_memory_bytes", 5e7, service="checkout")
    text += _line("pg_up", 0, service="payments-db")
    for exporter in EXPORTERS.keys() - _OWN:
        for metric in sorted(EXPORTERS[exporter].metrics):
            text += _line(metric, seconds if metric.endswith("_total") else 1, service="checkout", **_LABELS)
    return text


def bot(index: Index, policy: Policy) -> str:
    """What a bot with some incidents says."""
    registry = CollectorRegistry()
    baseline = Baseline.model_validate({"time_to_resolve": "90m", "until": "2026-01-31", "incidents": 20})
    measured = replace(policy, severity=policy.severity.model_copy(update={"baseline": baseline}))
    now = datetime.now(UTC)
    registry.register(FigureMetrics(index.recent_figures, lambda: measured, lambda: now))
    registry.register(PostmortemMetrics(index.recent_figures, lambda: measured, lambda: now, lambda: {1: now}))
    text = generate_latest(registry).decode()
    text += _line("tocsin_incidents_open", 1, priority="P0") + _line(
        "tocsin_outbox_lag_seconds", 3, destination="slack"
    )
    text += _line("tocsin_remediation_frozen", 0)
    for name, value in (("inbox_oldest", 1.0), ("unpushed", 2.0), ("last_reconcile_timestamp", time.time() - 30)):
        text += _line(f"tocsin_{name}_seconds", value)
    return text


def incidents(now: datetime) -> list[tuple[str, dict[str, Any]]]:
    """One that goes on and nobody has acknowledged, one that is over, and one that was noise."""
    began = now - timedelta(days=1)
    over = {
        "status": "resolved",
        "acknowledged_at": time_text(began + timedelta(minutes=4)),
        "resolved_at": time_text(began + timedelta(hours=1)),
    }
    ran = {"attempt": 1, "action": "restart_deployment", "automatic": True, "outcome": "succeeded"}
    attempts = [{**ran, "requested_at": time_text(began), "requested_by": "tocsin"}]
    return [
        state(1, began, **over, verdict="actionable", remediations=attempts),
        state(2, began, **over, verdict="noise"),
        state(3, now - timedelta(minutes=9)),
    ]


@contextmanager
def scraped(pages: Mapping[str, Any]) -> Iterator[int]:
    """A server whose pages are made when they are asked for; gives its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = pages[self.path]().encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _groups(policy: Policy) -> Iterator[RuleGroup]:
    """The compiled groups on the drill's timescale; the slow ones every second too, or the test would last a minute."""
    for service in policy.services.values():
        for group in service_groups(policy, service, DRILL):
            yield replace(group, interval=SECOND)
    yield from catalog_groups(policy, DRILL)


def _config(rules: Path, port: int, own: int) -> dict[str, Any]:
    def job(name: str, path: str, at: int) -> dict[str, Any]:
        found = {"job_name": name, "metrics_path": path, "honor_labels": True}
        return {**found, "static_configs": [{"targets": [f"{LOOPBACK}:{at}"], "labels": {"service": name}}]}

    return {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(rules)],
        "scrape_configs": [
            job("checkout", "/checkout", port),
            job("tocsin", "/bot", port),
            job("self", "/metrics", own),
        ],
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """The running server."""

    url: str

    def query(self, expr: str) -> list[dict[str, Any]]:
        """The answer to an instant query; raises AssertionError with Prometheus's words if it refuses it."""
        answer = requests.get(f"{self.url}/api/v1/query", params={"query": expr}, timeout=20).json()
        assert answer["status"] == "success", f"{answer.get('error')}: {expr}"
        found: list[dict[str, Any]] = answer["data"]["result"]
        return found

    def names(self) -> set[str]:
        """The metrics that it has."""
        found = requests.get(f"{self.url}/api/v1/label/__name__/values", timeout=20).json()["data"]
        return set(found)

    def has(self, metric: str) -> bool:
        """Whether it has a metric, or one whose name fits the pattern."""
        return any(re.fullmatch(metric, name) for name in self.names())


@contextmanager
def stage(policy: Policy, folder: Path) -> Iterator[Stage]:
    """Starts everything and leaves nothing behind."""
    index = Index(folder / "records.index")
    index.update("tip", incidents(datetime.now(UTC)))
    begun, lock = time.monotonic() - 100, threading.Lock()

    def bots_page() -> str:
        with lock:
            return bot(index, policy)

    pages = {"/checkout": lambda: checkout(time.monotonic() - begun), "/bot": bots_page}
    own, prometheus = free_port(0), find("prometheus")
    url = f"http://{LOOPBACK}:{own}"
    with scraped(pages) as port:
        rules, config = folder / "rules.yaml", folder / "prometheus.yml"
        rules.write_text(yaml.safe_dump(rule_file(tuple(_groups(policy))), sort_keys=False))
        config.write_text(yaml.safe_dump(_config(rules, port, own)))
        command = [str(prometheus.path), *prometheus.extra_args, f"--config.file={config}"]
        command += [f"--storage.tsdb.path={folder / 'tsdb'}", f"--web.listen-address={LOOPBACK}:{own}"]
        with Processes(folder / "logs") as processes:
            processes.start(Program(name="prometheus", command=command, ready_url=f"{url}/-/ready"))
            yield Stage(url=url)
    index.close()
