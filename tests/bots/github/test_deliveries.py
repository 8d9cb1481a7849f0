"""Webhook deliveries that got lost are asked for again."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from fastapi.responses import JSONResponse

from bots.errors import Unreachable
from bots.github.deliveries import missed
from tests.bots.bot_process import wait_until
from tests.bots.github.stage import Stage
from tests.bots.office import TEN


def _attempt(number: int, guid: str, status: int, minutes: float) -> dict[str, Any]:
    at = (TEN + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")
    return {"id": number, "guid": guid, "status_code": status, "delivered_at": at}


def test_what_arrived_once_is_not_missed() -> None:
    """Whichever attempt it was; of the others the newest attempt is sent again, the oldest delivery first."""
    listed = [
        _attempt(6, "c", 0, 6),
        _attempt(5, "b", 502, 5),
        _attempt(4, "a", 202, 4),
        _attempt(3, "b", 500, 3),
        _attempt(2, "a", 502, 2),
    ]
    assert missed(listed, TEN + timedelta(hours=1)) == (5, 6)


def test_the_time_between_attempts_doubles() -> None:
    """At once, then after 30 seconds, a minute, two, at most an hour."""
    once = [_attempt(1, "a", 502, 0)]
    twice = [*once, _attempt(2, "a", 502, 1)]
    often = [_attempt(number, "a", 502, number) for number in range(20)]
    assert missed(once, TEN) == (1,)
    assert missed(twice, TEN + timedelta(seconds=89)) == ()
    assert missed(twice, TEN + timedelta(seconds=90)) == (2,)
    assert missed(often, TEN + timedelta(minutes=19, seconds=3599)) == ()
    assert missed(often, TEN + timedelta(minutes=79)) == (19,)


def test_what_people_did_while_the_bot_was_away_is_heard_afterwards(stage: Stage) -> None:
    """Comments, labels and closing: each once, in the end."""
    stage.fire()
    stage.settle()
    number = stage.issue().number
    stage.hub.webhook.lost = True
    stage.hub.repository.comment(number, "ana", "/ack")
    for place in range(110):
        stage.hub.repository.comment(number, "ben" if place % 20 == 0 else "github-actions[bot]", f"note {place}")
    stage.hub.repository.label("ben", number, "priority: P1")
    stage.hear()
    stage.hub.webhook.lost = False
    stage.advance(3600)
    # In turns of half a minute: GitHub takes no more at a time.
    found = [stage.part().look()]
    while found[-1]:
        stage.settle(within_s=7200)
        stage.advance(30)
        found.append(stage.part().look())
    assert found == [60, 53, 0]
    assert stage.kinds().count("acknowledged") == 1
    assert stage.kinds().count("noted") == 6
    assert stage.office.history().state.priority == "P1"
    stage.advance(300)
    assert stage.part().look() == 0


def test_after_a_restart_only_what_is_new_is_looked_at(stage: Stage) -> None:
    """Up to when everything arrived is remembered."""
    stage.fire()
    stage.settle()
    stage.advance(600)
    assert stage.part().look() == 0
    stage.hub.webhook.lost = True
    stage.hub.repository.comment(stage.issue().number, "ana", "/ack")
    stage.hear()
    stage.crash()
    stage.hub.webhook.lost = False
    stage.advance(60)
    assert stage.part().look() == 1
    stage.settle()
    assert "acknowledged" in stage.kinds()


def test_a_webhook_that_was_made_anew_is_found(stage: Stage) -> None:
    """Somebody deleted it and made another one."""
    stage.fire()
    stage.settle()
    part = stage.part()
    part.look()
    part._hook = "hooks/999999"
    stage.hub.answer = lambda request: JSONResponse({}, 404) if "/999999/" in request.url.path else None
    part.start()
    stage.hub.webhook.lost = True
    stage.hub.repository.comment(stage.issue().number, "ana", "/ack")
    stage.hear()
    stage.hub.webhook.lost = False
    wait_until(lambda: not part._hook, 5.0, lambda: part._hook)
    part.stop()
    assert part.look() == 1


def test_a_limit_is_waited_for(stage: Stage) -> None:
    """What GitHub asks to wait is longer than the time between two looks."""
    part = stage.part()
    waits: list[float] = []

    class Stopping(threading.Event):
        """Says how long it was waited for, and ends the second wait."""

        def wait(self, timeout: float | None = None) -> bool:
            waits.append(timeout or 0.0)
            return len(waits) > 1

    part._stopping = Stopping()
    limit = JSONResponse({"message": "You have exceeded a secondary rate limit"}, 403, headers={"Retry-After": "300"})
    stage.hub.answer = lambda request: limit
    part._run()
    assert waits == [0.0, 300.0]


def test_a_repository_without_our_webhook_is_said_so(stage: Stage) -> None:
    """There is nothing to look at then, and the operator can see why."""
    stage.hub.webhook.target = ""
    with pytest.raises(Unreachable) as caught:
        stage.part().look()
    assert str(caught.value) == "no webhook of example/incidents leads to https://incidents.example.com/github"
