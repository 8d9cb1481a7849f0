"""What PagerDuty refuses about one page, or of one person, does not keep it from the rest."""

import pytest
from fastapi.responses import JSONResponse
from starlette.requests import Request

from bots.errors import Undeliverable, Unreachable
from tests.bots.pagerduty.stage import Stage, alert


def _at_the_write(stage: Stage, doing: str, page: str) -> None:
    """Somebody there is quicker than the bot's write, which has looked already."""
    stage.trouble.answer = lambda request: _happens(stage, request, doing, page)


def _happens(stage: Stage, request: Request, doing: str, page: str) -> JSONResponse | None:
    one = stage.account.get(page)
    if request.method == "PUT" and one.status != "resolved":
        stage.account.act(page, doing, "PBEN")
    return None


def test_a_page_that_ended_meanwhile_is_left_alone(stage: Stage) -> None:
    """PagerDuty refuses the whole request for it; the other page is acknowledged all the same."""
    stage.fire(alert(), alert("HighErrorRate"))
    stage.ask("ack")
    _at_the_write(stage, "resolved", "PGR0001")
    stage.settle()
    assert [one.status for one in stage.account.incidents] == ["resolved", "acknowledged"]
    assert stage.waiting() == []


def test_a_resolution_on_both_sides_at_once(stage: Stage) -> None:
    """Both wanted the same: nothing is left to do."""
    stage.fire(alert())
    stage.ask("resolve")
    _at_the_write(stage, "resolved", "PGR0001")
    stage.settle()
    assert stage.account.incidents[0].log == ["triggered", "resolved by Ben"]
    assert stage.office.history().state.resolved_by == "ana"


@pytest.mark.parametrize("why", ["low", "levels"])
def test_what_cannot_be_escalated_there_is_told_here_alone(stage: Stage, why: str) -> None:
    """A page without urgency has no levels, and no policy has more than it has; what else is to be said is said."""
    stage.fire(alert())
    stage.settle()
    if why == "low":
        stage.account.incidents[0].urgency = "low"
    else:
        stage.account.levels = 1
    stage.ask("priority", priority="P2")
    stage.ask("escalate", by="tocsin", text="Nobody acknowledged within 5m", step=2, to="ana", source="clock")
    stage.settle()
    page = stage.account.incidents[0]
    assert (page.level, page.priority) == (1, "P2")
    assert stage.waiting() == []


def test_a_page_that_pagerduty_took_further_is_not_called_back(stage: Stage) -> None:
    """Its own policy was quicker: level 3 is called already, and the second step here is level 2 there."""
    stage.fire(alert())
    stage.account.act("PGR0001", "escalated", "PBEN", "PANA")
    stage.account.act("PGR0001", "escalated", "PBEN", "PBEN")
    stage.settle()
    stage.ask("escalate", by="tocsin", text="Nobody acknowledged within 5m", step=2, to="ana", source="clock")
    stage.settle()
    assert stage.writes() == []


def test_nobody_left_to_tell_calls_nobody_again(stage: Stage) -> None:
    """The last step is only a sentence in the record."""
    stage.fire(alert())
    stage.ask("escalate", by="tocsin", text="nobody is left to escalate to", step=1, source="clock")
    stage.settle()
    assert stage.writes() == []


def test_a_sender_that_is_no_user_can_be_mended(stage: Stage) -> None:
    """The errand waits until somebody makes the user, and says what to do."""
    stage.fire(alert())
    del stage.account.users["PBOT"]
    stage.ask("ack", by="chi")
    with pytest.raises(Unreachable) as caught:
        stage.deliver()
    assert str(caught.value).endswith(
        "/incidents: 400 Bad Request: Requester User Not Found; expected a user of the account who may respond, in "
        "TOCSIN_PAGERDUTY_FROM"
    )
    stage.account.users["PBOT"] = "tocsin@example.com"
    stage.settle()
    assert stage.account.incidents[0].log[-1] == "acknowledged by Tocsin"


def test_who_may_not_respond_there_acts_in_the_name_of_the_bot(stage: Stage) -> None:
    """A stakeholder has an account, and no right to acknowledge."""
    stage.fire(alert())
    stage.ask("ack", by="ana")
    refused = {"error": {"message": "Requester not authorized to perform action", "code": 1018}}

    def refuse(request: Request) -> JSONResponse | None:
        return JSONResponse(refused, 403) if request.headers.get("from") == "ana@example.com" else None

    stage.trouble.answer = refuse
    stage.settle()
    assert stage.account.incidents[0].log[-1] == "acknowledged by Tocsin"


def test_what_is_refused_for_another_reason_is_told_to_the_operator(stage: Stage) -> None:
    """After whatever else could be written."""
    stage.fire(alert(), alert("HighErrorRate"))
    stage.ask("ack")
    wrong = {"error": {"message": "Invalid Input Provided", "code": 2001, "errors": ["Title is too long"]}}

    calls = iter([JSONResponse(wrong, 400), JSONResponse(wrong, 400)])
    stage.trouble.answer = lambda request: next(calls, None) if request.method == "PUT" else None
    with pytest.raises(Undeliverable) as caught:
        stage.deliver()
    assert str(caught.value).endswith("/incidents: 400 Bad Request: Invalid Input Provided; Title is too long")
    assert [one.status for one in stage.account.incidents] == ["triggered", "acknowledged"]
