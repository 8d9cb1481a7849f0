"""The bot looks at a real Prometheus for when the trouble of a page began."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from alerting.model.policy import Policy
from alerting.policy import load
from bots.detection.due import OnsetsDue
from bots.detection.onsets import Onsets
from bots.errors import Unreachable
from bots.inbox import INSERT, SCHEMA, Inbox
from bots.incident import History
from bots.journal import Journal
from bots.monitoring.prometheus import Prometheus
from bots.observing import Observing
from bots.outbox import Parcel
from bots.rulebook import Rules
from tests.bots.office import TEN, Office, alert, at, command, delivery
from tests.bots.test_clock import Look, Shelf
from tests.history import Series, prometheus_with

MINI = Path(__file__).parents[2] / "data" / "mini"
ALERT = "CheckoutAvailabilityBurn"
STEP = timedelta(seconds=15)


@pytest.fixture(scope="module")
def policy() -> Policy:
    """Of the miniature repository."""
    return load(MINI)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A day of an SLI that is left two minutes before ten, and another one that was outside for hours before."""
    times = [at(-1500) + STEP * number for number in range(int(timedelta(minutes=1560) / STEP))]

    def samples(first_bad: float, ratio: float) -> list[tuple[Any, float]]:
        return [(time, 20 * ratio if time >= at(first_bad) else 0.0) for time in times]

    series = [
        Series(
            name=f"slo:{kind}_events:rate1m",
            labels={"service": "checkout", "slo": slo, "team": "payments"},
            samples=[(time, 20.0) for time in times] if kind == "total" else samples(first, ratio),
        )
        for slo, first, ratio in (("availability", -2, 0.3), ("latency", -200, 0.02))
        for kind in ("bad", "total")
    ]
    with prometheus_with(series, tmp_path_factory.mktemp("onset")) as address:
        yield address


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Inbox]:
    """A real one."""
    journal = Journal(tmp_path / "inbox.db", schema=SCHEMA, insert=INSERT, limit_bytes=2**26)
    box = Inbox(journal)
    yield box
    box.close()
    journal.close()


def office(policy: Policy, *more: Any, slo: str = "availability", name: str = ALERT) -> Office:
    """An incident that paged at ten."""
    made = Office(Rules.of(policy))
    made.take(delivery(alert(name, 0, slo=slo)), *more)
    return made


def parcel(minutes: float = 0) -> Parcel:
    """The errand, made so long after ten."""
    return Parcel(
        id=1,
        destination="onset",
        key="k" * 64,
        line="INC-1",
        incident=1,
        event_key="0" * 64,
        payload={"incident": 1},
        attempts=1,
        unknown=False,
        created_at=at(minutes),
        why="",
    )


def look(
    made: Office,
    policy: Policy,
    inbox: Inbox,
    urls: Sequence[str],
    minutes: float = 1,
    read: Callable[[int], History | None] | None = None,
) -> list[dict[str, Any]]:
    """Looks, so long after ten; gives what the bot says to itself."""
    observing = Observing(
        servers=[Prometheus(url, lambda: at(minutes)) for url in urls],
        read=read or made.records.histories.get,
        policy=lambda: policy,
        inbox=inbox,
        now=lambda: at(minutes),
    )
    Onsets(observing).deliver(parcel())
    return [orjson.loads(item.body) for item in inbox.pending(10)]


def test_the_beginning_is_recorded(policy: Policy, inbox: Inbox, url: str) -> None:
    """As a note of the bot with the time; then the record has a time to detect."""
    (said,) = look(office(policy), policy, inbox, [url])
    assert (said["name"], said["by"], said["incident"]) == ("note", "tocsin", 1)
    assert said["args"] == {
        "text": "Began: the SLI of the objective availability left it before the page.",
        "began_at": "2026-01-05T09:57:45Z",
    }
    made = office(policy)
    made.take(command("note", by="tocsin", **said["args"]))
    assert made.history().state.inputs.began_at == at(-2.25)
    assert not made.history().state.inputs.touched


def test_slow_trouble_is_found_further_back(policy: Policy, inbox: Inbox, url: str) -> None:
    """More than half an hour back the steps are wider: at most 1,000 figures for six hours."""
    (said,) = look(office(policy, slo="latency", name="CheckoutLatencyBurn"), policy, inbox, [url])
    assert said["args"]["text"] == "Began: the SLI of the objective latency left it before the page."
    began = said["args"]["began_at"]
    assert (at(-200) - 2 * STEP).isoformat() <= began.replace("Z", "+00:00") <= at(-200).isoformat()


def test_an_alert_without_an_objective_takes_the_worst_one(policy: Policy, inbox: Inbox, url: str) -> None:
    """Whatever was furthest outside when it paged."""
    (said,) = look(office(policy, slo="", name="HighErrorRate"), policy, inbox, [url])
    assert "availability" in said["args"]["text"]


def test_one_server_of_a_pair_is_enough(policy: Policy, inbox: Inbox, url: str) -> None:
    """Without any the errand is tried again, for a day."""
    assert len(look(office(policy), policy, inbox, ["http://127.0.0.1:9", url])) == 1
    with pytest.raises(Unreachable):
        look(office(policy), policy, inbox, ["http://127.0.0.1:9"])
    assert len(look(office(policy), policy, inbox, ["http://127.0.0.1:9"], minutes=25 * 60)) == 1


def test_what_a_person_said_stays(policy: Policy, inbox: Inbox, url: str) -> None:
    """Nobody is corrected by a machine."""
    made = office(policy, command("note", text="it began", began_at="2026-01-05T09:50:00Z"))
    assert look(made, policy, inbox, [url]) == []
    before = iter([office(policy).history()])
    assert look(made, policy, inbox, [url], read=lambda number: next(before, made.history(number))) == []


def test_each_incident_that_paged_is_looked_at_once(policy: Policy) -> None:
    """Not those that a person declared, that never paged, whose service promises nothing, or that are old."""
    made = Office(Rules.of(policy))
    made.take(delivery(alert(ALERT, 0), alert("Other", 0, service="platform")))
    made.take(delivery(alert("Ticket", 0, service="payments-db", severity="ticket")))
    made.take(command("declare", None, service="checkout", team="payments", title="It burns", priority="P1"))

    def due(minutes: float) -> list[int | None]:
        return [errand.incident for errand in OnsetsDue()(Look(Shelf(made)), policy, at(minutes))]

    assert (due(1), due(24 * 60 + 1)) == ([1], [])
    made.take(delivery(alert(ALERT, 0, 5)))
    assert due(10) == [1]
    keys = {errand.key for minutes in (1, 10) for errand in OnsetsDue()(Look(Shelf(made)), policy, at(minutes))}
    assert len(keys) == 1
    assert at(0) == TEN


def test_what_is_over_is_not_read_for_ever(policy: Policy) -> None:
    """However often the clock asks."""
    made = Office(Rules.of(policy))
    made.take(delivery(alert(ALERT, 0)), delivery(alert(ALERT, 0, 5)))
    due, shelf = OnsetsDue(), Shelf(made)
    found = [[errand.incident for errand in due(Look(shelf), policy, at(10))] for _ in range(5)]
    assert found == [[1], [1], [1], [], []]
    assert shelf.read == [1, 1, 1]
