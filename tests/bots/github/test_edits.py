"""What is edited or deleted on the issue is corrected or taken back in the record, and never shown again."""

import pytest

from bots.belonging.change import Change, Decision
from bots.incident import History
from bots.timeline.redaction import hide_event, hide_text
from tests.bots.github.stage import Stage
from tools.standins.github_repository import Comment


@pytest.fixture
def opened(stage: Stage) -> Stage:
    """A bot with an incident that has its issue."""
    stage.fire()
    stage.settle()
    return stage


def _say(stage: Stage, text: str, who: str = "ana") -> Comment:
    said = stage.hub.repository.comment(stage.issue().number, who, text)
    stage.settle()
    return said


def _edit(stage: Stage, comment: Comment, text: str, who: str = "ana") -> None:
    stage.advance(60)
    stage.hub.repository.edit_comment(comment.id, who, text)
    stage.settle()


def _bots(stage: Stage) -> list[str]:
    return [one.body for one in stage.issue().comments if one.author == "tocsin[bot]"]


def _corrections(stage: Stage) -> list[tuple[str, str]]:
    return [
        (event.by, str(event.data.get("text", "")))
        for event in stage.office.history().events
        if event.kind == "amended"
    ]


def test_an_edited_comment_corrects_its_note(opened: Stage) -> None:
    """The record keeps both; whoever reads it sees what holds now, and who corrected it."""
    said = _say(opened, "The bank is down.")
    _edit(opened, said, "The bank is slow.", who="ben")
    notes = [event.data["text"] for event in opened.office.history().events if event.kind == "noted"]
    assert notes == ["The bank is down."]
    assert _corrections(opened) == [("ben", "The bank is slow.")]
    body = opened.issue().body
    assert "noted: The bank is slow." in body
    assert "| ben | corrected 1 entry above |" in body
    assert "The bank is down" not in body
    assert _bots(opened) == []


def test_an_edit_that_is_told_twice_or_late_changes_nothing(opened: Stage) -> None:
    """Deliveries come again and in any order; the last edit holds."""
    said = _say(opened, "one")
    _edit(opened, said, "two")
    _edit(opened, said, "three")
    edits = [
        one["id"]
        for one in opened.hub.webhook.attempts
        if one["action"] == "edited" and one["event"] == "issue_comment"
    ]
    for number in (*edits, edits[0]):
        opened.hub.webhook.redeliver(number)
        opened.settle()
    assert _corrections(opened) == [("ana", "two"), ("ana", "three")]
    _edit(opened, said, "two")
    assert "noted: two" in opened.issue().body
    assert _corrections(opened)[-1] == ("ana", "two")


def test_an_edit_of_a_comment_that_was_never_told_is_a_note(opened: Stage) -> None:
    """And what was lost is not a second one when it comes at last."""
    target, opened.hub.webhook.target = opened.hub.webhook.target, "http://127.0.0.1:9"
    said = opened.hub.repository.comment(opened.issue().number, "ana", "one")
    opened.settle()
    lost = opened.hub.webhook.attempts[-1]["id"]
    opened.hub.webhook.target = target
    _edit(opened, said, "two")
    opened.hub.webhook.redeliver(lost)
    opened.settle()
    notes = [event.data["text"] for event in opened.office.history().events if event.kind == "noted"]
    assert notes == ["two"]
    assert _corrections(opened) == []


def test_a_deleted_comment_takes_its_notes_back(opened: Stage) -> None:
    """Whatever was written by mistake is not shown by the bot for ever; the record knows that it was said."""
    said = _say(opened, "the password is hunter2\n/note and the user is root")
    assert "hunter2" in opened.issue().body
    opened.hub.repository.delete_comment(said.id, "ana")
    opened.settle()
    assert _corrections(opened) == [("ana", ""), ("ana", "")]
    body = opened.issue().body
    assert "hunter2" not in body
    assert "root" not in body
    assert "| ana | noted: (taken back) |" in body
    assert "| ana | took back 1 entry above |" in body
    assert [event.data["text"] for event in opened.office.history().events if event.kind == "noted"] == [
        "the password is hunter2",
        "and the user is root",
    ]
    assert _bots(opened) == []


def test_what_was_corrected_and_then_deleted_is_not_shown_either(opened: Stage) -> None:
    """Neither the first words nor those of the correction."""
    said = _say(opened, "the password is hunter2")
    _edit(opened, said, "the password is hunter3")
    opened.hub.repository.delete_comment(said.id, "ana")
    opened.settle()
    assert "hunter" not in opened.issue().body
    assert opened.issue().body.count("took back 1 entry above") == 1
    assert "corrected" not in opened.issue().body


def test_an_edit_adds_and_takes_away_notes_and_does_what_it_newly_asks(opened: Stage) -> None:
    """Several parts of a comment follow what it says now; what is as before is not done again."""
    said = _say(opened, "the bank is down\n/ack\n/note it is slow")
    _edit(opened, said, "the bank is down\n/ack\n/priority P2\nsmaller than thought")
    assert _corrections(opened) == [("ana", "")]
    assert opened.kinds().count("acknowledged") == 1
    assert opened.office.history().state.priority == "P2"
    _edit(opened, said, "the bank is down\n/ack\n/priority P2\nsmaller than thought\n/note once more")
    assert [event.data["text"] for event in opened.office.history().events if event.kind == "noted"][-1] == "once more"
    assert opened.kinds().count("priority_changed") == 1
    assert _bots(opened) == []


@pytest.mark.parametrize("whole", [True, False], ids=["event", "text"])
def test_what_was_hidden_does_not_come_back_with_an_edit(opened: Stage, whole: bool) -> None:
    """The comment still has it, and somebody changes another line."""
    said = _say(opened, "/note the password is hunter2\n/note the bank is down")
    histories = opened.office.records.histories
    secret = next(event for event in histories[1].events if "hunter2" in str(event.data))
    events = histories[1].events
    hidden = hide_event(events, secret.id) if whole else hide_text(events, "hunter2")
    histories[1] = History.of(hidden.events)
    opened.office.ledger.accept(Decision(changes=(Change(number=1, after=histories[1], events=()),)))
    _edit(opened, said, "/note the password is hunter2\n/note the bank is slow")
    assert "hunter2" not in str(opened.office.history().events)
    assert "hunter2" not in opened.issue().body
    assert "noted: the bank is slow" in opened.issue().body
    assert "the bank is down" not in opened.issue().body


def test_a_mistake_is_put_right_by_an_edit(opened: Stage) -> None:
    """Whoever is told what was wrong corrects it where it stands; a second mistake is answered too."""
    said = _say(opened, "/akc")
    _edit(opened, said, "/akk")
    assert ["did you mean /ack?" in text for text in _bots(opened)] == [True, True]
    _edit(opened, said, "/ack")
    assert opened.kinds()[-1] == "acknowledged"
    assert said.reactions == [("tocsin[bot]", "+1")]


def test_an_edit_of_the_remark_behind_a_command_does_not_repeat_it(opened: Stage) -> None:
    """A slip of the pen that is put right weeks later must not open an incident again; it is said that nothing was."""
    said = _say(opened, "/resolve noise a fals alarm")
    opened.ask("reopen")
    opened.settle()
    _edit(opened, said, "/resolve noise a false alarm")
    assert opened.kinds()[-1] == "reopened"
    (answer,) = _bots(opened)
    assert answer.splitlines()[:3] == [
        "> /resolve noise a false alarm",
        "",
        "Not done: the command is the one that the comment gave before; what was said behind it stays in the record",
    ]


def test_who_may_not_note_may_not_correct(opened: Stage) -> None:
    """A colleague who can edit on GitHub leaves a trace, and the record stays."""
    said = _say(opened, "the bank is down")
    _edit(opened, said, "the bank is fine", who="colleague")
    assert _corrections(opened) == []
    assert [(one.by, one.command) for one in opened.denied()] == [("github:colleague", "amend")]


def test_the_bots_own_comments_are_nobodys_notes(opened: Stage) -> None:
    """People may edit and delete them; what is said afterwards is told all the same."""
    opened.ask("note", text="from the chat")
    opened.settle()
    (own,) = opened.issue().comments
    opened.hub.repository.edit_comment(own.id, "ana", "/resolve")
    opened.settle()
    opened.hub.repository.delete_comment(own.id, "ana")
    opened.settle()
    assert opened.kinds()[-1] == "noted"
    assert _corrections(opened) == []


def test_a_note_that_cannot_be_corrected_any_more_holds_up_nothing(opened: Stage) -> None:
    """Somebody deleted the bot's comment; later notes are told."""
    opened.ask("note", text="from the chat")
    opened.settle()
    (own,) = opened.issue().comments
    opened.hub.repository.delete_comment(own.id, "ana")
    note = opened.office.history().events[-1]
    opened.ask("amend", amends=note.id, text="from the chat, corrected")
    opened.ask("note", text="another")
    opened.settle()
    assert [text.splitlines()[2] for text in _bots(opened)] == ["> another"]
    assert opened.failed() == []


def test_a_note_from_elsewhere_is_corrected_where_it_was_told(opened: Stage) -> None:
    """The comment follows the note."""
    opened.ask("note", text="from the chat")
    opened.settle()
    opened.ask("amend", amends=opened.office.history().events[-1].id, text="corrected in the chat")
    opened.settle()
    (text,) = _bots(opened)
    assert text.splitlines()[2] == "> corrected in the chat"
