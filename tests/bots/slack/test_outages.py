"""Whatever happens to calls on their way: nothing is lost, nothing is there twice, nobody else is delayed."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.responses import JSONResponse, Response

from tests.bots.slack.office import messages, private, read, workspace
from tests.bots.slack.stage import Stage, entries, homes, room, staged
from tools.standins.slack import running


def until(stage: Stage, holds: Callable[[], bool], within_s: float = 20) -> None:
    """Returns once a condition holds, with the dispatcher at work and its time passing meanwhile."""
    end = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < end
        stage.advance(0.1)
        stage.dispatch.wake()
        time.sleep(0.02)


def test_an_answer_that_is_lost_makes_no_second_message(stage: Stage) -> None:
    """Every call that makes something happens, but half of its answers never arrive: each thing exists once."""
    lost: Counter[str] = Counter()

    def before(method: str, arguments: object) -> Response | None:
        lost[method] += 1
        made = method in ("chat.postMessage", "conversations.create")
        return JSONResponse({"ok": False, "error": "internal_error"}, 500) if made and lost[method] % 2 else None

    stage.slack.before = before
    stage.fire()
    stage.settle(5)
    stage.ask("ack")
    stage.ask("note", text="one")
    stage.settle(5)
    stage.ask("note", text="two")
    stage.settle(5)
    assert homes(stage) == ["INC-1"]
    assert sum("metadata" in one and "room" in one["metadata"]["event_payload"]["what"] for one in room(stage)) == 1
    told = entries(stage, "inc-1-checkout", thread=False)
    assert len(told) == len(set(told)) == 3
    assert [one.name for one in stage.slack.space.channels.values()].count("inc-1-checkout") == 1


@pytest.mark.parametrize("how", ["refused", "unavailable", "limited", "nonsense"])
def test_an_hour_without_slack_loses_nothing_and_doubles_nothing(stage: Stage, how: str) -> None:
    """Everything that happened in an hour of outage is told afterwards, each once, and the last state is shown."""
    answers = {
        "refused": lambda: JSONResponse({"ok": False, "error": "internal_error"}, 502),
        "unavailable": lambda: Response("down", 503, headers={"Retry-After": "120"}),
        "limited": lambda: JSONResponse({"ok": False, "error": "ratelimited"}, 429, headers={"Retry-After": "30"}),
        "nonsense": lambda: Response("<html>"),
    }
    stage.fire()
    stage.settle()
    stage.slack.trouble = lambda method, arguments: answers[how]()
    stage.ask("ack")
    stage.hour(20)
    stage.ask("note", text="in the dark")
    stage.fire("Other", service="platform", team="platform")
    stage.hour(20)
    stage.ask("mitigate")
    stage.hour(20)
    attempts = len(stage.slack.space.calls)
    stage.slack.trouble = lambda method, arguments: None
    stage.settle(5)
    assert homes(stage) == ["INC-1"]
    assert homes(stage, "platform") == ["INC-2"]
    assert "Mitigated" in read(messages(stage.slack, "payments")[0])
    told = entries(stage, "inc-1-checkout", thread=False)
    assert len(told) == len(set(told)) == 3
    assert len(stage.slack.space.calls) > attempts


def test_retry_after_is_obeyed(stage: Stage) -> None:
    """While Slack says to wait nothing is called; then the call is made again."""
    seen: list[float] = []

    def trouble(method: str, arguments: object) -> Response | None:
        seen.append(stage.now.timestamp())
        limited = len(seen) == 1
        return (
            JSONResponse({"ok": False, "error": "ratelimited"}, 429, headers={"Retry-After": "90"}) if limited else None
        )

    stage.slack.trouble = trouble
    stage.fire(severity="ticket", priority="P2")
    stage.settle(5)
    assert seen[1] - seen[0] >= 90


def test_a_slow_slack_delays_no_other_incident(stage: Stage) -> None:
    """While a call about one incident hangs, the others are told."""
    hung = threading.Event()

    def trouble(method: str, arguments: dict[str, object]) -> Response | None:
        # The stand-in has one thread: it answers the others first, and this one as if the connection had broken.
        if "INC-1 " in str(arguments.get("text", "")) and not hung.is_set():
            hung.set()
            return JSONResponse({"ok": False, "error": "request_timeout"}, 504)
        return None

    stage.slack.trouble = trouble  # type: ignore[assignment]  # any mapping
    stage.fire(severity="ticket", priority="P2")
    stage.fire("Other", service="platform", team="platform", severity="ticket", priority="P2")
    stage.settle(2)
    assert homes(stage) == ["INC-1"]
    assert homes(stage, "platform") == ["INC-2"]


def test_a_channel_that_is_not_there_waits_for_people(stage: Stage) -> None:
    """Until somebody makes the team's channel its incidents wait, and no other team's do."""
    channel = stage.slack.space.named("payments")
    channel.archived = True
    stage.fire(severity="ticket", priority="P2")
    stage.fire("Other", service="platform", team="platform", severity="ticket", priority="P2")
    stage.hour(10)
    assert homes(stage, "platform") == ["INC-2"]
    assert stage.waiting() == 2, "opened, and its alert"
    channel.archived = False
    stage.settle(30)
    assert homes(stage) == ["INC-1"]


def test_a_token_is_changed_without_a_restart(stage: Stage, tmp_path: Path) -> None:
    """A revoked token loses nothing: the new one in the file is used as soon as it is there."""
    stage.slack.token = "-".join(("xoxb", "new"))
    stage.fire(severity="ticket", priority="P2")
    stage.hour(3)
    assert messages(stage.slack, "payments") == []
    (tmp_path / "bot" / "token").write_text(f"{stage.slack.token}\n")
    stage.settle(30)
    assert homes(stage) == ["INC-1"]


def test_a_bot_that_ended_in_the_middle_of_a_call_posts_nothing_twice(tmp_path: Path) -> None:
    """The next process finds the intent, and by it the message that the last one did not hear of any more."""
    with running(workspace()) as slack:
        with staged(tmp_path / "bot", slack) as stage:
            posted = threading.Event()

            def before(method: str, arguments: object) -> Response | None:
                if method != "chat.postMessage":
                    return None
                posted.set()
                return JSONResponse({"ok": False, "error": "internal_error"}, 500)

            slack.before = before
            stage.fire(severity="ticket", priority="P2")
            assert posted.wait(10)
            kept = dict(stage.office.records.histories)
        slack.before = lambda method, arguments: None
        with staged(tmp_path / "bot", slack) as stage:
            stage.office.records.histories.update(kept)
            assert stage.waiting() > 0
            stage.settle(5)
            assert homes(stage) == ["INC-1"]
            assert stage.calls("chat.postMessage") == 1


def test_what_was_begun_is_not_told_again_with_what_came_meanwhile(stage: Stage) -> None:
    """An entry whose answer was lost stands there once, though the next one came before it was tried again."""
    stage.fire(severity="ticket", priority="P2")
    stage.settle()
    lost = threading.Event()

    def before(method: str, arguments: object) -> Response | None:
        if method != "chat.postMessage" or lost.is_set():
            return None
        lost.set()
        return JSONResponse({"ok": False, "error": "internal_error"}, 500)

    stage.slack.before = before
    stage.ask("ack")
    assert lost.wait(10)
    stage.ask("note", text="two")
    stage.settle(2)
    told = entries(stage, "payments", thread=True)
    assert len(told) == len(set(told)) == 2


def test_a_limit_of_one_method_holds_nothing_else_up(stage: Stage) -> None:
    """While Slack makes no channels, an incident's message is there, and whoever asks is answered."""

    def trouble(method: str, arguments: object) -> Response | None:
        limited = method == "conversations.create"
        return JSONResponse({"ok": False}, 429, headers={"Retry-After": "60"}) if limited else None

    stage.slack.trouble = trouble
    stage.fire()
    stage.fire("Other", service="platform", team="platform", severity="ticket", priority="P2")
    until(stage, lambda: (homes(stage), homes(stage, "platform")) == (["INC-1"], ["INC-2"]))
    stage.hands.slash("U01ANA", "ack INC-1")
    stage.translate()
    until(stage, lambda: "Acknowledged" in read(messages(stage.slack, "payments")[0]))
    until(stage, lambda: private(stage.slack, "U01ANA") == ["INC-1 is acknowledged"])
    stage.slack.trouble = lambda method, arguments: None
    stage.settle(5)
    assert len(entries(stage, "inc-1-checkout", thread=False)) == 1


def test_what_people_do_is_told_while_edits_have_to_wait(stage: Stage) -> None:
    """In a storm Slack takes few edits of messages; an acknowledgment is told all the same, and shown later."""
    stage.fire()
    stage.settle()

    def trouble(method: str, arguments: object) -> Response | None:
        limited = method == "chat.update"
        return JSONResponse({"ok": False}, 429, headers={"Retry-After": "60"}) if limited else None

    stage.slack.trouble = trouble
    stage.advance(5)
    stage.ask("ack")
    until(stage, lambda: len(entries(stage, "inc-1-checkout", thread=False)) == 1)
    assert "Acknowledged" not in read(messages(stage.slack, "payments")[0])
    stage.slack.trouble = lambda method, arguments: None
    stage.settle(5)
    assert "Acknowledged" in read(messages(stage.slack, "payments")[0])
    assert "Acknowledged" in read(room(stage)[0])
    assert len(entries(stage, "inc-1-checkout", thread=False)) == 1


def test_a_scope_that_is_missing_loses_nothing(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    """The log says which one; with it everything is posted."""
    stage.slack.space.scopes -= {"chat:write"}
    stage.fire(severity="ticket", priority="P2")
    stage.hour(3)
    assert stage.waiting() == 2, "opened, and its alert"
    way_out = "expected the scopes of docs/slack-app-manifest.yaml; add it, and reinstall the app"
    assert f"chat.postMessage in #payments: missing_scope, needs the scope chat:write; {way_out}" in caplog.text, (
        caplog.text
    )
    stage.slack.space.scopes |= {"chat:write"}
    stage.settle(30)
    assert homes(stage) == ["INC-1"]


@pytest.mark.parametrize("since", ["the beginning", "an edit"])
def test_blocks_that_slack_does_not_take_hide_no_incident(stage: Stage, since: str) -> None:
    """A limit that nobody knew of: the incident is said in a sentence, with the address of its page, and once."""

    def trouble(method: str, arguments: dict[str, object]) -> Response | None:
        return JSONResponse({"ok": False, "error": "msg_blocks_too_long"}) if arguments.get("blocks") else None

    stage.fire(severity="ticket", priority="P2")
    if since != "the beginning":
        stage.settle()
    stage.slack.trouble = trouble  # type: ignore[assignment]  # any mapping
    stage.settle()
    stage.ask("ack")
    stage.settle()
    page = "<http://incidents.example.com/incidents/INC-1>"
    (home,) = messages(stage.slack, "payments")
    assert home["text"] == f"INC-1 P2 checkout: CheckoutAvailabilityBurn on checkout is acknowledged: {page}"
    assert "blocks" not in home
    (entry,) = messages(stage.slack, "payments", thread=True)
    assert entry["text"] == f"INC-1 P2 checkout: ana: Acknowledged: {page}"
