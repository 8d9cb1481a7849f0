"""Which incident things belong to, and which numbers they get."""

from dataclasses import replace

from bots.belonging.gathering import Recent
from bots.rulebook import Place, Rules
from bots.timeline.answer import Done, Refusal
from bots.timeline.intake import Denial
from bots.timeline.state import Status
from tests.bots.office import RULES, TEN, Office, alert, at, command, delivery


def test_one_outage_is_one_incident() -> None:
    """All alerts of a service that fire together."""
    office = Office()
    office.take(delivery(alert("Broken", 0)))
    office.take(delivery(alert("Broken", 0), alert("Slow", 3)))
    assert list(office.records.histories) == [1]
    assert office.kinds() == ["opened", "alert_fired", "alert_fired"]


def test_services_teams_and_drills_are_apart() -> None:
    """Each place has incidents of its own, numbered in order."""
    office = Office()
    office.take(
        delivery(
            alert("Broken", 0),
            alert("Broken2", 0, service="cart"),
            alert("Broken3", 0, drill="true"),
            alert("Broken4", 0, team="storefront"),
        )
    )
    places = [Place(h.state.team, h.state.service, h.state.drill) for h in office.records.histories.values()]
    assert places == [
        Place("payments", "checkout", False),
        Place("payments", "cart", False),
        Place("payments", "checkout", True),
        Place("storefront", "checkout", False),
    ]


def test_deciding_changes_nothing_until_it_is_accepted() -> None:
    """A decision that could not be recorded is dropped and made again."""
    office = Office()
    first = office.ledger.decide([delivery(alert("Broken", 0))], TEN)
    again = office.ledger.decide([delivery(alert("Broken", 0))], TEN)
    assert first.changes[0].events == again.changes[0].events
    assert first.changes[0].is_new


def test_labels_that_are_missing_or_nonsense_have_a_place_too() -> None:
    """The service platform, its team; an unknown severity counts as ticket."""
    office = Office()
    bare = replace(alert("Broken", 0), labels={"severity": "dreadful"})
    office.take(delivery(bare))
    state = office.history().state
    (told,) = state.alerts.values()
    assert (state.service, state.team, told.name, told.severity, told.priority) == (
        "platform",
        "platform",
        "unnamed",
        "ticket",
        "P3",
    )


def test_foreign_severities_and_priorities_come_from_the_policy() -> None:
    """critical is a page, and a tier 1 page a P0."""
    office = Office()
    office.take(delivery(alert("Broken", 0, severity="critical")))
    assert (office.history().state.paged, office.history().state.priority) == (True, "P0")


def test_an_alert_that_asks_nothing_makes_no_incident() -> None:
    """Severity info."""
    assert Office().take(delivery(alert("Known", 0, severity="info"))).empty


def test_a_moved_start_is_an_update_of_the_same_alert() -> None:
    """Alertmanager restarted, or merged two."""
    office = Office()
    office.take(delivery(alert("Broken", 5)), delivery(alert("Broken", 4)), delivery(alert("Broken", 6)))
    office.take(delivery(alert("Broken", 6, 9)))
    assert list(office.records.histories) == [1]
    assert office.history().state.started_at == at(4)
    assert office.history().state.status is Status.RESOLVED


def test_after_closing_a_new_alert_is_a_new_incident() -> None:
    """Closed is final for the bot; the end of an old alert is still written where it fired."""
    office = Office()
    office.take(
        delivery(alert("Broken", 0)), command("resolve", received=5), command("close", received=6, verdict="noise")
    )
    office.take(delivery(alert("Slow", 8)))
    office.take(delivery(alert("Broken", 0, 9)))
    assert [office.history(number).state.status for number in (1, 2)] == [Status.CLOSED, Status.OPEN]
    assert office.kinds(1)[-1] == "alert_resolved"


def test_an_alert_that_fires_anew_after_closing_is_a_new_incident() -> None:
    """Though its end was never told."""
    office = Office()
    office.take(
        delivery(alert("Broken", 0)), command("resolve", received=5), command("close", received=6, verdict="noise")
    )
    office.take(delivery(alert("Broken", 3000)))
    assert office.history(2).state.status is Status.OPEN


def test_a_late_delivery_after_the_resolution_is_recorded() -> None:
    """Without changing what is over."""
    office = Office()
    office.take(delivery(alert("Broken", 0, 9)), command("note", received=20, text="seen"))
    office.take(delivery(alert("Slow", 2, 5)))
    assert list(office.records.histories) == [1]
    assert office.history().state.resolved_at == at(9)


def test_what_somebody_works_on_is_never_moved() -> None:
    """A late end would divide it otherwise."""
    office = Office()
    office.take(delivery(alert("Broken", 0)), delivery(alert("Slow", 200)), command("ack", received=201))
    office.take(delivery(alert("Broken", 0, 10)))
    assert list(office.records.histories) == [1]
    assert set(office.history().state.alerts) == {"Broken", "Slow"}


def test_two_incidents_that_turn_out_to_be_one_are_joined() -> None:
    """The younger is a duplicate, and closes with the older."""
    office = Office()
    office.take(delivery(alert("Broken", 0, 5)))
    office.take(delivery(alert("Slow", 60, 65)))
    office.take(delivery(alert("Full", 4, 61)))
    first, second = office.history(1).state, office.history(2).state
    assert (set(first.alerts), first.inputs.duplicates) == ({"Broken", "Slow", "Full"}, (2,))
    assert (second.alerts, second.inputs.duplicate_of, second.status) == ({}, 1, Status.RESOLVED)
    office.take(command("close", 1, received=100, verdict="noise"))
    closed = office.history(2).state
    assert (closed.status, closed.verdict, closed.closed_by) == (Status.CLOSED, "duplicate", "ana")


def test_declaring_needs_a_title_and_a_known_service() -> None:
    """All mistakes at once."""
    (answer,) = Office().take(command("declare", None, service="nope", team="nobody", priority="P7")).answers
    assert answer == Refusal(
        code="invalid",
        message=(
            "title: missing; expected some text; service: got 'nope'; expected one of checkout, platform; "
            "team: got 'nobody'; expected one of payments, platform; "
            "priority: got 'P7'; expected one of P0, P1, P2, P3, P4"
        ),
    )


def test_declaring_twice_with_a_key_is_one_incident() -> None:
    """With the note that came with it."""
    office = Office()
    asked = command("declare", None, key="k", title="no orders", service="checkout", note="since noon", drill=True)
    office.take(asked)
    (again,) = office.take(asked).answers
    assert office.kinds() == ["opened", "noted"]
    assert again == Done(incident=office.history().state, repeated=True)
    assert office.history().state.drill


def test_merging_closes_the_duplicate_and_tells_the_other() -> None:
    """And every way in which it cannot be done is told."""
    office = Office()
    office.take(delivery(alert("Broken", 0), alert("Other", 0, service="cart")))
    office.take(command("merge", 2, received=5, into="INC-1"))
    assert office.history(2).state.closed_by == "ana"
    assert office.history(1).state.inputs.duplicates == (2,)
    said = [
        office.take(command("merge", number, received=6, **args)).answers[0]
        for number, args in [
            (1, {"into": "INC-2"}),
            (1, {"into": 1}),
            (1, {"into": "INC-9"}),
            (2, {"into": 1}),
            (1, {}),
        ]
    ]
    assert [answer.message for answer in said if isinstance(answer, Refusal)] == [
        "INC-2 was merged into INC-1 already; nothing is left to merge",
        "INC-1 cannot be a duplicate of itself",
        "no incident INC-9; `tocsin incident list --all` shows those there are",
        "INC-2 is closed already, as duplicate, by ana",
        "into: missing; expected an incident such as INC-3",
    ]


def test_commands_to_incidents_that_there_are_not() -> None:
    """Unknown, or none at all."""
    office = Office()
    said = [office.take(command("ack", number)).answers[0] for number in (7, None)]
    assert said == [
        Refusal(code="unknown", message="no incident INC-7; `tocsin incident list --all` shows those there are"),
        Refusal(code="invalid", message="'ack' needs an incident; expected one such as INC-7"),
    ]


def test_alerts_that_were_left_out_are_noted_once() -> None:
    """Alertmanager cuts long notifications."""
    office = Office()
    for _ in range(2):
        office.take(delivery(alert("Broken", 0), truncated=12))
    assert office.kinds() == ["opened", "alert_fired", "noted"]
    text = "Alertmanager left 12 more alerts of this group out of its notification"
    assert office.history().events[-1].data["text"] == text


def test_denied_commands_go_to_the_audit_trail_once() -> None:
    """And to no incident."""
    office = Office()
    denied = Denial(key="k", received_at=TEN, by="eve", command="close", reason="no role", incident=3, args={"x": 1})
    for _ in range(2):
        assert office.take(denied).answers == (Done(),)
    (event,) = office.records.audit
    assert event.data == {"command": "close", "reason": "no role", "incident": 3, "args": {"x": "1"}}
    assert office.records.histories == {}


def test_a_batch_sees_what_came_before_in_it() -> None:
    """Deliveries and commands in their order."""
    office = Office()
    decision = office.take(delivery(alert("Broken", 0)), command("ack", received=1), delivery(alert("Broken", 0, 5)))
    assert [type(answer) for answer in decision.answers] == [Done, Done, Done]
    assert [len(change.events) for change in decision.changes] == [4]


def test_histories_used_long_ago_leave_memory_and_come_back() -> None:
    """Nothing depends on what is in memory."""
    office = Office()
    for number in range(30):
        office.take(delivery(alert(f"A{number}", 0, service=f"s{number}")))
    recent = Recent(office.records, kept_events=10)
    for number in range(1, 31):
        assert recent.get(number) is not None
    assert len(recent._histories) == 5
    assert recent.get(1) == office.history(1)


def test_a_changed_record_is_read_again() -> None:
    """Others changed the branch: a redaction."""
    office = Office()
    office.take(delivery(alert("Broken", 0)))
    office.take(command("note", received=2, text="seen"))
    short = office.history()
    office.records.histories[1] = type(short).of(short.events[:2])
    office.records.generation += 1
    assert office.ledger.get(1) == office.history()


def test_rules_come_from_the_policy(mini: object) -> None:
    """Owners, tiers, bindings and people of the files."""
    from pathlib import Path

    from alerting.policy import load

    assert isinstance(mini, Path)
    rules = Rules.of(load(mini))
    assert rules.team_of("checkout") == "payments"
    assert rules.team_of("unheard-of") == "platform"
    assert rules.priority("page", "checkout") == "P0"
    binding = rules.binding("checkout", "CheckoutAvailabilityBurn")
    assert binding is not None
    assert binding.action == "restart_deployment"
    assert "ana" in rules.members
    assert RULES.binding("checkout", "CheckoutAvailabilityBurn") is None
