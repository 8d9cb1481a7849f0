"""What is asked of Prometheus for a draft, and whose answer counts."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from alerting.policy import load
from bots.postmortems.draft import draft
from bots.postmortems.evidence import Evidence, Gathering
from bots.postmortems.measuring import Time, courses
from bots.postmortems.patience import Patience
from tests.bots.office import Office, alert, delivery
from tests.bots.postmortems.courses import at
from tests.bots.postmortems.test_evidence import Recorded


class Restarted(Recorded):
    """One of a pair, which was away while most of the requests failed."""

    def get(self, path: str, parameters: Mapping[str, Any]) -> Any:
        """Nothing between 9:59 and 10:11."""
        found = super().get(path, parameters)
        if path == "/api/v1/query":
            return found
        (series,) = found["result"]
        kept = [one for one in series["values"] if not at(-1).timestamp() <= one[0] < at(11).timestamp()]
        return {"result": [{"metric": {}, "values": kept}]}


def _office() -> Office:
    office = Office()
    office.take(delivery(alert("Broken", 0)))
    office.take(delivery(alert("Broken", 0, 13)))
    return office


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_of_a_pair_the_one_that_knows_most_is_believed(mini: Path, order: tuple[int, int]) -> None:
    """Whichever is asked first: a gap must not make an outage small."""
    policy, pair = load(mini), (Restarted(), Recorded())
    servers = [pair[number] for number in order]
    found = Gathering(servers, lambda: policy, lambda: at(60))(_office().history().state)
    assert found.impacts[0].measured_share == 1
    assert found.impacts[0].failed == pytest.approx(10 * 14 * 60)


def test_a_server_that_knows_everything_is_the_only_one_asked(mini: Path) -> None:
    """The draft does not wait for the others."""
    policy, second = load(mini), Recorded()
    Gathering([Recorded(), second], lambda: policy, lambda: at(60))(_office().history().state)
    assert not second.asked


@pytest.mark.parametrize(("hours", "averaged"), [(1, False), (72, True)])
def test_days_are_averaged_over_each_step(mini: Path, hours: int, *, averaged: bool) -> None:
    """A spike between two points would count for nothing, or for minutes."""
    server = Recorded()
    courses(load(mini), "checkout", server, Time(start=at(0), end=at(hours * 60)))
    steps = [one for one in server.asked if "step" in one]
    assert steps
    for one in steps:
        step_s = round(one["step"])
        inside = one["query"].startswith("avg_over_time(") and one["query"].endswith(f"[{step_s}s])")
        assert inside is averaged


def test_events_of_the_window_are_those_of_all_owners(mini: Path) -> None:
    """The series of a new owner is a day old, and busy."""
    server = Recorded()
    courses(load(mini), "checkout", server, Time(start=at(0), end=at(60)))
    (first, *_) = [one["query"] for one in server.asked if "step" not in one]
    assert first.startswith("sum(sum_over_time(")
    assert ") / sum(count_over_time(" in first


def test_an_incident_that_was_declared_before_the_sli_left_says_so() -> None:
    """A time before it is not written as a negative one."""
    text = draft(_office().history(), Evidence(began_at=at(2), missing="x")).decode()
    (line,) = [line for line in text.splitlines() if line.startswith("| Detected |")]
    assert line.endswith(", 2 min before the SLI left its objective |")


def test_a_draft_does_not_wait_for_slow_servers(mini: Path) -> None:
    """What one has told by then counts; of the other nothing more is asked."""
    policy, seconds = load(mini), [0.0]

    class Slow(Restarted):
        def get(self, path: str, parameters: Mapping[str, Any]) -> Any:
            seconds[0] += 4
            return super().get(path, parameters)

    def patience() -> Patience:
        return Patience(clock_s=lambda: seconds[0])

    slow = Gathering([Slow() for _ in range(9)], lambda: policy, lambda: at(60), patience=patience)
    assert slow(_office().history().state).impacts
    seconds[0] = 0
    none = Gathering(
        [Slow()], lambda: policy, lambda: at(60), patience=lambda: Patience(4, clock_s=lambda: seconds[0])
    )(_office().history().state)
    assert none.missing == "Prometheus was slow; nothing more was asked after 4 s"
