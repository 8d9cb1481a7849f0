"""What people write is heard where no webhook tells of it."""

from fastapi import Request
from fastapi.responses import JSONResponse, Response

from tests.bots.github.stage import Stage
from tests.bots.github.test_by_hand import FORM


def _untold(stage: Stage) -> None:
    """No webhook leads to the bot from now on."""
    stage.hub.webhook.target, stage.told = "", False
    stage.crash()


def _look(stage: Stage) -> str:
    """Half a minute passes, and the bot looks; what it could not look at."""
    stage.settle()
    stage.advance(31)
    why, _ = stage.part()._turn()
    stage.settle()
    return why


def test_without_a_webhook_comments_and_new_incidents_are_found(stage: Stage) -> None:
    """Each once, within a minute; what programs and the bot itself write is none of it."""
    _untold(stage)
    stage.fire()
    stage.settle()
    number = stage.issue().number
    stage.hub.repository.comment(number, "ana", "The bank is down.\n\n/ack")
    stage.hub.repository.comment(number, "github-actions[bot]", "/resolve")
    stage.hub.repository.open("ben", "[incident] Lisbon", FORM, ["incident"])
    stage.hub.repository.open("ben", "A question")
    for _ in range(4):
        assert _look(stage) == ""
    assert [kind for kind in stage.kinds() if kind in ("noted", "acknowledged", "resolved")] == [
        "noted",
        "acknowledged",
    ]
    assert stage.issue().comments[0].reactions == [("tocsin[bot]", "+1")]
    assert stage.office.history(2).state.title == "Nobody in Lisbon can pay"
    assert len(stage.office.records.histories) == 2


def test_what_was_refused_is_not_tried_again_at_every_look(stage: Stage) -> None:
    """What could be done later was asked for earlier."""
    _untold(stage)
    stage.fire()
    stage.settle()
    stage.hub.repository.comment(stage.issue().number, "ana", "/close noise")
    _look(stage)
    stage.ask("resolve")
    for _ in range(3):
        _look(stage)
    assert stage.office.history().state.status.value == "resolved"
    assert len(stage.issue().comments) == 2


def test_an_edit_that_is_found_corrects_notes_and_gives_no_command(stage: Stage) -> None:
    """What the comment said before is not known."""
    _untold(stage)
    stage.fire()
    stage.settle()
    said = stage.hub.repository.comment(stage.issue().number, "ana", "The bank is down.\n/priority P2")
    _look(stage)
    stage.ask("priority", priority="P1")
    stage.hub.repository.edit_comment(said.id, "ana", "The bank is slow.\n/priority P2")
    _look(stage)
    assert stage.office.history().state.priority == "P1"
    assert "noted: The bank is slow." in stage.issue().body
    assert stage.kinds().count("noted") == 1


def test_lost_deliveries_that_may_not_be_asked_for_are_looked_for(stage: Stage) -> None:
    """The log says which permission is missing; a delivery that comes all the same is no second comment."""
    stage.fire()
    stage.settle()

    def forbidden(request: Request) -> Response | None:
        return JSONResponse({"message": "Not Found"}, 404) if "/hooks" in request.url.path else None

    stage.hub.answer = forbidden
    stage.hub.webhook.lost = True
    stage.hub.repository.comment(stage.issue().number, "ana", "/ack")
    stage.settle()
    stage.hub.webhook.lost = False
    assert _look(stage) == (
        'GET /repos/example/incidents/hooks: 404: {"message":"Not Found"}; the bot needs Webhooks, read and write, '
        "in this repository; meanwhile it looks for comments itself"
    )
    assert stage.kinds()[-1] == "acknowledged"
    stage.hub.repository.comment(stage.issue().number, "ben", "told")
    lost = next(one for one in stage.hub.webhook.attempts if one["event"] == "issue_comment")
    stage.hub.webhook.redeliver(lost["id"])
    for _ in range(3):
        _look(stage)
    assert stage.kinds().count("acknowledged") == 1
    assert stage.kinds().count("noted") == 1
    assert [one.author for one in stage.issue().comments] == ["ana", "ben"]


def test_a_bot_that_was_away_for_a_week_hears_what_was_written(stage: Stage) -> None:
    """GitHub keeps deliveries for three days."""
    stage.fire()
    stage.settle()
    stage.part().look()
    stage.hub.webhook.lost = True
    stage.advance(60)
    stage.hub.repository.comment(stage.issue().number, "ana", "/ack")
    stage.hear()
    stage.hub.webhook.lost = False
    stage.hub.webhook.attempts.clear()
    stage.advance(7 * 86_400)
    stage.crash()
    assert stage.part().look() == 0
    stage.settle()
    assert stage.kinds()[-1] == "acknowledged"
