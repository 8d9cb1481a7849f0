"""Every query is asked of a real Prometheus that has its metrics, and answers with data."""

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import dashboards
from alerting.model.policy import Policy
from alerting.policy import load
from dashboards.reading import Asked, expressions, filled, metrics_in, panels
from tests.dashboards.stage import Stage, stage
from tools.cli import main

MINI = Path(__file__).resolve().parents[1] / "data" / "mini"
CHOSEN = {"team": ".*", "slo": ".*", "priority": ".*"}
SHORT = {"__rate_interval": "4s", "__interval": "1s", "__interval_ms": "1000", "__range": "10s"}
WITHIN_S = 60
"""Prometheus needs about ten seconds; the rest is for a machine that does something else as well."""


@pytest.fixture(scope="module")
def policy() -> Policy:
    """The miniature one."""
    return load(MINI)


@pytest.fixture(scope="module")
def prometheus(policy: Policy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A Prometheus whose rules have recorded for some seconds and whose pages fire."""
    with stage(policy, tmp_path_factory.mktemp("prometheus")) as running:
        end = time.monotonic() + WITHIN_S
        while time.monotonic() < end and not _warm(running):
            time.sleep(0.5)
        assert _warm(running), running.names()
        yield running


def _warm(running: Stage) -> bool:
    """Budgets have a course, and a page of either service fires."""
    firing = running.query('count(count by (service) (ALERTS{alertstate="firing",severity="page"})) > 1')
    return bool(firing) and bool(running.query("count_over_time(slo:error_budget:remaining_ratio[6h]) > 3"))


def _filled(uid: str, expr: str) -> str:
    service = "checkout" if uid == "service-overview" else ".*"
    return filled(expr, {**CHOSEN, **SHORT, "service": service})


def _askable(running: Stage, query: Asked) -> bool:
    """Whether everything is there that the query needs; of alternatives one is enough."""
    found = [running.has(metric) for metric in metrics_in(query.expr)]
    return any(found) if " or " in query.expr else all(found)


def test_every_query_returns_data(policy: Policy, prometheus: Stage) -> None:
    """Of all dashboards."""
    empty, asked = [], 0
    for uid, dashboard in dashboards.all(policy).items():
        for panel in panels(dashboard):
            for query in panel.queries:
                assert _askable(prometheus, query), f"{uid}: {panel.title}: {metrics_in(query.expr)}"
                asked += 1
                if not prometheus.query(_filled(uid, query.expr)):
                    empty.append(f"{uid}: {panel.title}: {_filled(uid, query.expr)}")
    assert not empty, "\n".join(empty)
    assert asked > 90


def test_marks_of_incidents_return_data(policy: Policy, prometheus: Stage) -> None:
    """For the incident that goes on, on every dashboard."""
    for uid, dashboard in dashboards.all(policy).items():
        *_, mark = expressions(dashboard)
        assert [one["metric"]["incident"] for one in prometheus.query(_filled(uid, mark))] == ["INC-3"], uid


def _values(policy: Policy, running: Stage, uid: str, title: str) -> dict[str, float]:
    """The values of a panel by legend."""
    panel = next(panel for panel in panels(dashboards.all(policy)[uid]) if panel.title == title)
    found: dict[str, float] = {}
    for query in panel.queries:
        for series in running.query(_filled(uid, query.expr)):
            found[_legend(query.legend, series["metric"])] = float(series["value"][1])
    return found


def _legend(legend: str, labels: dict[str, Any]) -> str:
    for name, value in labels.items():
        legend = legend.replace(f"{{{{{name}}}}}", value)
    return legend


def test_the_preview_shows_its_data(policy: Policy, prometheus: Stage, tmp_path: Path) -> None:
    """Nothing is refused, and every panel has something to show."""
    out = tmp_path / "page.html"
    command = ["--root", str(MINI), "dashboards", "preview", "--prometheus", prometheus.url, "--last", "30s"]
    result = CliRunner().invoke(main, [*command, "--out", str(out)])
    assert result.exit_code == 0, result.output
    empty = re.findall(r"<h3>([^<]*)</h3>\s*<p class=\"empty\">([^<]*)</p>", out.read_text())
    assert empty == []


def test_figures_of_incidents_are_right(policy: Policy, prometheus: Stage) -> None:
    """Medians, targets and whether they are met, from the incidents of the stage."""
    assert _values(policy, prometheus, "incident-metrics", "Time to detect") == {
        "median": 120, "p90": 120, "incidents": 2, "target": 120, "target is": 0,
    }  # fmt: skip
    assert _values(policy, prometheus, "incident-metrics", "Time to acknowledge, P0 and P1") == {
        "median": 240, "p90": 240, "incidents": 2, "target": 300, "target is": 1,
    }  # fmt: skip
    assert _values(policy, prometheus, "incident-metrics", "Time to resolve") == {
        "median": 3600, "p90": 3600, "incidents": 1, "target": 0.7 * 5400, "target is": 1,
    }  # fmt: skip
    assert _values(policy, prometheus, "incident-metrics", "False pages in a week") == {
        "now": 1, "target <": 5, "target is": 1,
    }  # fmt: skip
    assert _values(policy, prometheus, "incident-metrics", "Postmortems in time") == {
        "now": 1, "target ≥": 1, "target is": 1,
    }  # fmt: skip
    assert _values(policy, prometheus, "incident-metrics", "Remediations that worked") == {
        "now": 1, "target >": 0.8, "target is": 1,
    }  # fmt: skip


def test_the_failed_share_and_the_budget_are_right(policy: Policy, prometheus: Stage) -> None:
    """Half of the requests fail, of which a part of the period's budget is spent already."""
    failed = _values(policy, prometheus, "service-overview", "Failed requests")
    assert failed["failed"] == pytest.approx(0.5, abs=0.05)
    left = _values(policy, prometheus, "slo-tracking", "Budget left")
    assert left.keys() == {"checkout availability", "checkout latency", "payments-db reachable"}
    assert left["checkout availability"] < left["checkout latency"] < 1


def test_a_runbook_is_known_for_every_firing_alert(policy: Policy, prometheus: Stage) -> None:
    """The column that the link to it is made from."""
    panel = next(panel for panel in panels(dashboards.all(policy)["on-call"]) if panel.title == "Firing pages")
    found = prometheus.query(_filled("on-call", panel.queries[0].expr))
    assert {(one["metric"]["alertname"], one["metric"]["runbook"]) for one in found} >= {
        ("CheckoutAvailabilityBurn", "CheckoutAvailabilityBurn"),
        ("PaymentsDbReachableBurn", "PaymentsDbReachableBurn"),
    }
