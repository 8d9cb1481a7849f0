"""Slack follows the record: one message an incident, edited in place, and what happened below it."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.responses import JSONResponse, Response

from bots.timeline.state import Status
from tests.bots.slack.office import messages, private, read, workspace
from tests.bots.slack.stage import Stage, entries, homes, room, staged
from tests.bots.slack.test_markup import HOSTILE
from tools.standins.slack import running


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


def test_whoever_declared_an_incident_is_invited_to_its_channel(stage: Stage) -> None:
    """They know most of it; whoever only let an alert fire is nobody."""
    stage.ask("declare", by="eli", number=None, title="Shop is slow", service="checkout", priority="P1")
    stage.settle()
    assert "U01ELI" in stage.slack.space.named("inc-1-checkout").members


def test_the_draft_of_the_postmortem_is_told_in_the_thread(stage: Stage) -> None:
    """Somebody has to write it; what is linked otherwise is in the message above."""
    stage.fire(severity="ticket", priority="P2")
    stage.ask("link", by="tocsin", relation="postmortem", url="https://github.com/acme/shop/pull/7", title="postmortem")
    stage.settle()
    (told,) = messages(stage.slack, "payments", thread=True)
    assert " ".join(read(told).split()) == "The draft of the postmortem is there"
    assert "https://github.com/acme/shop/pull/7" in str(told["blocks"])


def test_a_workspace_that_allows_no_channels_gets_threads(stage: Stage) -> None:
    """Without the right to make a channel a P0 is worked on in its thread, and nothing waits."""
    stage.slack.space.scopes -= {"channels:manage"}
    stage.fire()
    stage.ask("ack")
    stage.settle()
    assert homes(stage) == ["INC-1"]
    assert messages(stage.slack, "payments", thread=True)
    assert stage.calls("conversations.create") == 1


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


def test_a_channel_that_somebody_archived_holds_nothing_up(stage: Stage) -> None:
    """What happens from then on is told in the thread, and the first message no longer points to the channel."""
    stage.fire()
    stage.ask("note", text="early")
    stage.settle()
    stage.slack.space.named("inc-1-checkout").archived = True
    stage.ask("ack")
    stage.ask("note", text="late")
    stage.settle()
    (home,) = messages(stage.slack, "payments")
    assert "Acknowledged" in read(home)
    assert "Worked on in" not in read(home)
    told = "".join(read(one) for one in messages(stage.slack, "payments", thread=True))
    assert ("early" in told, "late" in told) == (False, True)
    stage.ask("resolve", note="done")
    stage.settle()
    assert "Resolved" in read(messages(stage.slack, "payments")[0])


def test_a_channel_that_was_archived_meanwhile_does_not_hide_the_record(tmp_path: Path) -> None:
    """A bot with an empty folder goes on in the thread, and tells nothing again that stood in the channel."""
    with running(workspace()) as slack:
        with staged(tmp_path / "first", slack) as stage:
            stage.fire()
            stage.ask("ack")
            stage.settle()
            kept = dict(stage.office.records.histories)
        slack.space.named("inc-1-checkout").archived = True
        with staged(tmp_path / "second", slack) as stage:
            stage.office.records.histories.update(kept)
            stage.moment[0] = kept[1].events[-1].at
            stage.ask("mitigate")
            stage.settle()
            assert homes(stage) == ["INC-1"]
            assert len(entries(stage, "inc-1-checkout", thread=False)) == 1
            assert len(entries(stage, "payments", thread=True)) == 1


@pytest.mark.parametrize("error", ["restricted_action", "is_archived", "too_long"])
def test_a_topic_that_is_refused_keeps_nobody_out(stage: Stage, error: str) -> None:
    """The people are invited all the same, and it is not asked for again and again."""
    asked: list[str] = []

    def trouble(method: str, arguments: object) -> Response | None:
        if method != "conversations.setTopic":
            return None
        asked.append(method)
        return JSONResponse({"ok": False, "error": error})

    stage.slack.trouble = trouble
    stage.fire()
    stage.settle()
    stage.ask("note", text="on it")
    stage.settle()
    assert "U01ANA" in stage.slack.space.named("inc-1-checkout").members
    assert len(asked) == 1


def test_any_reason_against_a_channel_leaves_the_thread(stage: Stage) -> None:
    """Also one that nobody has thought of."""
    stage.slack.trouble = lambda method, arguments: (
        JSONResponse({"ok": False, "error": "org_login_required"}) if method == "conversations.create" else None
    )
    stage.fire()
    stage.ask("ack")
    stage.settle()
    assert "Acknowledged" in read(messages(stage.slack, "payments")[0])
    assert len(messages(stage.slack, "payments", thread=True)) == 1


def test_names_that_others_have_are_not_tried_for_ever(stage: Stage) -> None:
    """After three a name is taken that nobody else can have."""
    for suffix in ("", "-2", "-3", "-4", "-5"):
        stage.slack.space.add(f"inc-1-checkout{suffix}")
    stage.fire()
    stage.settle()
    (name,) = [one.name for one in stage.slack.space.channels.values() if one.creator == "U0TOCSIN"]
    assert re.fullmatch("inc-1-checkout-[0-9a-f]{8}", name)
    assert stage.calls("conversations.create") == 4


def test_no_address_is_opened_for_anybody(stage: Stage) -> None:
    """What is behind an address may come from a label: Slack shows no preview of it."""
    stage.fire()
    stage.settle()
    posted = [arguments for name, arguments in stage.slack.space.calls if name == "chat.postMessage"]
    assert len(posted) == 2
    assert all(one["unfurl_links"] is False and one["unfurl_media"] is False for one in posted)


def test_whoever_did_it_is_not_rung(stage: Stage) -> None:
    """A mention is for whom it concerns: the one who assigns is named, the one who is assigned is mentioned."""
    stage.fire(severity="ticket", priority="P2")
    stage.ask("assign", to="ben")
    stage.settle()
    (told,) = messages(stage.slack, "payments", thread=True)
    assert read(told).replace("\n", "").endswith("ana: assigned to @U01BEN")


def test_a_postmortem_can_be_asked_for(stage: Stage) -> None:
    """In words, once it is over; everybody sees who asked."""
    stage.fire(severity="ticket", priority="P2")
    stage.settle()
    stage.hands.slash("U01ANA", "postmortem INC-1")
    stage.settle()
    assert private(stage.slack, "U01ANA")[-1] == "⚠️ INC-1 is open; a postmortem is drafted once it is over"
    stage.ask("resolve", note="done")
    stage.hands.slash("U01ANA", "postmortem INC-1")
    stage.settle()
    assert private(stage.slack, "U01ANA")[-1] == "a draft of the postmortem of INC-1 is being written"
    told = read(messages(stage.slack, "payments", thread=True)[-1])
    assert told.replace("\n", "").endswith("ana: asked for a postmortem")


def test_remediation_is_frozen_and_lifted(stage: Stage) -> None:
    """By whoever may; it is in the audit trail, and what would run says why it does not."""
    stage.fire(severity="ticket", priority="P2")
    stage.settle()
    stage.hands.slash("U01ANA", "freeze the database moves")
    stage.settle()
    may_not = "⚠️ no role of ana may freeze; policies/access.yaml says who may"
    assert private(stage.slack, "U01ANA") == [may_not]
    stage.hands.slash("U01ELI", "freeze --for 8h the database moves")
    stage.settle()
    frozen = stage.office.records.frozen()
    assert frozen is not None
    assert (frozen.by, frozen.reason) == ("eli", "the database moves")
    assert frozen.until is not None
    assert timedelta(hours=7, minutes=59) < frozen.until - stage.now <= timedelta(hours=8)
    stage.hands.slash("U01ELI", "unfreeze")
    stage.settle()
    assert stage.office.records.frozen() is None
    assert private(stage.slack, "U01ELI") == [
        "remediation is frozen for 8h: nothing is run any more; it is in the audit trail",
        "remediation may run again; it is in the audit trail",
    ]


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
            rooms = [one for one in room(stage) if "room" in str(one.get("metadata"))]
            assert len(rooms) == 1


def test_an_escalation_mentions_who_is_next(stage: Stage) -> None:
    """By the Slack id of the policy: somebody has to hear of it."""
    stage.fire(severity="page", priority="P2")
    stage.settle()
    stage.ask("escalate", by="tocsin", text="Nobody acknowledged within 5m: escalated to ben", to="ben", step=2)
    stage.settle()
    told = [one for one in messages(stage.slack, "payments", thread=True) if "escalated to ben" in read(one)]
    assert len(told) == 1
    assert "U01BEN" in str(told[0]["blocks"])


def test_a_note_that_was_corrected_elsewhere_is_corrected_for_the_thread(stage: Stage) -> None:
    """Whoever read the first words reads the others; what was taken back is not said again."""
    stage.fire(severity="ticket", priority="P2")
    stage.ask("note", text="the bank is down", source="github")
    stage.settle()
    note = stage.office.history().events[-2].id
    stage.ask("amend", amends=note, text="the bank is slow", source="github")
    stage.settle()
    stage.ask("amend", amends=note, source="github")
    stage.settle()
    told = [read(one) for one in messages(stage.slack, "payments", thread=True)]
    assert ["A note was corrected: the bank is slow" in one for one in told] == [False, True, False]
    assert "A note was taken back" in told[-1]


def test_hostile_labels_reach_slack_as_text(stage: Stage) -> None:
    """Whatever services and alerts are called, a workspace that is strict takes the message and the channel."""
    names = [text for text in HOSTILE if text.strip()]
    for number, text in enumerate(names):
        stage.fire(f"{text} {number}", service=text, team="payments")
    stage.settle()
    assert sorted(homes(stage)) == sorted(f"INC-{number + 1}" for number in range(len(names)))
    rooms = [one.name for one in stage.slack.space.channels.values() if one.name.startswith("inc-")]
    assert len(rooms) == len(names)
