"""Slack follows the record: one message an incident, whatever happens to calls on their way."""

import threading
import time
from collections import Counter
from pathlib import Path

import pytest
from fastapi.responses import JSONResponse, Response

from bots.state import Status
from tests.bots.slack.office import messages, read, workspace
from tests.bots.slack.stage import Stage, staged
from tools.standins.slack import running


def homes(stage: Stage, channel: str = "payments") -> list[str]:
    """The incidents that the messages of a channel are about, in order."""
    found = messages(stage.slack, channel)
    return [one["metadata"]["event_payload"]["incident"] for one in found if "metadata" in one]


def entries(stage: Stage, channel: str, *, thread: bool) -> list[str]:
    """Every entry that was told below or beside a message, in order."""
    found = messages(stage.slack, channel, thread=thread)
    return [entry for one in found for entry in one.get("metadata", {}).get("event_payload", {}).get("told", ())]


def test_a_small_incident_has_a_thread_in_the_teams_channel(stage: Stage) -> None:
    """A P2 gets one message, edits in place and entries below it, and no channel of its own."""
    stage.fire(severity="ticket", priority="P2")
    stage.settle()
    stage.ask("ack")
    stage.ask("note", text="looking")
    stage.settle()
    (home,) = messages(stage.slack, "payments")
    assert "Acknowledged" in read(home)
    assert "edited" in home
    told = [read(one) for one in messages(stage.slack, "payments", thread=True)]
    assert "looking" in "".join(told)
    assert all(one["thread_ts"] == home["ts"] for one in messages(stage.slack, "payments", thread=True))
    assert stage.calls("conversations.create") == 0


def test_nothing_new_is_no_call(stage: Stage) -> None:
    """An errand about what Slack shows already calls nothing."""
    stage.fire(severity="ticket", priority="P2")
    stage.settle()
    before = len(stage.slack.space.calls)
    stage.ask("link", relation="runbook_used", url="https://example.com/x")
    stage.settle()
    assert stage.calls("chat.postMessage") == 1
    after = [name for name, _ in stage.slack.space.calls[before:]]
    assert set(after) <= {"chat.update"}
    before = len(stage.slack.space.calls)
    stage.ask("link", relation="slack_thread", url="https://acme.slack.com/archives/C1/p1")
    stage.settle()
    assert [name for name, _ in stage.slack.space.calls[before:]] == []


def test_a_storm_is_few_writes(stage: Stage) -> None:
    """Two hundred alerts of one service are one message and few edits; the last edit shows all of them."""
    for number in range(200):
        stage.fire(f"Alert{number}", severity="ticket", priority="P2")
    stage.settle(0.2)
    assert homes(stage) == ["INC-1"]
    assert stage.calls("chat.postMessage") == 1
    assert stage.calls("chat.update") <= 20
    (home,) = messages(stage.slack, "payments")
    assert "and 192 more alerts, 192 of them firing" in read(home)


def test_a_priority_that_rises_opens_a_channel(stage: Stage) -> None:
    """From then on what happens is told there, the people are invited, and the first message says where that is."""
    stage.fire(severity="ticket", priority="P2")
    stage.settle()
    stage.ask("note", text="early")
    stage.settle()
    stage.ask("priority", priority="P1")
    stage.ask("assign", to="ben")
    stage.ask("note", text="late")
    stage.settle()
    room = stage.slack.space.named("inc-1-checkout")
    assert {"U01BEN", "U01ANA"} <= room.members
    assert room.topic == "INC-1 P1 checkout: CheckoutAvailabilityBurn on checkout · open"
    (home,) = messages(stage.slack, "payments")
    assert {"type": "channel", "channel_id": room.id} in home["blocks"][1]["elements"][0]["elements"]
    told = "".join(read(one) for one in messages(stage.slack, "inc-1-checkout"))
    assert ("early" in told, "late" in told) == (False, True)
    relations = [one.relation for one in stage.office.history().state.inputs.links]
    assert relations == ["slack_thread", "slack_channel"]


def test_a_workspace_that_allows_no_channels_gets_threads(stage: Stage) -> None:
    """Without the right to make a channel a P0 is worked on in its thread, and nothing waits."""
    stage.slack.space.scopes -= {"channels:manage"}
    stage.fire()
    stage.ask("ack")
    stage.settle()
    assert homes(stage) == ["INC-1"]
    assert messages(stage.slack, "payments", thread=True)
    assert stage.calls("conversations.create") == 1


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
    assert sum("metadata" in one and "room" in one["metadata"]["event_payload"]["what"] for one in _room(stage)) == 1
    told = entries(stage, "inc-1-checkout", thread=False)
    assert len(told) == len(set(told)) == 3
    assert [one.name for one in stage.slack.space.channels.values()].count("inc-1-checkout") == 1


def _room(stage: Stage) -> list[dict[str, object]]:
    return messages(stage.slack, "inc-1-checkout")  # type: ignore[return-value]  # JSON values


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


def test_a_message_that_somebody_deleted_stays_deleted(stage: Stage) -> None:
    """The bot writes no second one."""
    stage.fire(severity="ticket", priority="P2")
    stage.settle()
    stage.slack.space.named("payments").messages.clear()
    stage.ask("ack")
    stage.settle()
    stage.ask("mitigate")
    stage.settle()
    assert messages(stage.slack, "payments") == []
    assert stage.office.history().state.status is Status.MITIGATED


def test_an_empty_folder_finds_what_an_earlier_one_wrote(tmp_path: Path) -> None:
    """The record says where the thread is; entries that stand there already are not told again."""
    with running(workspace()) as slack:
        with staged(tmp_path / "first", slack) as stage:
            stage.fire()
            stage.ask("ack")
            stage.settle()
            kept = dict(stage.office.records.histories)
        with staged(tmp_path / "second", slack) as stage:
            stage.office.records.histories.update(kept)
            stage.moment[0] = kept[1].events[-1].at
            stage.ask("note", text="after the move")
            stage.settle()
            assert homes(stage) == ["INC-1"]
            told = entries(stage, "inc-1-checkout", thread=False)
            assert len(told) == len(set(told)) == 2
            rooms = [one for one in _room(stage) if "room" in str(one.get("metadata"))]
            assert len(rooms) == 1


def test_a_token_is_changed_without_a_restart(stage: Stage, tmp_path: Path) -> None:
    """A revoked token loses nothing: the new one in the file is used as soon as it is there."""
    stage.slack.token = "-".join(("xoxb", "new"))
    stage.fire(severity="ticket", priority="P2")
    stage.hour(3)
    assert messages(stage.slack, "payments") == []
    (tmp_path / "bot" / "token").write_text(f"{stage.slack.token}\n")
    time.sleep(1.1)
    stage.settle(30)
    assert homes(stage) == ["INC-1"]


def test_an_escalation_mentions_who_is_next(stage: Stage) -> None:
    """By the Slack id of the policy: somebody has to hear of it."""
    stage.fire(severity="page", priority="P2")
    stage.settle()
    stage.ask("escalate", by="tocsin", text="Nobody acknowledged within 5m: escalated to ben", to="ben", step=2)
    stage.settle()
    told = [one for one in messages(stage.slack, "payments", thread=True) if "escalated to ben" in read(one)]
    assert len(told) == 1
    assert "U01BEN" in str(told[0]["blocks"])


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
