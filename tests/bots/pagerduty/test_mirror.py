"""What people do elsewhere reaches PagerDuty, once, and what happens there does not go back."""

from datetime import timedelta

import pytest
from fastapi.responses import JSONResponse
from starlette.requests import Request

from bots.errors import Undeliverable, Unreachable
from tests.bots.office import at
from tests.bots.pagerduty.stage import Stage, alert


def _statuses(stage: Stage) -> list[str]:
    return [one.status for one in stage.account.incidents]


def test_an_acknowledgment_in_slack_is_one_in_pagerduty(stage: Stage) -> None:
    """In the name of whoever gave it; what comes back changes nothing and is told to nobody again."""
    stage.fire(alert())
    stage.minutes(1)
    stage.ask("ack", by="ana")
    stage.settle()
    (page,) = stage.account.incidents
    assert (page.status, page.log) == ("acknowledged", ["triggered", "acknowledged by Ana"])
    assert stage.writes() == ["/incidents"]
    assert stage.office.kinds() == ["opened", "alert_fired", "acknowledged", "linked"]
    calls = len(stage.trouble.calls)
    stage.settle()
    assert len(stage.trouble.calls) == calls


def test_the_record_says_which_page_it_is(stage: Stage) -> None:
    """A link, once, however often it is told."""
    stage.fire(alert())
    stage.receive()
    stage.ask("ack")
    stage.settle()
    (link,) = stage.office.history().state.inputs.links
    assert (link.relation, link.url) == ("pagerduty_incident", "https://acme.pagerduty.com/incidents/PGR0001")


def test_who_has_no_account_there_acts_in_the_name_of_the_bot(stage: Stage) -> None:
    """The sender of the settings is used where PagerDuty does not know the member."""
    stage.fire(alert())
    stage.ask("ack", by="chi")
    stage.settle()
    assert stage.account.incidents[0].log == ["triggered", "acknowledged by Tocsin"]


def test_a_resolution_by_a_person_ends_every_page(stage: Stage) -> None:
    """One of ours may have several there: one for each kind of alert."""
    stage.fire(alert(), alert("HighErrorRate"))
    stage.ask("resolve", verdict="actionable")
    stage.settle()
    assert _statuses(stage) == ["resolved", "resolved"]
    assert stage.writes() == ["/incidents"]


def test_what_ends_by_itself_is_left_to_alertmanager(stage: Stage) -> None:
    """It resolves its own pages; the bot writes nothing."""
    stage.fire(alert())
    stage.settle()
    stage.minutes(10)
    stage.fire(alert(end=10))
    stage.settle()
    assert (_statuses(stage), stage.writes()) == (["resolved"], [])
    assert stage.office.history().state.status.value == "resolved"


def test_notes_cost_nothing(stage: Stage) -> None:
    """What PagerDuty need not know makes no request."""
    stage.fire(alert())
    stage.settle()
    for number in range(30):
        stage.ask("note", text=f"note {number}")
    stage.settle()
    assert stage.trouble.calls == []


def test_a_page_that_is_not_there_yet_is_waited_for(stage: Stage) -> None:
    """Alertmanager tells the bot ten seconds before it tells PagerDuty."""
    stage.fire(alert(), page=False)
    stage.ask("ack")
    assert stage.deliver() == ["the page is not in PagerDuty yet"]
    stage.page(alert())
    stage.minutes(0.2)
    stage.settle()
    assert _statuses(stage) == ["acknowledged"]


def test_a_page_that_never_comes_is_given_up(stage: Stage) -> None:
    """A muted page, or PagerDuty away from Alertmanager: after minutes nothing waits for it."""
    stage.fire(alert(), page=False)
    stage.ask("ack")
    for tenths in range(40):
        stage.minutes(tenths / 10)
        stage.deliver()
    assert stage.waiting() == []


def test_an_alert_that_begins_later_still_rings(stage: Stage) -> None:
    """Somebody took on what they knew of: a new kind of alert is news."""
    stage.fire(alert())
    stage.minutes(2)
    stage.ask("ack")
    stage.settle()
    stage.minutes(5)
    stage.fire(alert("HighErrorRate", start=5))
    stage.ask("note", text="what is that?")
    stage.settle()
    assert _statuses(stage) == ["acknowledged", "triggered"]


def test_a_priority_and_a_person_are_those_of_every_page(stage: Stage) -> None:
    """Also of one whose alert began after the acknowledgment, and that goes on to ring."""
    stage.fire(alert())
    stage.ask("ack")
    stage.settle()
    stage.minutes(5)
    stage.fire(alert("HighErrorRate", start=5))
    stage.minutes(6)
    stage.ask("priority", priority="P2")
    stage.ask("assign", to="ben")
    stage.settle()
    pages = stage.account.incidents
    assert [(one.priority, one.assignees) for one in pages] == [("P2", ["PBEN"])] * 2
    assert pages[1].status == "triggered"
    assert "acknowledged" not in " ".join(pages[1].log)


def test_an_acknowledgment_that_ran_out_is_not_given_again(stage: Stage) -> None:
    """PagerDuty takes it back so that nobody falls asleep over it."""
    stage.fire(alert())
    stage.ask("ack")
    stage.settle()
    stage.minutes(30)
    stage.account.time_out("PGR0001")
    stage.ask("note", text="still looking")
    stage.settle()
    assert _statuses(stage) == ["triggered"]
    assert stage.office.history().events[-1].data["text"] == (
        "Page PGR0001 is waiting for an acknowledgment again: PagerDuty took it back"
    )


def test_a_reopened_incident_can_be_acknowledged_again(stage: Stage) -> None:
    """The new page of the new episode is acknowledged, the old one is left alone."""
    stage.fire(alert())
    stage.ask("ack")
    stage.settle()
    stage.minutes(10)
    stage.fire(alert(end=10))
    stage.settle()
    stage.minutes(15)
    stage.fire(alert(start=15))
    stage.settle()
    stage.minutes(16)
    stage.ask("ack")
    stage.settle()
    assert _statuses(stage) == ["resolved", "acknowledged"]


def test_a_changed_priority_is_changed_there(stage: Stage) -> None:
    """By the name that the policy gives it; the priority that follows from the alerts is nobody's decision."""
    stage.fire(alert())
    stage.settle()
    assert stage.trouble.calls == []
    stage.ask("priority", priority="P2")
    stage.settle()
    assert stage.account.incidents[0].priority == "P2"
    stage.ask("priority", priority="P0")
    stage.settle()
    assert stage.account.incidents[0].priority == "P2", "the account has no P0"


def test_an_escalation_here_is_one_there(stage: Stage) -> None:
    """While nobody has acknowledged it."""
    stage.fire(alert())
    stage.ask("escalate", by="tocsin", text="Nobody acknowledged within 5m", step=2, to="ana", source="clock")
    stage.settle()
    assert (stage.account.incidents[0].level, _statuses(stage)) == (2, ["triggered"])
    stage.settle()
    assert stage.writes() == ["/incidents"]


def test_an_outage_loses_nothing_and_repeats_nothing(stage: Stage) -> None:
    """For an hour every request fails, each in another way; then one write does it."""
    ways = [
        JSONResponse({"error": {"message": "down"}}, 503),
        JSONResponse({"error": {"message": "broken"}}, 500),
        JSONResponse({"error": {"message": "slow down", "code": 2020}}, 429, headers={"ratelimit-reset": "17"}),
        JSONResponse({"error": {"message": "the key ran out"}}, 401),
    ]
    stage.fire(alert())
    stage.ask("ack")
    count = 0

    def fail(request: Request) -> JSONResponse:
        nonlocal count
        count += 1
        return ways[count % len(ways)]

    stage.trouble.answer = fail
    waits = []
    for minute in range(0, 60, 10):
        stage.now = at(minute)
        with pytest.raises(Unreachable) as caught:
            stage.deliver()
        waits.append(caught.value.after_s)
    assert 17.0 in waits
    stage.trouble.answer = lambda request: None
    stage.now += timedelta(hours=1)
    stage.trouble.calls.clear()
    stage.settle()
    assert stage.account.incidents[0].log == ["triggered", "acknowledged by Ana"]
    assert stage.writes() == ["/incidents"]


def test_a_write_whose_answer_was_lost_is_harmless(stage: Stage) -> None:
    """It is asked again how things stand, and nothing is left to write."""
    stage.fire(alert())
    stage.ask("ack")
    stage.account.act("PGR0001", "acknowledged", "PANA")
    stage.settle()
    assert stage.writes() == []


def test_an_address_that_is_no_pagerduty_is_told_to_the_operator(stage: Stage) -> None:
    """An answer of another shape is no reason to try for ever."""
    stage.fire(alert())
    stage.ask("ack")
    stage.trouble.answer = lambda request: JSONResponse({"hello": "world"})
    with pytest.raises(Undeliverable) as caught:
        stage.deliver()
    assert str(caught.value).endswith("/incidents does not answer as PagerDuty's REST API, version 2, does")
