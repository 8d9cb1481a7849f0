"""Labels, assignees, closing and reopening by hand are events; an issue of the form is an incident."""

from typing import Any

import pytest

from tests.bots.github.stage import Stage

FORM = """### What is wrong

Nobody in Lisbon can pay

### Which service

checkout

### How bad is it

P1: users notice

### What you know

Since 9:40.

### Which service

payments-db
"""


@pytest.fixture
def opened(stage: Stage) -> Stage:
    """A bot with an incident that has its issue."""
    stage.fire()
    stage.settle()
    return stage


def test_a_priority_and_a_state_set_by_label_are_the_incidents(opened: Stage) -> None:
    """The bot's own labels follow, and nobody is answered: the label is the answer."""
    number = opened.issue().number
    opened.hub.repository.label("ben", number, "priority: P2")
    opened.settle()
    assert opened.office.history().state.priority == "P2"
    opened.hub.repository.label("ben", number, "state: acknowledged")
    opened.settle()
    state = opened.office.history().state
    assert (state.status.value, state.acknowledged_by) == ("acknowledged", "ben")
    assert set(opened.issue().labels) == {
        "incident",
        "priority: P2",
        "state: acknowledged",
        "service: checkout",
        "team: payments",
    }
    assert opened.issue().comments == []


def test_assigning_by_hand_assigns_the_incident(opened: Stage) -> None:
    """Somebody whom no team knows stays on the issue, and the person who did it is told."""
    opened.hub.repository.assign("ana", opened.issue().number, "chi")
    opened.settle()
    assert opened.office.history().state.assignee == "chi"
    opened.hub.repository.assign("ana", opened.issue().number, "stranger")
    opened.settle()
    assert opened.office.history().state.assignee == "chi"
    assert set(opened.issue().assignees) == {"chi", "stranger"}
    assert "stranger is nobody's account on GitHub in policies/teams" in opened.issue().comments[0].body


def test_closing_and_reopening_by_hand_resolve_and_reopen(opened: Stage) -> None:
    """Closing once more, when a verdict is known, closes for good."""
    number = opened.issue().number
    opened.hub.repository.close("ana", number)
    opened.settle()
    assert opened.office.history().state.status.value == "resolved"
    assert not opened.issue().open
    opened.hub.repository.reopen("ben", number)
    opened.settle()
    assert opened.office.history().state.status.value == "open"
    assert opened.kinds()[-2:] == ["resolved", "reopened"]
    assert opened.issue().comments == []


def test_what_two_webhooks_tell_is_done_once(opened: Stage) -> None:
    """The App's and one of the repository: closed and resolved is not closed for good, and nobody is scolded."""
    opened.ask("resolve", verdict="noise")
    opened.ask("reopen")
    opened.settle()
    opened.advance(60)
    opened.hub.repository.close("ana", opened.issue().number)
    opened.hear()
    first = next(one for one in reversed(opened.hub.webhook.attempts) if one["action"] == "closed")
    first["guid"] = "another-webhooks-own"
    opened.hub.webhook.redeliver(first["id"])
    opened.settle()
    assert opened.kinds()[-1] == "resolved"
    assert opened.office.history().state.status.value == "resolved"
    assert opened.issue().comments == []


def test_what_got_lost_and_is_told_late_does_not_undo_what_was_done_since(opened: Stage) -> None:
    """Closed and opened again, one priority and then another: what was done last holds."""
    number, repository = opened.issue().number, opened.hub.repository
    opened.hub.webhook.lost = True
    repository.close("ana", number)
    repository.label("ana", number, "priority: P3")
    opened.hear()
    lost = [one["id"] for one in opened.hub.webhook.attempts if one["status_code"] == 502]
    opened.hub.webhook.lost = False
    opened.advance(10)
    repository.reopen("ana", number)
    repository.label("ana", number, "priority: P2")
    opened.settle()
    for one in lost:
        opened.hub.webhook.redeliver(one)
    opened.settle()
    state = opened.office.history().state
    assert (state.status.value, state.priority) == ("open", "P2")
    assert opened.issue().open
    assert "priority: P2" in opened.issue().labels
    assert opened.kinds().count("priority_changed") == 1
    assert opened.issue().comments == []


def test_what_may_not_be_done_by_hand_is_put_back(opened: Stage) -> None:
    """The issue says what the record says, and a comment says why."""
    number = opened.issue().number
    opened.hub.repository.close("colleague", number)
    opened.hub.repository.label("colleague", number, "priority: P4")
    opened.settle()
    issue = opened.issue()
    assert issue.open
    assert "priority: P0" in issue.labels
    assert "priority: P4" not in issue.labels
    assert [denial.command for denial in opened.denied()] == ["resolve", "priority"]
    assert len(issue.comments) == 2
    assert opened.office.history().state.status.value == "open"


def test_the_form_declares_an_incident_on_the_issue_itself(stage: Stage) -> None:
    """What was answered is what the incident says; a heading in an answer answers nothing else."""
    issue = stage.hub.repository.open("ana", "[incident] Lisbon", FORM, ["incident"])
    stage.settle()
    history = stage.office.history()
    state = history.state
    assert (state.title, state.service, state.team, state.priority) == (
        "Nobody in Lisbon can pay",
        "checkout",
        "payments",
        "P1",
    )
    assert [event.kind.value for event in history.events] == ["opened", "noted", "linked"]
    assert history.events[0].by == "ana"
    assert "### Which service\n\npayments-db" in history.events[1].data["text"]
    assert len(stage.issues) == 1
    assert issue.title == "[incident] Lisbon"
    assert issue.body.startswith(FORM.rstrip())
    assert "| State | **open** |" in issue.body
    assert {"priority: P1", "state: open", "service: checkout", "team: payments"} <= set(issue.labels)
    assert issue.reactions == [("tocsin[bot]", "eyes")]
    assert issue.comments == []


def test_whoever_is_faster_than_the_bot_is_heard_on_the_forms_issue_too(stage: Stage) -> None:
    """The incident is declared, and the bot's part is not there yet."""
    issue = stage.hub.repository.open("ana", "[incident] Lisbon", FORM, ["incident"])
    stage.hear()
    stage.hub.repository.comment(issue.number, "ben", "/ack")
    stage.hear()
    assert "acknowledged" in stage.kinds()
    assert stage.remembered() is None


def test_an_issue_that_a_person_opened_is_not_closed_by_the_bot(stage: Stage) -> None:
    """Its labels say that the incident is over; its author closes it, which is then no news."""
    issue = stage.hub.repository.open("ana", "[incident] Lisbon", FORM, ["incident"])
    stage.settle()
    stage.ask("resolve", verdict="actionable")
    stage.settle()
    assert issue.open
    assert "state: resolved" in issue.labels
    stage.hub.repository.close("ana", issue.number)
    stage.settle()
    assert stage.office.history().state.status.value == "closed"


def test_a_label_makes_an_incident_of_any_issue(stage: Stage) -> None:
    """Without the form the labels say which service it is, else it is the platform's."""
    one = stage.hub.repository.open("ben", "The disk is full", "of the database", ["service: payments-db"])
    two = stage.hub.repository.open("ben", "It smells of fire")
    stage.settle()
    assert stage.office.records.histories == {}
    for issue in (one, two):
        stage.hub.repository.label("ben", issue.number, "incident")
        stage.settle()
    assert [(stage.office.history(n).state.title, stage.office.history(n).state.service) for n in (1, 2)] == [
        ("The disk is full", "payments-db"),
        ("It smells of fire", "platform"),
    ]


def test_whoever_may_not_declare_is_told(stage: Stage) -> None:
    """Nobody outside the repository is answered at all."""
    stage.hub.repository.open("colleague", "[incident] x", FORM, ["incident"])
    stage.settle()
    assert stage.office.records.histories == {}
    assert "Not allowed: github:colleague is in no team" in stage.issue().comments[0].body
    stage.hub.repository.associations["mallory"] = "NONE"
    writes = len(stage.hub.writes)
    stage.hub.repository.open("mallory", "[incident] y", FORM, ["incident"])
    stage.settle()
    assert len(stage.hub.writes) == writes
    assert len(stage.denied()) >= 2


def test_other_repositories_of_an_app_are_not_heard(stage: Stage) -> None:
    """An App's webhook tells of every repository that it is installed in."""
    stage.hub.webhook.shape = _elsewhere
    stage.hub.repository.open("ana", "[incident] Lisbon", FORM, ["incident"])
    stage.settle()
    assert stage.office.records.histories == {}


def _elsewhere(happening: Any, own: dict[str, Any]) -> dict[str, Any]:
    own["repository"]["full_name"] = "example/other"
    return own


def test_taking_somebody_off_the_issue_takes_them_off_the_incident(opened: Stage) -> None:
    """Another one put in their place is one step, in whichever order GitHub tells of the two."""
    number = opened.issue().number
    opened.hub.repository.assign("ana", number, "ben")
    opened.settle()
    opened.hub.repository.unassign("chi", number, "ben")
    opened.settle()
    assert opened.office.history().state.assignee == ""
    assert opened.issue().assignees == []
    last = opened.office.history().events[-1]
    assert (last.kind.value, last.by, last.data["to"]) == ("assigned", "chi", "")
    assert "| chi | assigned it to nobody |" in opened.issue().body
    opened.hub.repository.assign("ana", number, "ben")
    opened.settle()
    opened.hub.repository.change(number, "ana", assignees=["chi"])
    opened.settle()
    assert opened.office.history().state.assignee == "chi"
    assert opened.issue().assignees == ["chi"]
    assert opened.issue().comments == []


def test_unassigning_is_a_command_too(opened: Stage) -> None:
    """And refused where nobody is assigned."""
    number = opened.issue().number
    opened.hub.repository.comment(number, "ana", "/ack")
    opened.settle()
    for _ in range(2):
        opened.hub.repository.comment(number, "ben", "/unassign")
        opened.settle()
    assert opened.office.history().state.assignee == ""
    answer = opened.issue().comments[-1]
    assert answer.body.splitlines()[2] == "Not done: INC-1 is assigned to nobody already"


@pytest.mark.parametrize("label", ["priority: P0", "state: open", "service: checkout", "team: payments"])
def test_a_label_of_the_incident_that_is_taken_away_comes_back(opened: Stage, label: str) -> None:
    """In silence: people exchange labels in two steps."""
    opened.hub.repository.unlabel("ana", opened.issue().number, label)
    opened.settle()
    assert label in opened.issue().labels
    assert opened.issue().comments == []


def test_a_priority_that_is_exchanged_in_two_steps_is_the_new_one(opened: Stage) -> None:
    """Taken away first, then set."""
    number = opened.issue().number
    opened.hub.repository.unlabel("ana", number, "priority: P0")
    opened.hub.repository.label("ana", number, "priority: P3")
    opened.settle()
    assert opened.office.history().state.priority == "P3"
    assert [one for one in opened.issue().labels if one.startswith("priority")] == ["priority: P3"]
    assert opened.issue().comments == []


LABELS = [
    (
        "service: payments-db",
        "it is an incident of checkout, team payments; /merge INC-3 makes it part of another one",
    ),
    (
        "priority: high",
        (
            "no label 'priority: high'; expected one of priority: P0, priority: P1, priority: P2, priority: P3, "
            "priority: P4, state: open, state: acknowledged, state: mitigated, state: resolved, state: closed"
        ),
    ),
    ("drill", "whether it is a drill is said when it begins; afterwards /resolve drill or /close drill says it"),
]


@pytest.mark.parametrize(("label", "why"), LABELS, ids=[label for label, _ in LABELS])
def test_a_label_that_says_what_cannot_be_said_by_hand_is_answered(opened: Stage, label: str, why: str) -> None:
    """It is taken away, and a comment says why."""
    issue = opened.issue()
    opened.hub.repository.label("ana", issue.number, "customer")
    opened.hub.repository.label("ana", issue.number, label)
    opened.settle()
    assert label not in issue.labels
    assert "customer" in issue.labels
    (answer,) = issue.comments
    assert answer.body.splitlines()[0] == f"Not done: {why}"


def test_the_label_incident_stays(opened: Stage) -> None:
    """What was nothing is closed as noise."""
    opened.hub.repository.unlabel("ana", opened.issue().number, "incident")
    opened.settle()
    assert "incident" in opened.issue().labels
    (answer,) = opened.issue().comments
    why = "the label incident says what INC-1 is, so it stays; /close noise says that it was nothing"
    assert answer.body.splitlines()[0] == f"Not done: {why}"


def test_the_label_open_reopens_what_is_over(opened: Stage) -> None:
    """What goes on does not become open again."""
    number = opened.issue().number
    opened.ask("resolve")
    opened.settle()
    opened.hub.repository.label("ana", number, "state: open")
    opened.settle()
    assert opened.office.history().state.status.value == "open"
    opened.ask("ack")
    opened.settle()
    opened.hub.repository.label("ana", number, "state: open")
    opened.settle()
    assert [one for one in opened.issue().labels if one.startswith("state")] == ["state: acknowledged"]
    (answer,) = opened.issue().comments
    why = "INC-1 is acknowledged, and does not become open again by a label"
    assert answer.body.splitlines()[0] == f"Not done: {why}"


def test_that_the_issue_was_deleted_is_in_the_record(opened: Stage) -> None:
    """With who did it; no other one is opened, and the incident goes on."""
    number = opened.issue().number
    opened.hub.repository.delete(number, "colleague")
    opened.ask("ack")
    opened.settle()
    texts = [event.data["text"] for event in opened.office.history().events if event.kind == "noted"]
    assert texts == [f"Its issue #{number} on GitHub was deleted by colleague: no other is opened"]
    assert opened.issues == []
    assert opened.failed() == []


def test_whoever_opened_an_issue_and_belongs_nowhere_cannot_make_the_bot_talk(stage: Stage) -> None:
    """They can close what they opened: it is open again, and nothing is said."""
    stage.hub.repository.associations["customer"] = "NONE"
    issue = stage.hub.repository.open("customer", "It is broken")
    stage.hub.repository.label("ana", issue.number, "incident")
    stage.settle()
    stage.hub.repository.close("customer", issue.number)
    stage.settle()
    assert issue.open
    assert issue.comments == []
    assert [(one.by, one.command) for one in stage.denied()] == [("github:customer", "resolve")]
