"""5,000 alerts in 20 groups within ten minutes: few writes, within GitHub's limits, and everybody is paged on time."""

import socket
import time
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest

from alerting.policy import load
from bots.timeline.intake import Alert, AlertDelivery
from tests.bots.github.stage import ALERT, Stage, staged
from tests.bots.office import TEN, at
from tests.conftest import DATA
from tests.real_alertmanager import running
from tests.receiving import Arrival, Sink
from tools.drill.ports import LOOPBACK

ALERTS = 5_000
GROUPS = 20
LASTS_S = 600
INTERVAL_S = 60
"""What is new in every group is told so often."""
_PARTS = 5
PAGED_WITHIN_S = 5.0
"""Beyond `group_wait`, with whatever else this machine is doing."""


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A bot with GitHub."""
    with staged(tmp_path) as opened:
        yield opened


def _delivery(stage: Stage, group: int, numbers: range) -> AlertDelivery:
    labels = {"alertname": ALERT, "service": f"service-{group}", "team": "payments", "severity": "page"}
    alerts = tuple(
        Alert(
            fingerprint=f"{group:08x}{number:08x}",
            status="firing",
            starts_at=stage.now,
            ends_at=None,
            labels={**labels, "priority": "P0", "instance": f"10.0.{group}.{number}"},
            annotations={"summary": f"service-{group} is down"},
        )
        for number in numbers
    )
    return AlertDelivery(key=f"{group} {stage.now}", received_at=stage.now, alerts=alerts)


def test_a_storm_is_twenty_issues_of_few_writes(stage: Stage) -> None:
    """The first is there within ten seconds and one more each second; each is written at most three times."""
    each = ALERTS // GROUPS
    for second in range(LASTS_S):
        # A write waits for its second, so the clock may be ahead already.
        stage.now = max(stage.now, TEN + timedelta(seconds=second))
        if second % INTERVAL_S == 0:
            numbers = range(each * second // LASTS_S, each * (second + INTERVAL_S) // LASTS_S)
            stage.take(*(_delivery(stage, group, numbers) for group in range(GROUPS)))
        stage.work()
    assert stage.now <= at(10) + timedelta(seconds=GROUPS)
    incidents = stage.office.records.histories.values()
    assert [len(one.state.alerts) for one in incidents] == [each] * GROUPS
    assert sorted(issue.title.split(":")[0] for issue in stage.issues) == sorted(
        f"INC-{number} P0" for number in range(1, GROUPS + 1)
    )
    assert max(len(issue.writes) for issue in stage.issues) <= 3
    _within_the_limits(stage)
    opened = sorted((issue.at - TEN).total_seconds() for issue in stage.issues)
    assert opened[0] <= 10
    assert opened[-1] <= 10 + GROUPS
    stage.settle(step_s=30)
    assert all(f"{each} firing" in issue.body for issue in stage.issues)
    _within_the_limits(stage)


def _within_the_limits(stage: Stage) -> None:
    """A second between two writes, 60 a minute, 450 an hour."""
    writes = sorted(moment for issue in stage.issues for moment, _ in issue.writes)
    assert all((after - before).total_seconds() >= 1 for before, after in pairwise(writes))
    for span, most in ((timedelta(minutes=1), 60), (timedelta(hours=1), 450)):
        assert max(sum(begin <= one < begin + span for one in writes) for begin in writes) <= most


@pytest.mark.timeout(120)
def test_everybody_is_paged_on_time_while_the_bot_hangs(tmp_path: Path) -> None:
    """Real Alertmanager, and a bot that takes connections and never answers: every group pages once, at once."""
    policy = load(DATA / "mini")
    with (
        socket.create_server((LOOPBACK, 0)) as silent,
        Sink() as sink,
        running(policy, tmp_path, sink, bot_url=f"http://{LOOPBACK}:{silent.getsockname()[1]}/bot") as alertmanager,
    ):
        begun: dict[int, float] = {}
        for part in range(_PARTS):
            for group in range(GROUPS):
                begun.setdefault(group, time.monotonic())
                alertmanager.post(*(_labels(group, part, number) for number in range(ALERTS // GROUPS // _PARTS)))
        firsts = [sink.wait("pagerduty", partial(_about, group)) for group in begun]
        late_s = [first.at_s - begun[group] for group, first in enumerate(firsts)]
        assert max(late_s) <= PAGED_WITHIN_S
        pages = [one.body for one in sink.of("pagerduty")]
        assert len({page["dedup_key"] for page in pages}) == GROUPS
        assert {page["event_action"] for page in pages} == {"trigger"}


def _labels(group: int, part: int, number: int) -> dict[str, str]:
    own = {"alertname": ALERT, "service": f"service-{group}", "team": "payments", "severity": "page", "priority": "P0"}
    return {**own, "instance": f"10.{part}.{group}.{number}"}


def _about(group: int, arrival: Arrival) -> bool:
    return str(arrival.body["payload"]["component"]) == f"service-{group}"
