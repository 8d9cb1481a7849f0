"""Pages that nobody acknowledges in time."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerting.model.policy import Policy
from alerting.model.quantities import Duration
from alerting.model.team import EscalationStep, Recipient, Team
from alerting.policy import load
from bots.clock import Look
from bots.ledger import Refusal
from bots.people.escalation import due, escalations, rungs
from bots.rulebook import Rules
from bots.words.wording import words
from tests.bots.office import TEN, Office, alert, at, command, delivery
from tests.bots.test_clock import Shelf

MINI = load(Path(__file__).parents[2] / "data" / "mini")
FIVE = Duration.parse("5m")


@dataclass
class Watch:
    """An office whose clock looks when it is told to."""

    policy: Policy = MINI
    office: Office = field(default_factory=lambda: Office(Rules.of(MINI)))
    told: set[str] = field(default_factory=set)

    def tick(self, minutes: float) -> list[str]:
        """What is due at a minute, recorded; texts of what is new."""
        found = []
        for one in due(Look(Shelf(self.office)), self.policy, at(minutes)):
            if one.key not in self.told:
                self.told.add(one.key)
                decision = self.office.take(one, now=minutes)
                if not isinstance(decision.answers[0], Refusal):
                    found.append(str(one.args["text"]))
        return found


@pytest.fixture
def watch() -> Watch:
    """Of the miniature company: a P0 has five minutes, ana follows the primary."""
    return Watch()


def test_a_page_that_nobody_acknowledges_escalates_once(watch: Watch) -> None:
    """To the next step of the team's escalation, at the time of its priority; the record says so."""
    watch.office.take(delivery(alert("Burn", 0)), now=0)
    assert watch.tick(4.9) == []
    assert watch.tick(5) == ["Nobody acknowledged within 5m: escalated to ana"]
    assert watch.tick(6) == []
    assert watch.tick(600) == []
    event = watch.office.history().events[-1]
    assert (event.kind.value, event.by, event.source) == ("noted", "tocsin", "clock")
    assert event.data == {
        "text": "Nobody acknowledged within 5m: escalated to ana",
        "topic": "escalation",
        "to": "ana",
        "step": 2,
    }
    assert words(event) == "Nobody acknowledged within 5m: escalated to ana"
    assert [one.to for one in escalations(watch.office.history())] == ["ana"]


def test_what_was_acknowledged_does_not_escalate(watch: Watch) -> None:
    """Nor what is over, nor what was acknowledged while the command was on its way."""
    watch.office.take(delivery(alert("Burn", 0)), now=0)
    late = list(due(Look(Shelf(watch.office)), MINI, at(5)))
    watch.office.take(command("ack", received=5), now=5)
    assert watch.tick(60) == []
    (answer,) = watch.office.take(*late, now=6).answers
    assert answer == Refusal(code="illegal", message="INC-1 is acknowledged; nobody has to be woken")
    watch.office.take(command("resolve", received=7), now=7)
    assert watch.tick(60) == []


def test_only_pages_escalate(watch: Watch) -> None:
    """A ticket wakes nobody; an incident that a person declared does."""
    watch.office.take(delivery(alert("Slow", 0, severity="ticket")), now=0)
    assert watch.tick(600) == []
    watch.office.take(command("declare", None, received=600, title="no orders", service="checkout"), now=600)
    assert watch.tick(605) == ["Nobody acknowledged within 5m: escalated to ana"]


def test_drills_escalate_too(watch: Watch) -> None:
    """A rehearsal rehearses this as well."""
    watch.office.take(delivery(alert("Burn", 0, drill="true")), now=0)
    assert watch.office.history().state.drill
    assert len(watch.tick(5)) == 1


def test_an_incident_that_comes_back_escalates_again(watch: Watch) -> None:
    """Each phase has its own time to be acknowledged."""
    watch.office.take(delivery(alert("Burn", 0)), now=0)
    assert len(watch.tick(5)) == 1
    watch.office.take(delivery(alert("Burn", 0, 10)), now=10)
    watch.office.take(delivery(alert("Burn", 20)), now=20)
    assert watch.tick(24) == []
    assert len(watch.tick(25)) == 1
    assert len(watch.office.history().events) == 6


def test_what_the_bot_hears_late_has_its_time_from_then_on(watch: Watch) -> None:
    """After an outage of its own nobody is woken because of what was long over for people."""
    watch.office.take(delivery(alert("Burn", 0), received=60), now=60)
    assert watch.tick(61) == []
    assert len(watch.tick(65)) == 1


def test_a_raised_priority_gives_its_own_time(watch: Watch) -> None:
    """Nobody had to hurry before: the five minutes of a P1 begin when it becomes one."""
    watch.office.take(command("declare", None, received=0, title="slow", service="checkout", priority="P3"), now=0)
    watch.office.take(command("priority", received=60, priority="P1"), now=60)
    assert watch.tick(64) == []
    assert watch.tick(65) == ["Nobody acknowledged within 5m: escalated to ana"]


def test_a_worse_alert_gives_its_own_time(watch: Watch) -> None:
    """A page of a lower priority had half an hour; that of the new alert begins with it."""
    watch.office.take(delivery(alert("Slow", 0, priority="P2")), now=0)
    watch.office.take(delivery(alert("Burn", 20)), now=20)
    assert watch.tick(24) == []
    assert watch.tick(25) == ["Nobody acknowledged within 5m: escalated to ana"]


def test_a_lowered_priority_gives_more_time_from_then_on(watch: Watch) -> None:
    """What was decided last counts; what was escalated is not escalated again."""
    watch.office.take(delivery(alert("Burn", 0)), now=0)
    watch.office.take(command("priority", received=4, priority="P2"), now=4)
    assert watch.tick(33) == []
    assert watch.tick(34) == ["Nobody acknowledged within 30m: escalated to ana"]
    watch.office.take(command("priority", received=40, priority="P0"), now=40)
    assert watch.tick(100) == []


def test_who_has_it_must_still_acknowledge(watch: Watch) -> None:
    """To be given something is not to be at it."""
    watch.office.take(delivery(alert("Burn", 0)), now=0)
    watch.office.take(command("assign", received=1, to="ben"), now=1)
    assert watch.tick(5) == ["Nobody acknowledged within 5m: escalated to ana"]


def test_a_clock_that_is_set_back_says_nothing_twice(watch: Watch) -> None:
    """Steps that are on the record stay there."""
    watch.office.take(delivery(alert("Burn", 0)), now=0)
    assert len(watch.tick(5)) == 1
    watch.told.clear()
    assert watch.tick(3) == []
    assert watch.tick(6) == []


def test_a_bot_that_was_down_says_every_step_that_is_due(watch: Watch) -> None:
    """In order, each once."""
    team = MINI.teams["payments"]
    steps = (*team.escalation, EscalationStep(notify=Recipient(person="chi")))
    teams = {**MINI.teams, "payments": team.model_copy(update={"escalation": steps})}
    watch.policy = replace(MINI, teams=teams)
    watch.office.take(delivery(alert("Burn", 0)), now=0)
    assert watch.tick(60) == [
        "Nobody acknowledged within 5m: escalated to ana",
        "Nobody acknowledged within 10m: escalated to chi",
    ]


def test_a_team_with_one_step_has_nobody_left(watch: Watch) -> None:
    """That is said, once."""
    team = MINI.teams["payments"].model_copy(update={"escalation": MINI.teams["payments"].escalation[:1]})
    watch.policy = replace(MINI, teams={**MINI.teams, "payments": team})
    watch.office.take(delivery(alert("Burn", 0)), now=0)
    assert watch.tick(5) == ["Nobody acknowledged within 5m, and nobody is left to escalate to"]
    assert watch.tick(50) == []


def test_a_layer_that_has_nobody_is_passed_at_once() -> None:
    """Office hours are over on Monday at 18:00 in Lisbon; it is ana's turn at the same minute."""
    team = MINI.teams["payments"]
    steps = [
        EscalationStep(notify=Recipient(layer="primary")),
        EscalationStep(notify=Recipient(layer="office"), wait=Duration.parse("1h")),
        EscalationStep(notify=Recipient(person="ana")),
    ]
    found = team.model_copy(update={"escalation": tuple(steps)})
    evening, noon = datetime.fromisoformat("2026-01-05T18:00Z"), datetime.fromisoformat("2026-01-06T12:00Z")
    assert [(one.step, one.who) for one in rungs(found, evening, FIVE, evening + timedelta(hours=3))] == [(3, "ana")]
    two = rungs(found, noon, FIVE, noon + timedelta(hours=3))
    assert [(one.step, one.who, one.at - noon) for one in two] == [
        (2, "dee", timedelta(minutes=5)),
        (3, "ana", timedelta(minutes=65)),
    ]


_PEOPLE = st.sampled_from(["ana", "ben", "chi"])
_STEP = st.builds(
    EscalationStep,
    notify=st.one_of(
        st.builds(Recipient, person=_PEOPLE), st.builds(Recipient, layer=st.sampled_from(["primary", "office"]))
    ),
    wait=st.one_of(st.none(), st.integers(1, 90).map(lambda minutes: Duration(minutes * 60_000))),
)


def _team(steps: Sequence[EscalationStep]) -> Team:
    return MINI.teams["payments"].model_copy(update={"escalation": tuple(steps)})


@given(st.lists(_STEP, max_size=5), st.integers(0, 20_000), st.integers(0, 600), st.integers(0, 600))
def test_rungs_only_grow_with_time(steps: list[EscalationStep], start: int, early: int, more: int) -> None:
    """What was due stays due and the same, in the order of steps and times, never before the time of the priority."""
    team, since = _team(steps), TEN + timedelta(minutes=start)
    first = rungs(team, since, FIVE, since + timedelta(minutes=early))
    later = rungs(team, since, FIVE, since + timedelta(minutes=early + more))
    assert later[: len(first)] == first
    assert all(one.at >= since + timedelta(minutes=5) for one in later)
    assert [one.step for one in later] == sorted({one.step for one in later})
    assert [one.at for one in later] == sorted(one.at for one in later)
    assert (early < 5) == (first == ())


@given(st.lists(_STEP, min_size=1, max_size=4), st.lists(st.integers(1, 90), max_size=12), st.integers(0, 400))
def test_every_step_is_recorded_once_until_somebody_acknowledges(
    steps: list[EscalationStep], waits: list[int], acknowledged: int
) -> None:
    """However rarely the clock looks, with a memory that a restart takes away."""
    watch = Watch(policy=replace(MINI, teams={**MINI.teams, "payments": _team(steps)}))
    watch.office.take(delivery(alert("Burn", 0)), now=0)
    minute, done = 0.0, False
    for wait in waits:
        minute += wait
        if minute >= acknowledged and not done:
            watch.office.take(command("ack", received=minute), now=minute)
            done = True
        watch.told.clear()
        said = watch.tick(minute)
        assert not (done and said)
    found = [event.data["step"] for event in watch.office.history().events if event.data.get("topic")]
    assert found == sorted(set(found))
