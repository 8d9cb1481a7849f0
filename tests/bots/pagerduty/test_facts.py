"""What happens in PagerDuty besides decisions, and what people there may not decide here."""

import pytest

from tests.bots.pagerduty.examples import DATA, body
from tests.bots.pagerduty.stage import Stage, alert
from tools.standins.pagerduty_incident import Webhook


def _notes(stage: Stage) -> list[tuple[str, str]]:
    return [(event.by, str(event.data["text"])) for event in stage.office.history().events if "text" in event.data]


@pytest.fixture
def page(stage: Stage) -> Stage:
    """INC-1, which is page PGR0001."""
    stage.fire(alert())
    stage.settle()
    stage.minutes(2)
    return stage


@pytest.mark.parametrize(
    ("doing", "command", "rest"),
    [
        (
            "acknowledged",
            "ack",
            "PagerDuty calls nobody about it now, and the incident is still open",
        ),
        (
            "resolved",
            "resolve",
            "PagerDuty calls nobody about it now, and the incident goes on",
        ),
    ],
)
def test_what_somebody_may_not_do_here_silences_pagerduty_all_the_same(
    page: Stage, doing: str, command: str, rest: str
) -> None:
    """The attempt is in the audit, and those who work on the incident are told that nobody is called any more."""
    page.account.act("PGR0001", doing, "PEVE")
    page.settle()
    assert page.office.history().state.status.value == "open"
    told = f"Page PGR0001 was {doing} in PagerDuty by Eve, who may not do that here"
    assert _notes(page) == [("tocsin", f"{told}: {rest}")]
    assert [(one.by, one.command) for one in page.denials] == [("pagerduty:Eve", command)]


def test_an_acknowledgment_is_taken_back_by_a_person(page: Stage) -> None:
    """Not by a timeout: the note says who."""
    page.account.act("PGR0001", "acknowledged", "PBEN")
    page.account.act("PGR0001", "unacknowledged", "PBEN")
    page.settle()
    text = "Page PGR0001 is waiting for an acknowledgment again: Ben in PagerDuty took it back"
    assert _notes(page) == [("ben", text)]


@pytest.mark.parametrize(
    ("user", "by", "text"),
    [
        ("PBEN", "ben", "PagerDuty escalated to ana"),
        ("PEVE", "tocsin", "PagerDuty escalated to ana; Eve asked for it"),
    ],
)
def test_an_escalation_there_is_noted(page: Stage, user: str, by: str, text: str) -> None:
    """Whoever asks for it: it is a fact, and no attempt at anything here."""
    page.account.act("PGR0001", "escalated", user, "PANA")
    page.settle()
    assert _notes(page) == [(by, text)]
    assert page.denials == []


def test_what_the_bot_did_there_is_not_news(page: Stage) -> None:
    """Its own escalation comes back as a webhook: no note, no denial of an unknown user."""
    page.ask("escalate", by="tocsin", text="Nobody acknowledged within 5m", step=2, to="ana", source="clock")
    page.settle()
    assert page.account.incidents[0].log[-1] == "escalated to level 2 by Tocsin"
    assert _notes(page) == [("tocsin", "Nobody acknowledged within 5m")]
    assert page.denials == []


@pytest.mark.parametrize(
    ("kind", "changes", "text"),
    [
        ("incident.responder.added", {}, "Maeve was asked to help, in PagerDuty: Please help"),
        (
            "incident.responder.added",
            {"user": None, "message": ""},
            "The Policy was asked to help, in PagerDuty",
        ),
        ("incident.responder.replied", {}, "Maeve accepted to help, in PagerDuty"),
        ("incident.responder.replied", {"state": "declined"}, "Maeve declined to help, in PagerDuty"),
        ("incident.status_update_published", {}, "A fix is on its way"),
    ],
    ids=["somebody", "a policy", "accepted", "declined", "update"],
)
def test_requests_for_help_and_updates_are_noted(page: Stage, kind: str, changes: dict[str, object], text: str) -> None:
    """In the name of whoever wrote them."""
    data = DATA[kind] | {"incident": {"id": "PGR0001", "type": "incident_reference"}} | changes
    agent = page.account.user("PANA")
    page.webhooks.append(
        Webhook(body=body(kind, data=data, agent=agent, occurred_at="2026-01-05T10:02:00Z"), headers={})
    )
    page.settle()
    assert _notes(page) == [("ana", text)]
