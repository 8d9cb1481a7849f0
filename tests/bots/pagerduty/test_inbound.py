"""What people do in PagerDuty becomes events of the incident, in their name, as far as they may."""

from datetime import timedelta

import pytest
from fastapi.responses import JSONResponse

from bots.errors import Postponed
from tests.bots.pagerduty.stage import Stage, alert


def _last(stage: Stage) -> tuple[str, str, str]:
    event = stage.office.history().events[-1]
    return event.kind.value, event.by, event.source


def test_an_acknowledgment_there_is_one_here(stage: Stage) -> None:
    """By the member with that e-mail, at the time it was given; nothing is written back."""
    stage.fire(alert())
    stage.minutes(3)
    stage.account.act("PGR0001", "acknowledged", "PBEN")
    stage.minutes(4)
    stage.settle()
    state = stage.office.history().state
    assert (state.status.value, state.acknowledged_by, state.assignee) == ("acknowledged", "ben", "ben")
    assert state.acknowledged_at == stage.now - timedelta(minutes=1)
    assert _last(stage) == ("acknowledged", "ben", "pagerduty")
    assert stage.writes() == []


def test_a_person_is_looked_up_once(stage: Stage) -> None:
    """The writer does not wait for it: the event does, in the outbox."""
    stage.fire(alert())
    stage.account.act("PGR0001", "acknowledged", "PBEN")
    stage.receive()
    assert stage.office.kinds() == ["opened", "alert_fired", "linked"]
    stage.settle()
    stage.account.act("PGR0001", "annotated", "PBEN", "looks like the database")
    stage.settle()
    assert stage.office.kinds()[-2:] == ["acknowledged", "noted"]
    assert [path for _, path in stage.trouble.calls if "users" in path] == ["/users/PBEN"]


def test_an_event_told_twice_is_one(stage: Stage) -> None:
    """PagerDuty repeats what it has no answer to."""
    stage.fire(alert())
    stage.settle()
    stage.account.act("PGR0001", "annotated", "PANA", "hello")
    stage.webhooks *= 3
    stage.settle()
    assert stage.office.kinds().count("noted") == 1


def test_somebody_unknown_is_denied(stage: Stage) -> None:
    """It is in the audit with the name that PagerDuty knows, and the incident stays as it is."""
    stage.fire(alert())
    stage.account.act("PGR0001", "acknowledged", "PEVE")
    stage.settle()
    assert stage.office.history().state.status.value == "open"
    (denial,) = stage.denials
    assert (denial.by, denial.command, denial.incident, denial.source) == ("pagerduty:Eve", "ack", 1, "pagerduty")
    assert denial.reason == (
        "pagerduty:Eve is no member of a team by the e-mail there; it happened in PagerDuty all the same"
    )


def test_a_user_who_was_deleted_is_denied_too(stage: Stage) -> None:
    """PagerDuty no longer knows the address."""
    stage.fire(alert())
    stage.account.act("PGR0001", "acknowledged", "PBEN")
    del stage.account.users["PBEN"]
    stage.settle()
    assert [one.by for one in stage.denials] == ["pagerduty:Ben"]


def test_a_user_who_cannot_be_looked_up_is_a_stranger(stage: Stage) -> None:
    """PagerDuty will not say who it is: nothing is lost, and nothing waits for ever."""
    stage.fire(alert())
    wrong = JSONResponse({"error": {"message": "Invalid ID Provided", "code": 1004}}, 400)
    stage.trouble.answer = lambda request: wrong if "/users/" in request.url.path else None
    stage.account.act("PGR0001", "acknowledged", "PBEN")
    stage.settle()
    assert [one.by for one in stage.denials] == ["pagerduty:Ben"]
    assert stage.waiting() == []


def test_a_resolution_there_ends_the_incident(stage: Stage) -> None:
    """When no other page of it goes on."""
    stage.fire(alert(), alert("HighErrorRate"))
    stage.account.act("PGR0001", "resolved", "PANA")
    stage.settle()
    assert stage.office.history().state.status.value == "open"
    assert stage.office.history().events[-1].data["text"] == "Page PGR0001 was resolved in PagerDuty; 1 page goes on"
    stage.account.act("PGR0002", "resolved", "PANA")
    stage.settle()
    assert stage.office.history().state.status.value == "resolved"
    assert stage.office.history().state.resolved_by == "ana"
    assert stage.writes() == []


def test_what_alertmanager_resolves_there_is_not_a_decision(stage: Stage) -> None:
    """It tells us itself; no event comes of it."""
    stage.fire(alert())
    stage.settle()
    stage.page(alert(end=5))
    stage.settle()
    assert stage.office.history().state.status.value == "open"


def test_a_reassignment_assigns(stage: Stage) -> None:
    """To the member with that e-mail; one that says what is so already says nothing."""
    stage.fire(alert())
    stage.account.act("PGR0001", "reassigned", "PANA", "PBEN")
    stage.settle()
    assert stage.office.history().state.assignee == "ben"
    events = len(stage.office.history().events)
    stage.account.act("PGR0001", "reassigned", "PANA", "PBEN")
    stage.account.act("PGR0001", "reassigned", "PANA", "PEVE")
    stage.settle()
    assert len(stage.office.history().events) == events


def test_a_priority_there_is_one_here(stage: Stage) -> None:
    """By the policy's name for it; a name that nobody knows changes nothing, nor does the one it has."""
    stage.fire(alert())
    for name in ("P2", "P2", "P5"):
        stage.account.act("PGR0001", "priority_updated", "PANA", name)
        stage.settle()
    state = stage.office.history().state
    assert (state.priority, stage.office.kinds().count("priority_changed")) == ("P2", 1)
    assert stage.writes() == []


def test_reopening_there_reopens(stage: Stage) -> None:
    """An incident that a person resolved goes on."""
    stage.fire(alert())
    stage.ask("resolve")
    stage.settle()
    stage.minutes(2)
    stage.account.act("PGR0001", "reopened", "PANA")
    stage.settle()
    assert stage.office.history().state.status.value == "open"


def test_an_event_may_be_quicker_than_the_alert(stage: Stage) -> None:
    """It waits until Alertmanager's delivery is on the record."""
    stage.page(alert())
    stage.account.act("PGR0001", "acknowledged", "PANA")
    stage.receive()
    assert stage.deliver() == ["the incident is not on the record yet"]
    stage.minutes(3)
    stage.fire(alert(), page=False)
    stage.settle()
    state = stage.office.history().state
    assert (state.status.value, state.acknowledged_by) == ("acknowledged", "ana")


def test_what_belongs_to_nobody_here_is_forgotten(stage: Stage) -> None:
    """After ten minutes an event of a page that is none of ours is gone; one with a foreign key never waits."""
    stage.account.event("trigger", "f" * 64, "somebody else's")
    stage.account.event("trigger", "not-alertmanager", "somebody else's")
    stage.receive()
    assert len(stage.waiting()) == 1
    stage.minutes(11)
    stage.settle()
    assert stage.waiting() == []
    assert stage.office.records.histories == {}


def test_waiting_says_so(stage: Stage) -> None:
    """Nothing failed: it is only not time yet."""
    stage.page(alert())
    stage.receive()
    (parcel,) = stage.waiting()
    waiting = next(one for one in stage.integration.destinations if one.name == "pagerduty-waiting")
    with pytest.raises(Postponed):
        waiting.deliver(parcel)


def test_a_page_may_have_no_key_of_its_own(stage: Stage) -> None:
    """PagerDuty's incidents that were made from alerts need not; the alerts have it, and both ways work."""
    stage.account.keyless = True
    stage.fire(alert())
    stage.account.act("PGR0001", "annotated", "PBEN", "on my way")
    stage.account.act("PGR0001", "acknowledged", "PBEN")
    stage.settle()
    state = stage.office.history().state
    assert (state.status.value, state.acknowledged_by) == ("acknowledged", "ben")
    assert stage.office.kinds()[-3:] == ["linked", "noted", "acknowledged"]
    stage.ask("resolve", by="ana")
    stage.settle()
    assert stage.account.incidents[0].status == "resolved"
    assert stage.writes() == ["/incidents"]
    assert [path for _, path in stage.trouble.calls].count("/incidents/PGR0001/alerts") <= 3


def test_a_foreign_page_without_a_key_is_asked_for_once(stage: Stage) -> None:
    """Its alerts come from elsewhere, so nothing waits."""
    stage.account.keyless = True
    stage.account.event("trigger", "not-alertmanager", "somebody else's")
    stage.settle()
    assert stage.waiting() == []
    assert [path for _, path in stage.trouble.calls] == ["/incidents/PGR0001/alerts"]


def test_a_note_may_come_before_anything_else_is_known(stage: Stage) -> None:
    """On a new volume, for example: whose page it is follows from its alerts."""
    stage.fire(alert())
    stage.webhooks.clear()
    stage.account.act("PGR0001", "annotated", "PANA", "look at the bank")
    stage.settle()
    assert stage.office.history().events[-1].data["text"] == "look at the bank"
