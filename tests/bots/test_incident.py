"""What one incident becomes: states, times, priorities."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bots.incident import History, Status, incident_name, incident_number, step, transitions
from bots.timeline.effect import DraftPostmortem, Notify, RemediationDue, RunRemediation
from bots.timeline.event import BOT, FACTS, Event, Kind
from bots.timeline.state import Incident
from tests.bots.histories import events, timelines
from tests.bots.office import RULES, TEN, Office, alert, at, command, delivery

_ORDER = {Status.OPEN: 0, Status.ACKNOWLEDGED: 1, Status.MITIGATED: 2, Status.RESOLVED: 3, Status.CLOSED: 4}


def _legal(state: Incident) -> None:
    """What holds of every state."""
    active = state.status.active
    assert (state.ended_at is None) == active
    assert (state.closed_at is None) == (state.status is not Status.CLOSED)
    assert state.status is not Status.MITIGATED or state.mitigated_at is not None
    assert state.status is not Status.ACKNOWLEDGED or state.acknowledged_at is not None
    assert state.priority in ("P0", "P1", "P2", "P3", "P4")
    for before, after in zip(state.phases, state.phases[1:], strict=False):
        assert before.end is not None
        assert before.end <= after.start
    if active:
        assert state.phases[-1].end is None


@settings(max_examples=200, deadline=None)
@given(timelines())
def test_any_event_in_any_state_gives_a_legal_state(timeline: list[Event]) -> None:
    """Nothing raises, whatever comes when."""
    state = None
    for event in timeline:
        state = step(state, event, TEN).incident
        _legal(state)
    assert state == History.of(timeline).state


@settings(max_examples=100, deadline=None)
@given(events())
def test_any_event_may_come_first(event: Event) -> None:
    """Even one that makes no sense without others."""
    _legal(step(None, event, TEN).incident)


@settings(max_examples=100, deadline=None)
@given(timelines())
def test_a_known_key_changes_nothing(timeline: list[Event]) -> None:
    """A history extended with its own events is itself."""
    history = History.of(timeline)
    assert history.extended(timeline) is history


@settings(max_examples=100, deadline=None)
@given(timelines(), st.randoms(use_true_random=False))
def test_facts_commute_with_everything(timeline: list[Event], random: object) -> None:
    """Where among the other events a fact arrives does not matter."""
    kept = [event for event in timeline if event.kind not in (Kind.AMENDED, Kind.LINKED)]
    facts = [event for event in kept if event.kind in FACTS]
    others = [event for event in kept if event.kind not in FACTS]
    late, early = History.of([*others, *facts]), History.of([others[0], *reversed(facts), *others[1:]])
    assert _comparable(late.state) == _comparable(early.state) == _comparable(History.of(kept).state)


def _comparable(state: Incident) -> object:
    alerts = {name: (one.spans, one.first) for name, one in state.alerts.items()}
    return (state.status, state.priority, state.title, state.phases, state.closed_at, state.resolved_at, alerts)


def _state(*intakes: object) -> Incident:
    office = Office()
    for intake in intakes:
        office.take(intake)  # type: ignore[arg-type]  # deliveries and commands
    return office.history().state


def test_a_page_opens_and_its_end_resolves() -> None:
    """The times are the alert's own."""
    assert _state(delivery(alert("Broken", 0))).status is Status.OPEN
    state = _state(delivery(alert("Broken", 0)), delivery(alert("Broken", 0, 7)))
    assert (state.status, state.started_at, state.resolved_at, state.resolved_by) == (Status.RESOLVED, TEN, at(7), BOT)


def test_once_it_paged_tickets_do_not_hold_it_open() -> None:
    """They are recorded, and last for hours."""
    state = _state(
        delivery(alert("Broken", 0), alert("Full", 1, severity="ticket")),
        delivery(alert("Broken", 0, 7), alert("Full", 1, severity="ticket")),
    )
    assert (state.status, state.alerts["Full"].firing) == (Status.RESOLVED, True)


def test_a_ticket_after_the_resolution_does_not_reopen() -> None:
    """It comes out of inhibition at that moment."""
    state = _state(delivery(alert("Broken", 0, 7)), delivery(alert("Full", 8, severity="ticket")))
    assert (state.status, set(state.alerts)) == (Status.RESOLVED, {"Broken", "Full"})


def test_without_a_page_the_last_ticket_resolves() -> None:
    """Not the first."""
    both = delivery(alert("Full", 0, severity="ticket"), alert("Old", 1, severity="ticket"))
    assert _state(both, delivery(alert("Full", 0, 5, severity="ticket"))).status is Status.OPEN
    ended = delivery(alert("Full", 0, 5, severity="ticket"), alert("Old", 1, 6, severity="ticket"))
    assert _state(both, ended).resolved_at == at(6)


def test_an_alert_that_comes_back_reopens_and_wants_a_new_acknowledgment() -> None:
    """Within reopen_within of the end."""
    state = _state(
        delivery(alert("Broken", 0)),
        command("ack", received=2),
        delivery(alert("Broken", 0, 7)),
        delivery(alert("Broken", 20)),
    )
    assert (state.status, state.acknowledged_at, len(state.phases)) == (Status.OPEN, at(2), 2)


def test_after_reopen_within_it_is_another_incident() -> None:
    """And the first one stays resolved."""
    office = Office()
    office.take(delivery(alert("Broken", 0, 7)))
    office.take(delivery(alert("Broken", 38)))
    assert [office.history(number).state.status for number in (1, 2)] == [Status.RESOLVED, Status.OPEN]


def test_resolved_before_firing_is_resolved() -> None:
    """Notifications overtake each other."""
    state = _state(delivery(alert("Broken", 0, 7)), delivery(alert("Broken", 0)))
    assert state.status is Status.RESOLVED


def test_what_a_person_declared_is_not_resolved_by_a_ticket() -> None:
    """It is more than the ticket that fires beside it."""
    declared = command("declare", None, received=0, title="no orders", service="checkout")
    state = _state(
        declared, delivery(alert("Full", 1, severity="ticket")), delivery(alert("Full", 1, 5, severity="ticket"))
    )
    assert (state.status, state.title, state.priority) == (Status.OPEN, "no orders", "P0")


def test_a_person_resolves_while_an_alert_fires() -> None:
    """Its end later changes nothing; its coming back reopens."""
    fired, resolved = delivery(alert("Broken", 0)), command("resolve", received=5)
    assert _state(fired, resolved, delivery(alert("Broken", 0, 9))).resolved_by == "ana"
    assert _state(fired, resolved, delivery(alert("Broken", 12))).status is Status.OPEN


def test_an_alert_that_nobody_had_told_of_survives_a_resolution() -> None:
    """Who resolved it did not know that another page was on its way."""
    state = _state(delivery(alert("Broken", 0)), command("resolve", received=5), delivery(alert("Slow", 4.9)))
    assert (state.status, state.phases[-1].start) == (Status.OPEN, at(5))


def test_a_person_reopens_and_the_alert_resolves_it_again() -> None:
    """When it ends after that."""
    fired, resolved, reopened = (
        delivery(alert("Broken", 0)),
        command("resolve", received=5),
        command("reopen", received=6),
    )
    assert _state(fired, resolved, reopened).status is Status.OPEN
    assert _state(fired, resolved, reopened, delivery(alert("Broken", 0, 9))).resolved_at == at(9)


def test_the_priority_is_the_highest_of_what_fires_and_the_highest_it_had_afterwards() -> None:
    """Resolved incidents keep their worst."""
    both = delivery(alert("Broken", 0, priority="P0"), alert("Slow", 0, priority="P2"))
    assert _state(both).priority == "P0"
    assert _state(both, delivery(alert("Broken", 0, 5, priority="P0"))).priority == "P2"
    ended = delivery(alert("Broken", 0, 5, priority="P0"), alert("Slow", 0, 6, priority="P2"))
    assert _state(both, ended).priority == "P0"


def test_a_priority_that_a_person_set_holds_until_something_worse_starts() -> None:
    """What fired before was known to them."""
    fired, lowered = delivery(alert("Broken", 0, priority="P0")), command("priority", received=5, priority="P3")
    assert _state(fired, lowered).priority == "P3"
    assert _state(fired, lowered, delivery(alert("Slow", 6, priority="P1"))).priority == "P1"


def test_the_resolution_of_the_machine_is_shown_but_not_recorded() -> None:
    """It follows from the alerts."""
    office = Office()
    office.take(delivery(alert("Broken", 0, 7)), delivery(alert("Broken", 20)))
    history = office.history()
    assert [event.kind for event in transitions(history.state)] == [Kind.RESOLVED, Kind.REOPENED]
    assert [event.kind.value for event in history.rows if event.data.get("derived")] == ["resolved", "reopened"]
    assert "resolved" not in office.kinds()


def test_effects_of_a_life() -> None:
    """Opening, a remediation that may be due, the resolution, the draft."""
    office = Office()
    opened = office.take(delivery(alert("Broken", 0))).effects
    assert [effect.what for effect in opened if isinstance(effect, Notify)] == ["opened", "alerts_changed"]
    (due,) = [effect for effect in opened if isinstance(effect, RemediationDue)]
    assert (due.incident, due.alert, due.service) == (1, "Broken", "checkout")
    assert office.take(delivery(alert("Broken", 0))).effects == ()
    ended = office.take(delivery(alert("Broken", 0, 7))).effects
    assert [effect.what for effect in ended if isinstance(effect, Notify)] == ["resolved", "alerts_changed"]
    assert [effect.incident for effect in ended if isinstance(effect, DraftPostmortem)] == [1]


def test_an_incident_of_low_priority_gets_no_draft() -> None:
    """Only P0 and P1."""
    effects = Office().take(delivery(alert("Broken", 0, 7, priority="P2"))).effects
    assert not [effect for effect in effects if isinstance(effect, DraftPostmortem | RunRemediation)]


def test_a_very_old_alert_is_not_looked_at() -> None:
    """It has fired for days, and that nothing is done about it now is no news."""
    effects = Office().take(delivery(alert("Broken", 0)), now=24 * 60 + 1).effects
    assert not [effect for effect in effects if isinstance(effect, RemediationDue)]


def test_the_keys_of_effects_are_the_same_after_deciding_again() -> None:
    """So that doing it twice can be told."""
    told = delivery(alert("Broken", 0), alert("Slow", 1, 2))
    assert [effect.key for effect in Office().take(told).effects] == [
        effect.key for effect in Office().take(told).effects
    ]


def test_names_of_incidents() -> None:
    """There and back."""
    assert (incident_name(7), incident_number("INC-7"), incident_number("7"), incident_number(7)) == ("INC-7", 7, 7, 7)
    for wrong in ("INC-0", "INC-", "inc-7", "-1", "7.5", ""):
        with pytest.raises(ValueError, match=r" is not an incident; expected one such as INC-7$"):
            incident_number(wrong)


def test_reopen_within_is_the_rules() -> None:
    """A shorter one makes more incidents."""
    from dataclasses import replace

    office = Office(replace(RULES, reopen_within=timedelta(minutes=1)))
    office.take(delivery(alert("Broken", 0, 7)))
    office.take(delivery(alert("Broken", 9)))
    assert len(office.records.histories) == 2
