"""Webhook deliveries that got lost are asked for again."""

from datetime import timedelta
from typing import Any

import pytest

from bots.errors import Unreachable
from bots.github.deliveries import missed
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
    assert stage.part().look() == 113
    stage.settle(within_s=7200)
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


def test_a_repository_without_our_webhook_is_said_so(stage: Stage) -> None:
    """There is nothing to look at then, and the operator can see why."""
    stage.hub.webhook.target = ""
    with pytest.raises(Unreachable) as caught:
        stage.part().look()
    assert str(caught.value) == "no webhook of example/incidents leads to https://incidents.example.com/github"
