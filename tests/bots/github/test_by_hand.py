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
