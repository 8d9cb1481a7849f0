"""Handing an incident over, by hand and when the shift changes."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from alerting.model.policy import Policy
from alerting.policy import load
from bots.clock import Look
from bots.ledger import Done, Refusal
from bots.people.handoff import due
from bots.people.summary import summary
from bots.rulebook import Rules
from bots.timeline.intake import AlertDelivery, Command
from bots.words.wording import words
from tests.bots.office import Office, alert, at, command, delivery
from tests.bots.test_clock import Shelf

MINI = load(Path(__file__).parents[2] / "data" / "mini")
RULES = Rules.of(MINI)


def _office() -> Office:
    """An incident that ana has, on a Monday after ten, when she is on call and dee is in the office."""
    office = Office(RULES)
    office.take(delivery(alert("Burn", 0), alert("Slow", 2, severity="ticket")), now=2)
    office.take(command("ack", received=3), now=3)
    office.take(command("role", received=4, role="commander", to="ana"), now=4)
    office.take(command("role", received=4, role="scribe", to="chi"), now=4)
    office.take(command("note", received=5, text="the database\nis slow"), now=5)
    return office


def _ask(office: Office, **more: object) -> Done | Refusal:
    (answer,) = office.take(command("handoff", received=62, **more), now=62).answers  # type: ignore[arg-type]  # texts
    return answer


def test_a_handoff_passes_the_incident_and_the_roles() -> None:
    """Of whoever had it; others keep theirs. The event says what the new one has to know."""
    office = _office()
    assert isinstance(_ask(office, to="ben", note="I have to sleep"), Done)
    state = office.history().state
    assert (state.assignee, dict(state.inputs.roles)) == ("ben", {"commander": "ben", "scribe": "chi"})
    event = office.history().events[-1]
    assert event.kind.value == "assigned"
    assert words(event) == (
        "Handed over from ana to ben: I have to sleep\n"
        "INC-1 (P0, checkout) is acknowledged, 1 hour 2 minutes old: Burn on checkout\n"
        "Firing: Burn, Slow\n"
        "Working on it: ana\n"
        "Roles: commander ana, scribe chi\n"
        "10:05 ana: the database is slow"
    )


def test_a_handoff_goes_to_who_is_on_call_by_default() -> None:
    """But for the one who hands it over: ana is on call, so dee in the office gets it."""
    office = _office()
    assert isinstance(_ask(office), Done)
    assert office.history().state.assignee == "dee"


def test_a_summary_says_what_holds_of_what_was_noted() -> None:
    """A note that was corrected stands as it is now, one that was taken back not at all."""
    office = _office()
    office.take(command("note", received=6, text="it is DNS"), now=6)
    slow, dns = (event.id for event in office.history().events[-2:])
    office.take(command("amend", received=7, amends=slow, text="the database was slow"), now=7)
    office.take(command("amend", received=8, amends=dns), now=8)
    assert [line for line in summary(office.history(), at(9)).splitlines() if line.startswith("10:")] == [
        "10:05 ana: the database was slow"
    ]


def test_a_handoff_may_have_nobody_to_go_to() -> None:
    """It says so, and how to name somebody."""
    office = Office(RULES)
    office.take(delivery(alert("Burn", 0)), now=0)
    evening = Command(key="k", received_at=at(12 * 60), name="handoff", by="ana", incident=1)
    (answer,) = office.take(evening, now=12 * 60).answers
    assert answer == Refusal(
        code="invalid", message="to: missing; expected a member: nobody else of payments is on call now"
    )


def test_handoffs_that_make_no_sense_are_refused() -> None:
    """To somebody unknown, to the one who has it, of what is over."""
    office = _office()
    assert _ask(office, to="zoe") == Refusal(
        code="invalid", message="to: got 'zoe'; expected a member of a team in policies/teams"
    )
    assert _ask(office, to="ana") == Refusal(
        code="illegal", message="INC-1 is ana's already; name somebody else to hand it over to"
    )
    office.take(command("resolve", received=61), now=61)
    assert _ask(office, to="ben") == Refusal(
        code="illegal", message="INC-1 is resolved; there is nothing left to hand over"
    )


def _due(office: Office, now: datetime) -> Iterable[Command]:
    return due(Look(Shelf(office)), MINI, now)


def test_a_shift_change_is_told_in_every_incident_that_goes_on() -> None:
    """Who goes, who comes, who still has it, and how it stands; the assignment is left to people."""
    office = _office()
    monday = at(7 * 24 * 60 - 60)
    assert list(_due(office, monday - timedelta(seconds=1))) == []
    (told,) = _due(office, monday + timedelta(minutes=1))
    office.take(told, now=7 * 24 * 60)
    event = office.history().events[-1]
    assert (event.kind.value, event.by, event.data["from"], event.data["to"]) == ("noted", "tocsin", "ana", "ben")
    assert event.data["topic"] == "handoff"
    assert words(event).splitlines()[:2] == [
        "Shift change at 09:00 UTC: ana goes and ben comes (primary)",
        "ana still has it; a handoff passes it to ben",
    ]
    assert office.history().state.assignee == "ana"


def test_a_shift_change_is_told_late_rather_than_never() -> None:
    """After a restart some hours later, with the same key; half a day later it is no news."""
    office = _office()
    monday = at(7 * 24 * 60 - 60)
    keys = {one.key for hours in (0, 1, 11) for one in _due(office, monday + timedelta(hours=hours))}
    assert keys == {"shift change:1:2026-01-12T09:00:00Z:ben"}
    assert list(_due(office, monday + timedelta(hours=13))) == []


def test_what_began_after_the_change_or_is_over_is_left_alone() -> None:
    """Nobody has anything to hand over there."""
    office = Office(RULES)
    monday = 7 * 24 * 60 - 60
    late = AlertDelivery(key="d", received_at=at(monday + 1), alerts=(alert("Burn", monday + 1),))
    office.take(late, now=monday + 1)
    assert list(_due(office, at(monday + 5))) == []
    over = _office()
    over.take(command("resolve", received=70), now=70)
    assert list(_due(over, at(monday + 5))) == []


def test_what_came_back_after_the_change_reached_whoever_had_come() -> None:
    """It was over when the shift changed; who is on call now was called about it."""
    office = _office()
    monday = 7 * 24 * 60 - 60
    office.take(command("resolve", received=70), now=70)
    office.take(command("reopen", received=monday + 60), now=monday + 60)
    assert list(_due(office, at(monday + 61))) == []
    (told,) = _due(office, at(monday + 7 * 24 * 60 + 1))
    assert told.args["to"] == "chi"


def _office_hours() -> Policy:
    """A team that has nobody at night."""
    team = MINI.teams["payments"]
    assert team.on_call is not None
    layers = tuple(layer for layer in team.on_call.layers if layer.name == "office")
    alone = team.model_copy(update={"on_call": team.on_call.model_copy(update={"layers": layers, "overrides": ()})})
    return replace(MINI, teams={**MINI.teams, "payments": alone.model_copy(update={"escalation": ()})})


def test_a_shift_that_ends_with_nobody_is_told_too() -> None:
    """Whoever still has it must know that nobody follows; the morning's change is no news any more."""
    office, policy = _office(), _office_hours()
    evening = at(7 * 60)
    (told,) = due(Look(Shelf(office)), policy, evening)
    assert told.key == "shift change:1:2026-01-05T17:00:00Z:nobody"
    office.take(told, now=7 * 60)
    event = office.history().events[-1]
    assert {name: event.data.get(name) for name in ("from", "to", "topic")} == {
        "from": "dee",
        "to": None,
        "topic": "handoff",
    }
    assert words(event).splitlines()[:2] == [
        "Shift change at 17:00 UTC: dee goes, and nobody of payments is on call now",
        "ana still has it; a handoff passes it to whom it names",
    ]


def test_an_override_and_the_change_of_clocks_move_the_change() -> None:
    """In Lisbon nine o'clock is eight in UTC once summer time has come; an override changes shifts at its own times."""
    office = _office()
    spring = datetime.fromisoformat("2026-03-30T08:00:00Z")
    (told,) = _due(office, spring + timedelta(minutes=1))
    assert (told.args["from"], told.args["to"]) == ("chi", "ana")
    assert str(told.args["text"]).startswith("Shift change at 08:00 UTC: chi goes and ana comes (primary)")
    begins = datetime.fromisoformat("2026-12-24T09:00:00Z")
    (told,) = _due(office, begins + timedelta(hours=1))
    assert (told.args["from"], told.args["to"]) == ("chi", "ben")


@given(st.text(max_size=300), st.text(max_size=300))
def test_a_summary_has_one_line_for_each_thing(title: str, note: str) -> None:
    """Whatever people wrote: a text cannot add a line of its own, and is cut."""
    office = Office(RULES)
    office.take(command("declare", None, received=0, title=title or "x", service="checkout"), now=0)
    office.take(command("note", received=1, text=note or "y"), now=1)
    found = office.records.histories.get(1)
    if found is not None:
        lines = summary(found, at(60)).splitlines()
        assert len(lines) <= 2
        assert all(len(line) <= 300 for line in lines)
