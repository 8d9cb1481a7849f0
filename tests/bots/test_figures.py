"""The figures of incidents as Prometheus reads them: what counts, from when to when, and for how long."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from alerting.model.severity import Baseline
from alerting.policy import load
from bots.figure_metrics import FigureMetrics, incident_series, policy_series, postmortem_series
from bots.figures import read
from bots.index import Index
from bots.timeline.event import time_text
from tests.bots.office import TEN, alert, at, command, delivery
from tests.bots.vault import vault

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def state(number: int, started: datetime, **more: Any) -> tuple[str, dict[str, Any]]:
    """The folder and the `incident.yaml` of an incident of two minutes' detection, one alert and no end."""
    found = {
        "v": 1,
        "id": f"INC-{number}",
        "key": f"k{number}",
        "title": "Broken on checkout",
        "team": "payments",
        "service": "checkout",
        "status": "open",
        "priority": "P0",
        "drill": False,
        "opened_at": time_text(started),
        "started_at": time_text(started),
        "began_at": time_text(started - timedelta(minutes=2)),
        "alerts": [_alert("Broken", "page", started)],
    }
    return f"incidents/2026/03/INC-{number}", {**found, **more}


def _alert(name: str, severity: str, started: datetime, times: int = 1) -> dict[str, Any]:
    fired = {"alert": name, "fingerprint": name, "severity": severity, "priority": "P0", "status": "firing"}
    return {**fired, "started_at": time_text(started), "times": times, "labels": {}}


def _ended(started: datetime, minutes: float, **more: Any) -> dict[str, Any]:
    """The keys of an incident that was resolved."""
    return {"status": "resolved", "resolved_at": time_text(started + timedelta(minutes=minutes)), **more}


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    """An empty index."""
    made = Index(tmp_path / "records.index")
    yield made
    made.close()


def series(index: Index, now: datetime = NOW) -> dict[str, float]:
    """Every series of the figures, as the page of the bot would have it, without those that are 0 by nature."""
    found = {}
    for family in incident_series(index.recent_figures(now)):
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sample.labels.items())
            found[f"{sample.name.removeprefix('tocsin_')}{{{labels}}}"] = sample.value
    return found


_WHERE = "incident=INC-1,team=payments,service=checkout,priority=P0"


def test_an_incident_that_goes_on_is_shown_with_its_status(index: Index) -> None:
    """And with its detection; acknowledgment and resolution are not known yet."""
    started = NOW - DAY
    index.update("tip", [state(1, started)])
    assert series(index) == {
        f"incident_started_timestamp_seconds{{{_WHERE},status=open}}": started.timestamp(),
        f"incident_time_to_detect_seconds{{{_WHERE}}}": 120,
        "incident_figures_left_out{}": 0,
        "pages_28d{alertname=Broken,team=payments,service=checkout,verdict=none}": 1,
        "pages_7d{alertname=Broken,team=payments,service=checkout,verdict=none}": 1,
    }


def test_what_a_resolved_incident_took(index: Index) -> None:
    """From the first page to the acknowledgment and to the resolution; pages count every time they fired."""
    started = NOW - 10 * DAY
    index.update(
        "tip",
        [
            state(
                1,
                started,
                acknowledged_at=time_text(started + timedelta(minutes=3)),
                verdict="actionable",
                alerts=[_alert("Broken", "page", started, times=3), _alert("Slow", "ticket", started)],
                **_ended(started, 30),
            )
        ],
    )
    assert series(index) == {
        f"incident_time_to_detect_seconds{{{_WHERE}}}": 120,
        f"incident_time_to_acknowledge_seconds{{{_WHERE}}}": 180,
        f"incident_time_to_resolve_seconds{{{_WHERE}}}": 1800,
        "incident_figures_left_out{}": 0,
        "pages_28d{alertname=Broken,team=payments,service=checkout,verdict=actionable}": 3,
    }


def test_noise_has_nothing_to_detect_or_to_resolve(index: Index) -> None:
    """But somebody was woken, which took them so long to say."""
    started = NOW - DAY
    acknowledged = {"acknowledged_at": time_text(started + timedelta(minutes=3))}
    index.update("tip", [state(1, started, verdict="noise", **acknowledged, **_ended(started, 30))])
    assert series(index) == {
        f"incident_time_to_acknowledge_seconds{{{_WHERE}}}": 180,
        "incident_figures_left_out{}": 0,
        "pages_28d{alertname=Broken,team=payments,service=checkout,verdict=noise}": 1,
        "pages_7d{alertname=Broken,team=payments,service=checkout,verdict=noise}": 1,
    }


@pytest.mark.parametrize("drill", [{"drill": True}, {"verdict": "drill"}])
def test_drills_count_nowhere(index: Index, drill: dict[str, Any]) -> None:
    """Whether the alerts said so or a person did afterwards."""
    index.update("tip", [state(1, NOW - DAY, **drill)])
    assert series(index) == {"incident_figures_left_out{}": 0}


def test_a_duplicate_counts_only_among_the_pages(index: Index) -> None:
    """Its times are those of the incident that it repeats."""
    index.update("tip", [state(2, NOW - DAY, duplicate_of="INC-1", verdict="duplicate", **_ended(NOW - DAY, 1))])
    assert series(index) == {
        "incident_figures_left_out{}": 0,
        "pages_28d{alertname=Broken,team=payments,service=checkout,verdict=duplicate}": 1,
        "pages_7d{alertname=Broken,team=payments,service=checkout,verdict=duplicate}": 1,
    }


def test_old_incidents_leave_the_figures(index: Index) -> None:
    """Twenty-eight days after they started, pages of the week after seven; one that goes on stays listed as open."""
    old = NOW - 28 * DAY - timedelta(seconds=1)
    index.update("tip", [state(1, NOW - 28 * DAY, **_ended(NOW - 28 * DAY, 5)), state(2, old)])
    names = sorted(name.split("{")[0] for name in series(index))
    assert names == [
        "incident_figures_left_out",
        "incident_started_timestamp_seconds",
        "incident_time_to_detect_seconds",
        "incident_time_to_resolve_seconds",
        "pages_28d",
    ]
    assert [one.name for one in index.recent_figures(NOW).recent] == ["INC-1"]
    assert index.recent_figures(NOW + timedelta(seconds=1)).recent == ()


def test_remediations_that_ended_are_counted_by_outcome(index: Index) -> None:
    """Dry runs and those still running are not."""
    attempts = [
        {"attempt": 1, "action": "restart_deployment", "automatic": True, "outcome": "succeeded"},
        {"attempt": 2, "action": "restart_deployment", "outcome": "failed"},
        {"attempt": 3, "action": "restart_deployment", "outcome": "failed"},
        {"attempt": 4, "action": "clear_cache", "dry_run": True, "outcome": "dry_run"},
        {"attempt": 5, "action": "clear_cache"},
    ]
    asked = {"requested_at": time_text(NOW - DAY), "requested_by": "ana"}
    index.update("tip", [state(1, NOW - DAY, remediations=[{**one, **asked} for one in attempts])])
    found = {name: value for name, value in series(index).items() if name.startswith("remediations")}
    where = "team=payments,service=checkout,action=restart_deployment"
    assert found == {
        f"remediations_28d{{{where},automatic=true,outcome=succeeded}}": 1,
        f"remediations_28d{{{where},automatic=false,outcome=failed}}": 2,
    }


def test_postmortems_are_counted_by_how_far_they_are(index: Index, mini: Path) -> None:
    """Of those whose priority wants one and that were real trouble; nothing while nobody knows which are complete."""
    start, severity = NOW - 10 * DAY, load(mini).severity
    due = start + timedelta(minutes=30) + 3 * DAY
    states = [state(number, start, **_ended(start, 30)) for number in range(1, 5)]
    states += [state(5, NOW - DAY, **_ended(NOW - DAY, 30)), state(6, start)]
    states += [
        state(7, start, verdict="noise", **_ended(start, 30)),
        state(8, start, priority="P3", **_ended(start, 30)),
    ]
    states += [
        state(9, start, drill=True, **_ended(start, 30)),
        state(10, start, duplicate_of="INC-1", **_ended(start, 5)),
    ]
    index.update("tip", states)
    figures = index.recent_figures(NOW)

    def found(completed: dict[int, datetime] | None) -> dict[str, float]:
        family = postmortem_series(figures, severity, completed, NOW)
        assert {sample.labels["service"] for sample in family.samples} <= {"checkout"}
        return {sample.labels["state"]: sample.value for sample in family.samples}

    assert found({1: due, 2: due + timedelta(seconds=1)}) == {"complete": 1, "late": 1, "overdue": 2, "draft": 1}
    assert found(None) == {}


def test_the_baseline_is_exported_where_there_is_one(mini: Path) -> None:
    """No series without one: there is nothing to compare with."""
    policy = load(mini)
    baseline = Baseline.model_validate({"time_to_resolve": "40m", "until": "2026-01-31", "incidents": 20})
    stored = replace(policy, severity=policy.severity.model_copy(update={"baseline": baseline}))
    for one, values in ((policy, []), (stored, [2400.0])):
        found = {family.name: family for family in policy_series(one, NOW)}["tocsin_time_to_resolve_baseline_seconds"]
        assert [sample.value for sample in found.samples] == values


def test_a_change_replaces_and_a_removal_removes(index: Index) -> None:
    """Nothing of what an incident said before is left."""
    index.update("a", [state(1, NOW - DAY, alerts=[_alert("Other", "page", NOW - DAY)])])
    index.update("b", [state(1, NOW - DAY)])
    assert [alert for alert, *_ in index.recent_figures(NOW).pages] == ["Broken"]
    index.forget([1])
    assert series(index) == {"incident_figures_left_out{}": 0}
    index.update("c", [state(1, NOW - DAY)])
    index.update("d", [], anew=True)
    assert series(index) == {"incident_figures_left_out{}": 0}


def test_too_many_incidents_are_counted_not_shown(index: Index) -> None:
    """The newest are shown; all of their pages are counted."""
    index.update("tip", [state(number, NOW - DAY + number * timedelta(minutes=1)) for number in range(1, 8)])
    found = read(index._rows, NOW, most=5)
    assert [one.name for one in found.recent] == ["INC-7", "INC-6", "INC-5", "INC-4", "INC-3"]
    assert found.left_out == 2
    assert list(found.pages.values()) == [7]


def test_the_figures_follow_from_what_was_recorded(tmp_path: Path) -> None:
    """From a delivery and a command to the series, through git."""
    with vault(tmp_path) as one:
        one.take(delivery(alert("Broken", 0)), command("note", text="it began", began_at=time_text(at(-4))))
        one.take(command("ack", received=2), delivery(alert("Broken", 0, 30), received=30))
        found = series(one.store.index, TEN + timedelta(hours=1))
    where = "incident=INC-1,team=payments,service=checkout,priority=P0"
    assert found[f"incident_time_to_detect_seconds{{{where}}}"] == 240
    assert found[f"incident_time_to_acknowledge_seconds{{{where}}}"] == 120
    assert found[f"incident_time_to_resolve_seconds{{{where}}}"] == 1800


def test_the_policy_gives_services_dependencies_and_who_is_on_call(mini: Path) -> None:
    """A layer that has nobody at that hour has no series."""
    monday = datetime(2026, 1, 5, 12, tzinfo=UTC)
    saturday = monday + 5 * DAY
    policy = load(mini)
    found = {
        family.name: {tuple(sample.labels.values()): sample.value for sample in family.samples}
        for family in policy_series(policy, monday)
    }
    assert found["tocsin_service_info"] == {
        ("checkout", "payments", "1"): 1,
        ("payments-db", "platform", "2"): 1,
        ("platform", "platform", "2"): 1,
    }
    assert found["tocsin_service_dependency_info"] == {("checkout", "payments-db"): 1}
    assert found["tocsin_on_call_until_timestamp_seconds"] == {
        ("payments", "primary", "ana"): datetime(2026, 1, 12, 9, tzinfo=UTC).timestamp(),
        ("payments", "office", "dee"): datetime(2026, 1, 5, 17, tzinfo=UTC).timestamp(),
    }
    *_, duty = policy_series(policy, saturday)
    assert [tuple(sample.labels.values()) for sample in duty.samples] == [
        ("payments", "primary", "ana"),
        ("platform", "primary", "eli"),
    ]


def test_outside_text_cannot_break_the_page(index: Index, mini: Path) -> None:
    """Names of alerts and services come from labels."""
    hostile = 'a"} 1\nup{x="'
    index.update("tip", [state(1, NOW - DAY, service=hostile, alerts=[_alert(hostile, "page", NOW - DAY)])])
    registry = CollectorRegistry()
    policy = load(mini)
    registry.register(FigureMetrics(index.recent_figures, lambda: policy, lambda: NOW))
    lines = generate_latest(registry).decode().splitlines()
    assert not [line for line in lines if line.startswith("up")]
    assert r'service="a\"} 1\nup{x=\""' in "\n".join(lines)
