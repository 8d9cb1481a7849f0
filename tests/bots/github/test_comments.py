"""Comments are notes and commands, notes are comments, and whoever asks is answered."""

from dataclasses import replace

import pytest

from bots.belonging.change import Change, Decision
from bots.incident import History
from bots.timeline.intake import Denial
from tests.bots.github.stage import Stage


@pytest.fixture
def opened(stage: Stage) -> Stage:
    """A bot with an incident that has its issue."""
    stage.fire()
    stage.settle()
    return stage


def _say(stage: Stage, text: str, who: str = "ana") -> None:
    stage.hub.repository.comment(stage.issue().number, who, text)
    stage.settle()


def _bots(stage: Stage) -> list[str]:
    return [one.body for one in stage.issue().comments if one.author == "tocsin[bot]"]


def test_a_comment_becomes_a_note_and_is_not_said_again(opened: Stage) -> None:
    """By the member whose account it is, with its address; the timeline on the issue has it too."""
    _say(opened, "The bank's API times out.\n\nSince 9:40.", who="Ana")
    (note,) = [event for event in opened.office.history().events if event.kind == "noted"]
    assert (note.by, note.source) == ("ana", "github")
    assert note.data["text"] == "The bank's API times out.\n\nSince 9:40."
    assert note.data["url"].endswith(f"#issuecomment-{opened.issue().comments[0].id}")
    assert _bots(opened) == []
    assert "noted: The bank's API times out. Since 9:40." in opened.issue().body
    assert opened.issue().comments[0].reactions == []


def test_a_note_from_elsewhere_becomes_a_comment_once(opened: Stage) -> None:
    """With who said it where; nothing in it can mention anybody or be more than text."""
    opened.ask(
        "note", by="ben", text="ask @ana\n# not a heading\n<!-- tocsin:end -->", url="https://chat.example.com/p1"
    )
    opened.settle()
    (comment,) = _bots(opened)
    key = opened.office.history().events[-1].id
    assert comment.splitlines() == [
        "**ben** noted (from slack):",
        "",
        "> ask @\u200bana",
        "> #\u200b not a heading",
        "> \\<\\!-- tocsin:end --\\>",
        "",
        "[where it was said](<https://chat.example.com/p1>)",
        "",
        f"<!-- tocsin:event {key} -->",
    ]
    opened.crash()
    opened.ask("ack")
    opened.settle()
    assert len(_bots(opened)) == 1


def test_a_note_for_the_status_page_says_so(opened: Stage) -> None:
    """Whoever reads it on the issue knows that customers read it too."""
    opened.ask("note", by="ben", text="We know why.", public=True)
    opened.settle()
    (comment,) = _bots(opened)
    assert comment.splitlines()[0] == "**ben** noted for the status page (from slack):"


def test_a_note_whose_text_was_hidden_is_hidden_on_the_issue_too(opened: Stage) -> None:
    """The comment is corrected, and nothing is said again."""
    opened.ask("note", text="the password is hunter2")
    opened.settle()
    histories = opened.office.records.histories
    events = [replace(one, data={"text": "hidden"}) if one.kind == "noted" else one for one in histories[1].events]
    histories[1] = History.of(events)
    opened.office.ledger.accept(Decision(changes=(Change(number=1, after=histories[1], events=()),)))
    opened.ask("ack")
    opened.settle()
    (comment,) = _bots(opened)
    assert "hunter2" not in comment
    assert "> hidden" in comment
    assert "hunter2" not in opened.issue().body


def test_notes_from_before_the_issue_are_in_its_body_only(stage: Stage) -> None:
    """An outage of hours does not end in a hundred comments."""
    stage.fire()
    for number in range(5):
        stage.ask("note", text=f"note {number}")
    stage.settle()
    assert _bots(stage) == []
    assert "noted: note 4" in stage.issue().body


COMMANDS = [
    ("/ack", ["acknowledged"]),
    ("/ack looking", ["acknowledged"]),
    ("/assign @ben", ["assigned"]),
    ("/assign me", ["assigned"]),
    ("/role scribe @chi", ["role_assigned"]),
    ("/priority P1", ["priority_changed"]),
    ("/mitigate switched over", ["mitigated"]),
    ("/resolve noise", ["resolved"]),
    ("/note the cache is cold", ["noted"]),
    ("/handoff @ben", ["assigned"]),
    ("/ack\n/priority P2 smaller than thought\n/note and more\nof it", ["acknowledged", "priority_changed", "noted"]),
]


@pytest.mark.parametrize(("text", "kinds"), COMMANDS, ids=[text for text, _ in COMMANDS])
def test_a_command_is_done_with_the_authors_rights(opened: Stage, text: str, kinds: list[str]) -> None:
    """A thumb says so, and the issue follows."""
    before = len(opened.kinds())
    _say(opened, text)
    assert opened.kinds()[before:] == kinds
    assert {event.by for event in opened.office.history().events[before:]} == {"ana"}
    assert opened.issue().comments[0].reactions == [("tocsin[bot]", "+1")]
    assert _bots(opened) == []


def test_the_whole_life_of_an_incident_on_its_issue(opened: Stage) -> None:
    """Acknowledged, resolved, closed with a verdict and opened again, by comments alone."""
    for text in ("/ack", "/mitigate", "/resolve", "/close actionable", "/reopen once more"):
        _say(opened, text)
    assert [kind for kind in opened.kinds() if kind not in ("opened", "alert_fired", "linked")] == [
        "acknowledged",
        "mitigated",
        "resolved",
        "closed",
        "reopened",
    ]
    assert opened.issue().open
    assert _bots(opened) == []


def test_a_command_below_other_words_is_done_and_the_words_are_a_note(opened: Stage) -> None:
    """As GitHub's editor sends them; whoever acknowledges politely has acknowledged."""
    before = len(opened.kinds())
    _say(opened, "The bank's API times out.\r\nSince 9:40.\r\n\r\n/ack\r\n")
    assert opened.kinds()[before:] == ["noted", "acknowledged"]
    assert opened.office.history().events[before].data["text"] == "The bank's API times out.\nSince 9:40."
    assert opened.issue().comments[0].reactions == [("tocsin[bot]", "+1")]


@pytest.mark.parametrize("text", ["> /resolve", "```\n/resolve\n```", "/note log:\n```\n/resolve noise\n```"])
def test_what_is_quoted_or_code_is_not_done(opened: Stage, text: str) -> None:
    """It is part of the note."""
    _say(opened, text)
    assert opened.kinds()[-1] == "noted"
    assert opened.office.history().events[-1].data["text"] == text.removeprefix("/note ")


def test_a_member_whose_membership_is_private_is_answered(opened: Stage) -> None:
    """GitHub says of such people in webhooks that they do not belong; the policy knows them."""
    opened.hub.repository.associations["ana"] = "NONE"
    _say(opened, "/ack")
    assert opened.issue().comments[0].reactions == [("tocsin[bot]", "+1")]
    _say(opened, "/ack")
    (answer,) = _bots(opened)
    assert "Not done: INC-1 is acknowledged already by ana" in answer


def test_a_refused_command_is_answered_with_what_is_wrong(opened: Stage) -> None:
    """What was said, and why it was not done; the incident is as it was."""
    _say(opened, "/ack")
    _say(opened, "/ack")
    (answer,) = _bots(opened)
    assert answer.splitlines()[:3] == [
        "> /ack",
        "",
        "Not done: INC-1 is acknowledged already by ana; nothing is left to acknowledge",
    ]
    assert opened.kinds().count("acknowledged") == 1


MISTAKES = [
    ("/akc", "no command /akc; did you mean /ack?"),
    ("/assign @nobody", "to: got '@\u200bnobody'; expected the account on GitHub of a member of policies/teams"),
    ("/priority high", "/priority: got 'high'; expected one of P0, P1, P2, P3, P4"),
    ("/ack INC-9", "this is the issue of INC-1; what concerns INC-9 is said on its own issue"),
    ("/runbook run no-such-thing", "no runbook 'no-such-thing'; `/runbook list` shows all"),
    ("/runbook run watchdog", "no action is bound to Watchdog; its page says what a person does"),
    ("/runbook run high-error-rate", "HighErrorRate is about no alert of INC-1; its alerts: CheckoutAvailabilityBurn"),
    ("/close", "INC-1 is open; resolve it before you close it"),
]


@pytest.mark.parametrize(("text", "why"), MISTAKES, ids=[text for text, _ in MISTAKES])
def test_a_mistake_is_answered_and_recorded_nowhere(opened: Stage, text: str, why: str) -> None:
    """The person can correct it; the timeline stays as it was."""
    before = opened.kinds()
    _say(opened, text)
    (answer,) = _bots(opened)
    assert f"Not done: {why}" in answer.replace("\\", "")
    assert opened.kinds() == before
    assert opened.denied() == []


def test_a_postmortem_is_asked_for_and_remediation_frozen_in_a_comment(opened: Stage) -> None:
    """As on the command line; a switch is in the audit trail, with who threw it."""
    _say(opened, "/freeze --for 8h the database moves", who="eli")
    frozen = opened.office.records.frozen()
    assert frozen is not None
    assert (frozen.by, frozen.reason) == ("eli", "the database moves")
    _say(opened, "/unfreeze", who="eli")
    assert opened.office.records.frozen() is None
    _say(opened, "/resolve\n/postmortem")
    assert opened.office.history().events[-1].data["topic"] == "postmortem"
    assert [one.reactions for one in opened.issue().comments] == [[("tocsin[bot]", "+1")]] * 3


def test_a_runbook_is_run_by_whoever_may(opened: Stage) -> None:
    """The kebab-case name finds the runbook, the service's binding the action."""
    _say(opened, "/runbook run checkout-availability-burn", who="eli")
    (asked,) = [event for event in opened.office.history().events if event.kind == "remediation_requested"]
    assert (asked.by, asked.data["action"], asked.data["alert"]) == (
        "eli",
        "restart_deployment",
        "CheckoutAvailabilityBurn",
    )


def test_without_the_right_a_command_is_denied_and_in_the_audit(opened: Stage) -> None:
    """The author is told; who may is in access.yaml."""
    _say(opened, "/runbook run checkout-availability-burn", who="ana")
    (denial,) = opened.denied()
    assert (denial.by, denial.command, denial.incident) == ("ana", "run", 1)
    (answer,) = _bots(opened)
    assert "Not allowed: no role of ana may run restart\\_deployment; policies/access.yaml says who may" in answer
    assert "remediation_requested" not in opened.kinds()


def test_strangers_change_nothing_and_cannot_make_the_bot_write(opened: Stage) -> None:
    """Whoever belongs to the repository is told that no team knows them; anybody else only leaves a trace."""
    opened.hub.repository.associations["mallory"] = "NONE"
    calls = len(opened.hub.writes)
    _say(opened, "/resolve", who="mallory")
    _say(opened, "hello", who="mallory")
    assert len(opened.hub.writes) == calls
    assert [denial.by for denial in opened.denied()] == ["github:mallory"]
    _say(opened, "looking too", who="colleague")
    assert [denial.command for denial in opened.denied()] == ["resolve", "note"]
    assert len(opened.hub.writes) == calls
    _say(opened, "/resolve", who="colleague")
    (answer,) = _bots(opened)
    assert "Not allowed: github:colleague is in no team; expected a member of one under policies/teams/" in answer
    assert "resolved" not in opened.kinds()


def test_a_conversation_costs_few_writes(opened: Stage) -> None:
    """What was said on the issue is there: the timeline follows when it has settled a little."""
    before = len(opened.hub.writes)
    for number in range(12):
        opened.hub.repository.comment(opened.issue().number, "ana", f"word {number}")
        opened.hear()
        opened.work()
        opened.advance(4)
    opened.settle()
    assert len(opened.hub.writes) - before <= 4
    assert "noted: word 11" in opened.issue().body


def test_what_the_bot_and_other_programs_write_is_not_heard(opened: Stage) -> None:
    """No loops: its own comments come back by the webhook and end there."""
    opened.hub.repository.comment(opened.issue().number, "tocsin[bot]", "/resolve")
    opened.hub.repository.comment(opened.issue().number, "github-actions[bot]", "/resolve")
    opened.settle()
    assert "resolved" not in opened.kinds()
    assert opened.denied() == []


def test_a_comment_that_is_told_twice_is_one_note(opened: Stage) -> None:
    """GitHub's deliveries may come again; the comment's own number is the key."""
    _say(opened, "once")
    first = next(one for one in opened.hub.webhook.attempts if one["event"] == "issue_comment")
    opened.hub.webhook.redeliver(first["id"])
    opened.settle()
    assert opened.kinds().count("noted") == 1


def test_comments_elsewhere_are_none_of_the_bots_business(opened: Stage) -> None:
    """An issue that is no incident's."""
    other = opened.hub.repository.open("ana", "A question")
    opened.hub.repository.comment(other.number, "ana", "/ack")
    opened.settle()
    assert "acknowledged" not in opened.kinds()
    assert [intake for intake in opened.intakes if isinstance(intake, Denial)] == []


def test_a_long_comment_is_kept_up_to_what_a_note_may_hold(opened: Stage) -> None:
    """The end is an ellipsis."""
    _say(opened, "x" * 20_000)
    (note,) = [event for event in opened.office.history().events if event.kind == "noted"]
    assert len(note.data["text"]) == 10_000
    assert note.data["text"].endswith("…")


def test_an_escalation_mentions_who_is_next(opened: Stage) -> None:
    """By the user name of the policy: somebody has to hear of it. Other words of the bot's stay in the body."""
    opened.ask("escalate", by="tocsin", text="Nobody acknowledged within 5m: escalated to ben", to="ben", step=2)
    opened.settle()
    (comment,) = _bots(opened)
    assert comment.splitlines()[:3] == [
        "@ben **tocsin** noted:",
        "",
        "> Nobody acknowledged within 5m: escalated to ben",
    ]
