"""The destination that watches what ran, and what is due about remediations."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from alerting.model.policy import Policy
from alerting.model.quantities import Duration
from alerting.policy import load
from alerting.timescale import REAL, Timescale
from bots.errors import Postponed, Unreachable
from bots.guards.limits import Limits
from bots.inbox import INSERT, SCHEMA, Inbox
from bots.incident import History
from bots.journal import Journal
from bots.monitoring.prometheus import Prometheus
from bots.observing import Observing
from bots.outbound.destination import Settled
from bots.outbox import Errand, Parcel
from bots.rulebook import Rules
from bots.timeline.intake import Command
from bots.timeline.summary import Summary, state_dict
from bots.verification.due import judgements, lapses, lost
from bots.verification.judgements import Judgements
from tests.bots.office import Office, alert, at, command, delivery
from tests.history import Series, prometheus_with

ALERT = "CheckoutAvailabilityBurn"


class Figures:
    """Answers range queries with a constant ratio and a constant rate; notes what it is asked."""

    def __init__(self, ratio: float = 0.0, rate: float = 20.0, *, away: bool = False, ill_s: float = 0) -> None:
        self.ratio, self.rate, self.away = ratio, rate, away
        self.ill_s = ill_s  # for so long after the start the alert's condition holds
        self.asked: list[Mapping[str, Any]] = []

    def get(self, path: str, parameters: Mapping[str, Any]) -> Any:
        """As Prometheus does."""
        assert path == "/api/v1/query_range"
        self.asked.append(parameters)
        if self.away:
            raise Unreachable("Prometheus http://127.0.0.1:9090: gone")
        alerts, until = "ALERTS" in parameters["query"], parameters["end"]
        if alerts:
            until = min(until, parameters["start"] + self.ill_s - parameters["step"])
        value = (
            self.rate if "count_over_time" in parameters["query"] and "bad" not in parameters["query"] else self.ratio
        )
        times: list[float] = []
        time = parameters["start"]
        while time <= until:
            times.append(time)
            time += parameters["step"]
        if not times:
            return {"result": []}
        return {"result": [{"metric": {}, "values": [[one, str(value)] for one in times]}]}


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Inbox]:
    """A real one."""
    journal = Journal(tmp_path / "inbox.db", schema=SCHEMA, insert=INSERT, limit_bytes=2**26)
    box = Inbox(journal)
    yield box
    box.close()
    journal.close()


@pytest.fixture
def policy(mini: Path) -> Policy:
    """Of the miniature repository."""
    return load(mini)


def office(policy: Policy, *, ran: bool = True, name: str = "") -> Office:
    """An incident in which a restart ran at eleven."""
    made = Office(replace(Rules.of(policy), limits=Limits(approval=not ran)))
    name = name or (ALERT if ran else "HighErrorRate")  # whose binding leaves approval to the policy
    made.take(delivery(alert(name, 0)))
    made.take(command("run", by="eli", action="restart_deployment", alert=name))
    if ran:
        made.take(command("remediation_start", by="tocsin", attempt=1))
        made.take(command("remediation_finish", by="tocsin", attempt=1, outcome="succeeded"))
    return made


def parcel() -> Parcel:
    """The errand of that attempt."""
    return Parcel(
        id=1,
        destination="judgement",
        key="k" * 64,
        line="1/1",
        incident=1,
        event_key="0" * 64,
        payload={"incident": 1, "event_key": "0" * 64, "attempt": 1},
        attempts=1,
        unknown=False,
        created_at=at(60),
        why="",
    )


def watch(
    made: Office, policy: Policy, inbox: Inbox, servers: Sequence[Any], minutes: float, scale: Timescale = REAL
) -> list[tuple[str, dict[str, Any]]]:
    """Looks, that many minutes after eleven; gives what the bot says to itself."""
    observing = Observing(
        servers=servers,
        read=made.records.histories.get,
        policy=lambda: policy,
        inbox=inbox,
        now=lambda: at(60 + minutes),
        scale=scale,
    )
    Judgements(observing).deliver(parcel())
    return [(one["name"], one["args"]) for one in (orjson.loads(item.body) for item in inbox.pending(10))]


def test_what_is_well_for_ten_minutes_is_verified(policy: Policy, inbox: Inbox) -> None:
    """Asked anew each time from the end of the run, so that nothing is lost by a restart."""
    made, server = office(policy), Figures(ratio=0.0002)
    with pytest.raises(Postponed) as caught:
        watch(made, policy, inbox, [server], 9.9)
    assert (caught.value.after_s, str(caught.value)) == (15.0, "it is being watched whether it has helped")
    with pytest.raises(Postponed) as caught:
        watch(made, policy, inbox, [server], 2)
    assert caught.value.after_s == 30.0
    assert watch(made, policy, inbox, [server], 10) == [
        (
            "remediation_judge",
            {
                "attempt": 1,
                "outcome": "verified",
                "detail": (
                    "the 5m SLI of availability kept its objective of 99.9% (at most 0.02% bad) for 10 minutes, "
                    "with traffic"
                ),
            },
        )
    ]
    assert {one["start"] for one in server.asked} == {at(60).timestamp()}


def test_in_a_rehearsal_time_is_shorter(policy: Policy, inbox: Inbox) -> None:
    """Ten seconds for ten minutes, with windows of the same scale."""
    made, server = office(policy), Figures()
    with pytest.raises(Postponed):
        watch(made, policy, inbox, [server], 9 / 60, Timescale(factor=60))
    (said,) = watch(made, policy, inbox, [server], 10 / 60, Timescale(factor=60))
    assert said[1]["detail"] == (
        "the 5m SLI of availability kept its objective of 99.9% (at most 0% bad) for 10 s, with traffic"
    )
    assert all("[5s]" in one["query"] for one in server.asked)


@pytest.mark.parametrize(
    ("servers", "minutes", "why"),
    [
        (
            [Figures(ratio=0.02)],
            31,
            (
                "within 30 minutes the 5m SLI of availability (99.9%) did not keep its objective for 10 minutes: "
                "availability: 2% of events are bad at the end"
            ),
        ),
        ([], 0, "the bot knows no Prometheus to ask, so nobody can tell"),
        ([Figures(away=True)], 24 * 60 + 31, "nobody can tell: Prometheus http://127.0.0.1:9090: gone"),
    ],
    ids=["still ill", "no Prometheus", "away for long"],
)
def test_what_cannot_be_seen_to_help_is_not_verified(
    policy: Policy, inbox: Inbox, servers: list[Any], minutes: float, why: str
) -> None:
    """With the reason."""
    assert watch(office(policy), policy, inbox, servers, minutes) == [
        ("remediation_judge", {"attempt": 1, "outcome": "not_verified", "detail": why})
    ]


def test_a_shared_alert_has_to_be_over_too(policy: Policy, inbox: Inbox) -> None:
    """No objective of the service may show what it is about; it has the time that it looks back."""
    made = office(policy, name="HighErrorRate")
    server = Figures(ratio=0.0002, ill_s=3 * 60)
    with pytest.raises(Postponed):
        watch(made, policy, inbox, [server], 12.9)
    assert server.asked[-1]["query"] == 'max(ALERTS{alertname="HighErrorRate",service="checkout"})'
    (said,) = watch(made, policy, inbox, [server], 13)
    assert said[1]["outcome"] == "verified"
    assert said[1]["detail"] == (
        "the condition of HighErrorRate did not hold, and the 5m SLI of availability kept its objective of 99.9% "
        "(at most 0.02% bad) and latency kept its objective of 99% (at most 0.02% bad) for 10 minutes, with traffic"
    )


def test_a_shared_alert_that_goes_on_was_not_helped(policy: Policy, inbox: Inbox) -> None:
    """Though the objective was kept all the while: on whichever server the alert is."""
    made = office(policy, name="HighErrorRate")
    servers = [Figures(), Figures(away=True), Figures(ill_s=3600)]
    assert watch(made, policy, inbox, servers, 31) == [
        (
            "remediation_judge",
            {
                "attempt": 1,
                "outcome": "not_verified",
                "detail": (
                    "within 30 minutes there were never 10 minutes with HighErrorRate over and the 5m SLI of "
                    "availability (99.9%) and latency (99%) within its objective: the condition of HighErrorRate holds "
                    "at the end"
                ),
            },
        )
    ]


def test_an_alert_that_looks_back_for_hours_is_waited_for(policy: Policy, inbox: Inbox) -> None:
    """It ends no sooner, however well everything is."""
    made = office(policy, name="HighErrorRate")
    area = policy.catalog["errors"]
    slow = area.alerts[0].model_copy(update={"expr": area.alerts[0].expr.replace("[5m]", "[2h]")})
    changed = replace(policy, catalog={"errors": area.model_copy(update={"alerts": (slow,)})})
    with pytest.raises(Postponed):
        watch(made, changed, inbox, [Figures(ill_s=7200)], 121)
    assert watch(made, changed, inbox, [Figures(ill_s=7200)], 130)[0][1]["outcome"] == "verified"


def test_no_more_figures_are_asked_for_than_prometheus_gives(policy: Policy, inbox: Inbox) -> None:
    """For days the steps are wider, and nothing else changes."""
    made, server = office(policy), Figures()
    verify = policy.remediation.verify.model_copy(update={"within": Duration(7 * 86_400_000)})
    changed = replace(policy, remediation=policy.remediation.model_copy(update={"verify": verify}))
    assert watch(made, changed, inbox, [server], 13)[0][1]["outcome"] == "verified"
    assert {one["step"] for one in server.asked} == {60.48}


def test_a_service_without_an_objective_cannot_be_judged(policy: Policy, inbox: Inbox) -> None:
    """Nobody knows what it should be like."""
    bare = policy.services["checkout"].model_copy(update={"slos": ()})
    changed = replace(policy, services={**policy.services, "checkout": bare})
    (said,) = watch(office(policy), changed, inbox, [Figures()], 0)
    assert said[1]["detail"] == "checkout has no objective, so nobody can tell"


def test_a_prometheus_that_is_away_is_waited_for_and_another_one_is_asked(policy: Policy, inbox: Inbox) -> None:
    """It holds up nothing else; one of a pair is enough."""
    made = office(policy)
    with pytest.raises(Unreachable) as caught:
        watch(made, policy, inbox, [Figures(away=True)], 12)
    assert (caught.value.alone, caught.value.unknown, caught.value.after_s) == (True, False, 30.0)
    assert watch(made, policy, inbox, [Figures(away=True), Figures()], 12)[0][1]["outcome"] == "verified"


def test_it_waits_for_the_record_and_judges_once(policy: Policy, inbox: Inbox) -> None:
    """The errand may be quicker than the commit; what is judged already needs nothing."""
    made = office(policy, ran=False)
    with pytest.raises(Postponed) as caught:
        watch(made, policy, inbox, [Figures()], 12)
    assert str(caught.value) == "the end of the run is not recorded yet"
    done = office(policy)
    done.take(command("remediation_judge", by="tocsin", attempt=1, outcome="verified"))
    assert watch(done, policy, inbox, [Figures()], 12) == []
    nothing = Observing(servers=[], read=lambda number: None, policy=lambda: policy, inbox=inbox, now=lambda: at(60))
    assert Judgements(nothing).settle(parcel()) is Settled.REPEAT


def first() -> list[int]:
    """The only incident."""
    return [1]


class View:
    """The incidents of an office as the clock sees them."""

    def __init__(self, made: Office) -> None:
        self._made = made

    def active(self) -> Sequence[History]:
        """Those that go on."""
        return [one for one in self._made.records.histories.values() if one.state.status.active]

    def ended(self, since: datetime) -> Sequence[Summary]:
        """Those that are over."""
        over = [one for one in self._made.records.histories.values() if not one.state.status.active]
        return [Summary.of(one.path, state_dict(one.state)) for one in over]

    def get(self, number: int) -> History | None:
        """One of them."""
        return self._made.records.histories.get(number)


def test_a_request_that_nobody_approves_lapses(policy: Policy) -> None:
    """After half an hour, in words; also when the incident is over by then."""
    made, due = office(policy, ran=False), lapses(REAL, first)
    assert list(due(View(made), policy, at(90))) == []
    made.take(delivery(alert("HighErrorRate", 0, 80)), now=81)
    (one,) = due(View(made), policy, at(90.1))
    assert isinstance(one, Command)
    assert (one.name, one.by, one.key, dict(one.args)) == (
        "remediation_finish",
        "tocsin",
        "lapse:1:1",
        {
            "attempt": 1,
            "outcome": "refused",
            "detail": "nobody approved it within 30m; ask again if it is still wanted",
        },
    )
    made.take(one, now=91)
    assert list(due(View(made), policy, at(92))) == []
    (quick,) = lapses(Timescale(factor=60), first)(
        View(office(policy, ran=False)), policy, at(60) + timedelta(seconds=31)
    )
    assert quick.key == "lapse:1:1"


def test_an_attempt_that_was_lost_with_the_disk_ends(policy: Policy) -> None:
    """After two hours, so that another one may be made; what waits for approval, or has ended, is none."""
    rules = replace(Rules.of(policy), limits=Limits(approval=False))
    made = Office(rules)
    made.take(delivery(alert(ALERT, 0)))
    made.take(command("run", by="eli", action="restart_deployment", alert=ALERT))
    assert list(lost(first)(View(made), policy, at(179))) == []
    (never,) = lost(first)(View(made), policy, at(180))
    assert isinstance(never, Command)
    assert (never.name, never.key, dict(never.args)) == (
        "remediation_finish",
        "lost:1:1",
        {"attempt": 1, "outcome": "refused", "detail": "it was never begun; ask again if it is still wanted"},
    )
    made.take(command("remediation_start", by="tocsin", attempt=1, received=70))
    (unknown,) = lost(first)(View(made), policy, at(190))
    assert unknown.args["outcome"] == "failed"  # type: ignore[union-attr]  # a command
    made.take(unknown, now=190)  # type: ignore[arg-type]  # a command
    assert list(lost(first)(View(made), policy, at(500))) == []
    assert list(lost(first)(View(office(policy, ran=False)), policy, at(500))) == []


def test_what_ran_is_judged_even_if_the_errand_was_lost(policy: Policy) -> None:
    """With the key that it had: where it is still there, nothing is done twice."""
    made = office(policy)
    (one,) = judgements(first)(View(made), policy, at(70))
    ended = made.history().events[-1]
    assert isinstance(one, Errand)
    assert (one.destination, one.line, one.event_key, dict(one.payload)) == (
        "judgement",
        "1/1",
        ended.key,
        {"incident": 1, "event_key": ended.key, "attempt": 1},
    )
    made.take(command("remediation_judge", by="tocsin", attempt=1, outcome="verified"))
    assert list(judgements(first)(View(made), policy, at(70))) == []
    assert Duration(600_000) == policy.remediation.verify.hold


def test_a_real_prometheus_understands_what_it_is_asked(policy: Policy, inbox: Inbox, tmp_path: Path) -> None:
    """The alert goes on for four minutes after the run, and is seen for as long as Prometheus looks back."""
    step = timedelta(seconds=15)
    times = [at(30) + step * number for number in range(int(timedelta(minutes=70) / step))]
    sli = [
        Series(
            name=f"slo:{kind}_events:rate1m",
            labels={"service": "checkout", "slo": slo, "team": "payments"},
            samples=[(time, value) for time in times],
        )
        for slo in ("availability", "latency")
        for kind, value in (("bad", 0.01), ("total", 20.0))
    ]
    fires = Series(
        name="ALERTS",
        labels={"alertname": "HighErrorRate", "alertstate": "firing", "service": "checkout", "team": "payments"},
        samples=[(time, 1.0) for time in times if time <= at(64)],
    )
    made = office(policy, name="HighErrorRate")
    with prometheus_with([*sli, fires], tmp_path / "past") as url:
        servers = [Prometheus(url, lambda: at(100))]
        with pytest.raises(Postponed):
            watch(made, policy, inbox, servers, 18)
        (said,) = watch(made, policy, inbox, servers, 20)
    assert said[1]["detail"] == (
        "the condition of HighErrorRate did not hold, and the 5m SLI of availability kept its objective of 99.9% "
        "(at most 0.05% bad) and latency kept its objective of 99% (at most 0.05% bad) for 10 minutes, with traffic"
    )
