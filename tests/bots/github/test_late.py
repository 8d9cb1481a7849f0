"""What GitHub makes after the answer was given up: it is waited for, and never made twice."""

from typing import Any

import orjson
import pytest
from fastapi import Request
from fastapi.responses import JSONResponse, Response

from tests.bots.github.stage import Stage


class Late:
    """Answers writes with 502 as long as it is in the way, and keeps what they asked for."""

    def __init__(self, stage: Stage, path: str) -> None:
        """`path` is how those end."""
        self.stage = stage
        self.path = path
        self.asked: list[dict[str, Any]] = []
        stage.hub.answer = self

    def __call__(self, request: Request) -> Response | None:
        if request.method != "POST" or not request.url.path.endswith(self.path):
            return None
        self.asked.append(orjson.loads(request._body))
        return JSONResponse({"message": "Server Error"}, 502)

    def done(self) -> dict[str, Any]:
        """Lets everything through from now on; what was asked for last."""
        self.stage.hub.answer = lambda request: None
        return self.asked[-1]


def _bots(stage: Stage) -> list[str]:
    return [one.body for one in stage.issue().comments if one.author == "tocsin[bot]"]


@pytest.mark.parametrize("tries", [1, 2])
def test_an_issue_that_appears_late_is_the_only_one(stage: Stage, tries: int) -> None:
    """After the first attempt, and after a second one that was made when the first had come to nothing."""
    late = Late(stage, "/issues")
    stage.fire()
    stage.work()
    while len(late.asked) < tries:
        stage.advance(5)
        stage.work()
    said = late.done()
    stage.advance(10)
    stage.work()
    assert stage.issues == []
    stage.hub.repository.create("tocsin[bot]", said["title"], said["body"], said["labels"], [])
    stage.settle()
    assert len(stage.issues) == 1


def test_an_issue_is_found_among_those_of_many_people(stage: Stage) -> None:
    """Page after page; what is older than the attempt is not looked at."""
    for number in range(150):
        stage.hub.repository.open("ben", f"Old {number}")
    stage.advance(86_400)
    late = Late(stage, "/issues")
    stage.fire()
    stage.work()
    said = late.done()
    stage.hub.repository.create("tocsin[bot]", said["title"], said["body"], said["labels"], [])
    stage.advance(1)
    for number in range(150):
        stage.hub.repository.open("ben", f"{said['title']} {number}", said["body"])
    for issue in stage.issues:
        issue.updated_at = stage.now
    stage.settle()
    assert [issue.author for issue in stage.issues].count("tocsin[bot]") == 1
    assert stage.hub.calls.count(("GET", "/repos/example/incidents/issues")) == 2


def test_a_comment_that_appears_late_is_the_only_one(stage: Stage) -> None:
    """A note from elsewhere."""
    stage.fire()
    stage.settle()
    late = Late(stage, "/comments")
    stage.ask("note", text="the bank is down")
    stage.work()
    said = late.done()
    stage.advance(10)
    stage.work()
    assert _bots(stage) == []
    stage.hub.repository.comment(stage.issue().number, "tocsin[bot]", said["body"])
    stage.settle()
    assert len(_bots(stage)) == 1


def test_an_answer_that_appears_late_is_the_only_one(stage: Stage) -> None:
    """To somebody who asked for what cannot be; and one that never appears is given in the end."""
    stage.fire()
    stage.settle()
    for appears in (True, False):
        late = Late(stage, "/comments")
        stage.hub.repository.comment(stage.issue().number, "ana", "/priority high")
        stage.hear()
        stage.work()
        said = late.done()
        stage.advance(10)
        stage.work()
        assert len(_bots(stage)) == (0 if appears else 1)
        if appears:
            stage.hub.repository.comment(stage.issue().number, "tocsin[bot]", said["body"])
        stage.settle()
    assert len(_bots(stage)) == 2


def test_a_locked_issue_gets_its_comments_when_it_is_unlocked(stage: Stage) -> None:
    """Notes and answers wait, and hold up neither the issue itself nor others."""
    stage.fire()
    stage.settle()
    locked = JSONResponse({"message": "Unable to create comment because issue is locked."}, 403)
    stage.hub.answer = lambda request: (
        locked if request.method == "POST" and request.url.path.endswith("/comments") else None
    )
    stage.ask("note", text="the bank is down")
    stage.hub.repository.comment(stage.issue().number, "ana", "/priority high")
    stage.ask("ack")
    stage.fire(service="cart")
    for _ in range(20):
        stage.hear()
        stage.work()
        stage.advance(60)
    assert "state: acknowledged" in stage.issue().labels
    assert len(stage.issues) == 2
    assert stage.failed() == []
    assert any(why.endswith("and an issue that is not locked for it") for why in stage.why())
    stage.hub.answer = lambda request: None
    stage.settle()
    assert len(_bots(stage)) == 2


def test_what_was_submitted_too_quickly_is_submitted_later(stage: Stage) -> None:
    """GitHub says so as if the issue were wrong; nothing is lost."""
    wrong = {"resource": "Issue", "code": "custom", "field": "base", "message": "was submitted too quickly"}
    about = {"message": "Validation Failed", "errors": [wrong], "documentation_url": "https://docs.github.com/rest"}
    stage.hub.answer = lambda request: JSONResponse(about, 422) if request.method == "POST" else None
    stage.fire()
    stage.work()
    assert stage.failed() == []
    stage.hub.answer = lambda request: None
    calls = len(stage.hub.calls)
    stage.advance(59)
    stage.work()
    assert len(stage.hub.calls) == calls
    stage.settle()
    assert len(stage.issues) == 1
