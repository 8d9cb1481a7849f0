"""GitHub down, slow, limited, cut off in the middle: nothing is lost, nothing is there twice."""

import itertools
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest
from fastapi import Request
from fastapi.responses import JSONResponse, Response
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.bots.github.stage import Stage, staged

Answer = Callable[[Request], Response | None]


class Cut(Response):
    """An answer that breaks off: whoever asked does not know what happened."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        headers = [(b"content-length", b"1000"), (b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b'{"half'})


def _down(request: Request) -> Response:
    return JSONResponse({"message": "Service unavailable"}, 503)


def _bots(stage: Stage) -> list[str]:
    return [one.body for one in stage.issue().comments if one.author == "tocsin[bot]"]


def test_hours_without_github_end_in_one_issue_with_everything(stage: Stage) -> None:
    """Meanwhile it is asked ever less often; afterwards one call says it all."""
    stage.hub.answer = _down
    stage.fire()
    stage.ask("ack")
    stage.ask("note", text="the bank is down")
    for _ in range(3 * 60):
        stage.work()
        stage.advance(60)
    assert stage.waiting() >= 3
    assert len(stage.hub.calls) < 120
    stage.hub.answer = lambda request: None
    stage.settle()
    (issue,) = stage.issues
    assert "state: acknowledged" in issue.labels
    assert "noted: the bank is down" in issue.body
    assert [what for _, what in issue.writes] == ["created"]


def test_while_it_is_down_nothing_that_was_said_is_lost(stage: Stage) -> None:
    """Notes become comments afterwards, in order, once each."""
    stage.fire()
    stage.settle()
    stage.hub.answer = _down
    for number in range(10):
        stage.ask("note", text=f"note {number}")
        stage.work()
        stage.advance(600)
    stage.hub.answer = lambda request: None
    stage.settle()
    assert [f"> note {number}" in body for number, body in enumerate(_bots(stage))] == [True] * 10


@pytest.mark.parametrize("crash", [False, True], ids=["same-process", "after-a-crash"])
def test_an_issue_whose_opening_has_an_unknown_end_is_looked_for(stage: Stage, crash: bool) -> None:
    """It was opened and the answer was lost: it is found by listing, never by search, and not opened again."""
    _cut_after(stage, "POST", "/issues", times=1)
    stage.fire()
    stage.work()
    assert len(stage.issues) == 1
    if crash:
        stage.crash()
    stage.settle()
    assert len(stage.issues) == 1
    assert stage.remembered() is not None
    assert not any("search" in path for _, path in stage.hub.calls)
    assert ("GET", "/repos/example/incidents/issues") in stage.hub.calls


def test_an_issue_that_was_not_opened_after_all_is_opened_a_little_later(stage: Stage) -> None:
    """The request may still be on its way: it is waited for before another one is made."""
    stage.hub.answer = lambda request: Cut() if request.method == "POST" else None
    stage.fire()
    begun = stage.now
    stage.work()
    stage.hub.answer = lambda request: None
    stage.settle(step_s=1)
    assert len(stage.issues) == 1
    assert (stage.issue().at - begun).total_seconds() >= 30


def test_a_comment_on_an_issue_that_the_bot_does_not_know_of_yet_is_heard(stage: Stage) -> None:
    """Somebody was faster than GitHub's answer; an issue that only looks like the bot's is not taken for one."""
    _cut_after(stage, "POST", "/issues", times=1)
    stage.fire()
    stage.work()
    forged = stage.hub.repository.open("mallory", stage.issue().title, stage.issue().body)
    stage.hub.repository.comment(forged.number, "ana", "/mitigate")
    stage.hub.repository.comment(stage.issue().number, "ana", "/ack")
    stage.hear()
    assert stage.remembered() is None
    assert stage.kinds() == ["opened", "alert_fired", "acknowledged"]


def test_a_comment_whose_end_is_unknown_is_looked_for(stage: Stage) -> None:
    """It is there once."""
    stage.fire()
    stage.settle()
    _cut_after(stage, "POST", "/comments", times=1)
    stage.ask("note", text="once")
    stage.settle()
    stage.crash()
    stage.settle()
    assert len(_bots(stage)) == 1


def test_an_answer_to_a_person_whose_end_is_unknown_is_looked_for(stage: Stage) -> None:
    """They hear it once."""
    stage.fire()
    stage.settle()
    _cut_after(stage, "POST", "/comments", times=1)
    stage.hub.repository.comment(stage.issue().number, "ana", "/priority high")
    stage.settle()
    assert len(_bots(stage)) == 1


def test_a_lost_folder_leads_to_no_second_issue(stage: Stage) -> None:
    """The record names the issue; notes are not said again, and comments are heard from the first moment."""
    stage.fire()
    stage.ask("note", text="before")
    stage.settle()
    stage.ask("note", text="after")
    stage.settle()
    stage.lose()
    stage.hub.repository.comment(stage.issue().number, "ana", "/ack")
    stage.settle()
    stage.ask("mitigate")
    stage.settle()
    assert len(stage.issues) == 1
    assert "state: mitigated" in stage.issue().labels
    assert len(_bots(stage)) == 1
    assert "acknowledged" in stage.kinds()


def test_a_folder_lost_before_the_record_knew_the_issue_leads_to_none_either(stage: Stage) -> None:
    """The issue is found among those that the bot opened since."""
    stage.fire()
    stage.work()
    stage.lose()
    stage.advance(600)
    stage.ask("ack")
    stage.settle()
    assert len(stage.issues) == 1
    assert "state: acknowledged" in stage.issue().labels


@pytest.mark.parametrize(
    ("status", "headers", "message"),
    [
        (429, {"Retry-After": "300"}, "Too many requests"),
        (403, {"Retry-After": "300"}, "You have exceeded a secondary rate limit"),
        (403, {"x-ratelimit-remaining": "0"}, "API rate limit exceeded for installation"),
    ],
    ids=["429", "secondary", "primary"],
)
def test_a_limit_is_obeyed_to_the_second(stage: Stage, status: int, headers: dict[str, str], message: str) -> None:
    """Nothing is asked before the time that GitHub names."""
    stage.fire()
    reset = str(int(stage.now.timestamp()) + 300)
    stage.hub.answer = lambda request: JSONResponse(
        {"message": message}, status, headers={**headers, "x-ratelimit-reset": reset}
    )
    stage.work()
    stage.hub.answer = lambda request: None
    calls = len(stage.hub.calls)
    for _ in range(29):
        stage.advance(10)
        stage.work()
    assert len(stage.hub.calls) == calls
    stage.advance(15)
    stage.settle()
    assert len(stage.issues) == 1


def test_the_last_requests_of_the_hour_are_left_for_what_is_urgent(stage: Stage) -> None:
    """What only alerts changed waits until the limit begins anew, a person's doing does not."""
    stage.fire()
    stage.settle()
    reset = str(int(stage.now.timestamp()) + 1800)
    rest = {"x-ratelimit-remaining": "150", "x-ratelimit-reset": reset}
    stage.hub.checked = _with_headers(stage, rest)
    stage.ask("note", text="so that the limit is known")
    stage.settle()
    stage.fire(instance="b")
    for _ in range(20):
        stage.advance(60)
        stage.work()
    assert "#### Alerts: 1 firing" in stage.issue().body
    stage.ask("ack")
    stage.work()
    assert "#### Alerts: 2 firing" in stage.issue().body


def test_a_second_lies_between_two_issues_over_a_restart_too(stage: Stage) -> None:
    """As GitHub asks whoever writes much."""
    for number in range(12):
        stage.fire(service=f"service-{number}")
    stage.work()
    stage.crash()
    for number in range(12, 24):
        stage.fire(service=f"service-{number}")
    stage.settle()
    opened = sorted(issue.at for issue in stage.issues)
    assert len(opened) == 24
    assert all((last - first).total_seconds() >= 1 for first, last in itertools.pairwise(opened))


def test_an_answer_that_comes_too_late_is_one_that_was_lost(stage: Stage) -> None:
    """The issue was opened, nobody waited for the answer, and it is found; others were not held up for longer."""
    stage.github._timeout_s = (0.3, 0.3)

    def slow(request: Request, body: bytes, response: Response) -> Response | None:
        stage.checker(request, body, response)
        stage.hub.checked = stage.checker
        time.sleep(0.8)
        return None

    stage.hub.checked = slow
    stage.fire()
    begun = time.monotonic()
    stage.work()
    assert time.monotonic() - begun < 5
    assert "Read timed out" in stage.why()[0]
    time.sleep(0.8)
    stage.settle()
    assert len(stage.issues) == 1


def test_a_connection_that_nobody_answers_is_given_up(stage: Stage) -> None:
    """Half-open: it is taken, and then nothing comes."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        stage.github._timeout_s, url = (0.3, 0.3), stage.github._url
        stage.github._url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        stage.fire()
        stage.work()
        assert "timed out" in stage.why()[0]
        stage.github._url = url
        stage.settle()
    assert len(stage.issues) == 1


@pytest.mark.parametrize("status", [403, 404])
def test_a_bot_that_is_not_let_in_writes_when_it_is(stage: Stage, status: int) -> None:
    """Neither a missing permission nor an App that was taken out of the repository loses anything."""
    closed = JSONResponse({"message": "Resource not accessible by integration"}, status)
    stage.hub.answer = lambda request: closed if "/issues" in request.url.path else None
    stage.fire()
    stage.work()
    assert "the bot needs Issues, read and write, in this repository" in stage.why()[0]
    stage.hub.answer = lambda request: None
    stage.settle()
    stage.hub.answer = lambda request: closed if "/issues" in request.url.path else None
    stage.ask("ack")
    stage.work()
    stage.hub.answer = lambda request: None
    stage.settle()
    assert len(stage.issues) == 1
    assert "state: acknowledged" in stage.issue().labels
    assert stage.failed() == []


def test_a_token_that_is_not_valid_loses_nothing(stage: Stage) -> None:
    """It is put right in the file while the bot runs."""
    token = stage.home / "token"
    good = token.read_text()
    token.write_text("wrong\n")
    stage.crash()
    token.write_text("wrong\n")
    stage.github._credentials._secrets._looked_at = float("-inf")  # type: ignore[attr-defined]  # looked at anew
    stage.fire()
    stage.work()
    assert "the token or the App's key is not valid" in stage.why()[0]
    token.write_text(good)
    stage.github._credentials._secrets._looked_at = float("-inf")  # type: ignore[attr-defined]  # looked at anew
    stage.settle()
    assert len(stage.issues) == 1


TROUBLES = ("ok", "503", "502-after", "cut", "cut-after", "429", "crash")


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(plan=st.lists(st.sampled_from(TROUBLES), max_size=14), numbers=st.integers(1, 3))
def test_whatever_happens_there_is_one_issue_each_and_every_note_once(
    tmp_path_factory: pytest.TempPathFactory, plan: list[str], numbers: int
) -> None:
    """Any sequence of outages, lost answers, limits and crashes ends in the same issues."""
    with staged(tmp_path_factory.mktemp("plan")) as stage:
        troubles = iter(plan)
        stage.hub.answer = lambda request: _trouble(stage, request, next(troubles, "ok"))
        for number in range(numbers):
            stage.fire(service=f"service-{number}")
            stage.work()
        for place, word in enumerate(plan):
            if word == "crash":
                stage.crash()
            if place % 3 == 0:
                stage.ask("note", number=1 + place % numbers, text=f"note {place}")
            stage.work()
            stage.advance(40)
        stage.settle(step_s=20)
        assert sorted(issue.title[:5] for issue in stage.issues) == [f"INC-{one + 1}" for one in range(numbers)]
        for issue in stage.issues:
            bodies = [one.body for one in issue.comments]
            assert len(bodies) == len(set(bodies))
        assert stage.failed() == []


def _trouble(stage: Stage, request: Request, what: str) -> Response | None:
    if what == "503":
        return _down(request)
    if what == "429":
        return JSONResponse({"message": "later"}, 429, headers={"Retry-After": "30"})
    if what == "cut":
        return Cut()
    if what in ("502-after", "cut-after") and request.method != "GET":
        stage.hub.checked = _once(stage, lambda: Cut() if what == "cut-after" else JSONResponse({}, 502))
    return None


def _once(stage: Stage, instead: Callable[[], Response]) -> Any:
    checker = stage.checker

    def after(request: Request, body: bytes, response: Response) -> Response | None:
        checker(request, body, response)
        stage.hub.checked = checker
        return instead()

    return after


def _cut_after(stage: Stage, method: str, ending: str, *, times: int) -> None:
    """The next requests of a kind happen, and their answers are lost."""
    left = itertools.count(times, -1)
    checker = stage.checker

    def after(request: Request, body: bytes, response: Response) -> Response | None:
        checker(request, body, response)
        hit = request.method == method and request.url.path.endswith(ending)
        return Cut() if hit and next(left) > 0 else None

    stage.hub.checked = after


def _with_headers(stage: Stage, headers: dict[str, str]) -> Any:
    def after(request: Request, body: bytes, response: Response) -> Response | None:
        stage.checker(request, body, response)
        response.headers.update(headers)
        return None

    return after
