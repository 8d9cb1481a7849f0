"""One issue for each incident, kept up to date."""

from datetime import datetime
from pathlib import Path

import pytest

from alerting.policy import load
from bots.github.issue import issue_of
from bots.rulebook import Rules
from tests.bots.github.stage import Stage
from tests.bots.office import Office, alert, at, command, delivery

COMPANY = load(Path(__file__).parents[3])


def test_an_incident_gets_one_issue_that_says_it_all(stage: Stage) -> None:
    """Title, labels, the alerts and the timeline; the record knows its address."""
    stage.fire(instance="a")
    stage.settle()
    (issue,) = stage.issues
    assert issue.author == "tocsin[bot]"
    assert issue.title == "INC-1 P0: CheckoutAvailabilityBurn on checkout"
    assert issue.labels == ["incident", "priority: P0", "state: open", "service: checkout", "team: payments"]
    for words in (
        "### INC-1: CheckoutAvailabilityBurn on checkout",
        "| State | **open** |",
        "| Priority | **P0**: users cannot buy |",
        "| Responders | nobody yet |",
        "| On call | primary: ana, office: dee |",
        "[Everything about it](<https://incidents.example.com/incidents/INC-1>)",
        "[Runbook of CheckoutAvailabilityBurn](<https://git.example.com/shop/tocsin/blob/main/runbooks/",
        "#### Alerts: 1 firing, 0 resolved",
        "| CheckoutAvailabilityBurn | P0 page | **firing** | 2026-01-05 10:00:00 |",
        "#### Timeline (UTC)",
        "opened for **checkout**",
    ):
        assert words in issue.body
    (link,) = [link for link in stage.office.history().state.inputs.links if link.relation == "github_issue"]
    assert link.url == f"{stage.hub.base}/example/incidents/issues/{issue.number}"


def test_the_link_that_the_record_gets_is_no_second_write(stage: Stage) -> None:
    """That an incident has an issue is no news on the issue."""
    stage.fire()
    stage.settle()
    stage.advance(3600)
    stage.settle()
    assert [what for _, what in stage.issue().writes] == ["created"]


def test_what_people_do_elsewhere_is_on_the_issue_at_once(stage: Stage) -> None:
    """State, assignee and priority are labels, assignees and rows of the timeline."""
    stage.fire()
    stage.settle()
    stage.ask("ack", by="ben")
    stage.work()
    issue = stage.issue()
    assert issue.labels == ["incident", "priority: P0", "state: acknowledged", "service: checkout", "team: payments"]
    assert issue.assignees == ["ben"]
    assert "| State | **acknowledged**; acknowledged after 5 s by ben |" in issue.body
    assert "| Responders | ben (assigned) |" in issue.body
    stage.ask("assign", to="ana")
    stage.ask("role", role="commander", to="chi")
    stage.ask("priority", priority="P1")
    stage.settle()
    assert issue.assignees == ["ana"]
    assert "priority: P1" in issue.labels
    assert "priority: P0" not in issue.labels
    assert "| Responders | ana (assigned), chi (commander) |" in issue.body
    assert issue.title == "INC-1 P1: CheckoutAvailabilityBurn on checkout"


def test_it_is_closed_when_the_incident_is_over_and_opened_again_when_it_comes_back(stage: Stage) -> None:
    """Why it was closed follows the verdict."""
    stage.fire()
    stage.settle()
    stage.ask("resolve", verdict="noise")
    stage.settle()
    issue = stage.issue()
    assert (issue.open, issue.reason) == (False, "not_planned")
    assert "state: resolved" in issue.labels
    stage.ask("reopen", reason="it is back")
    stage.settle()
    assert (issue.open, issue.reason) == (True, "reopened")
    stage.ask("resolve", verdict="actionable")
    stage.settle()
    assert (issue.open, issue.reason) == (False, "completed")
    assert len(stage.issues) == 1


def test_what_people_wrote_labelled_and_assigned_stays(stage: Stage) -> None:
    """Text before and behind the bot's part, other labels, other assignees, a changed title."""
    stage.fire()
    stage.settle()
    issue = stage.issue()
    before = "We see this in Lisbon too. <!-- tocsin:begin 0000000000000000 -->\r\n\r\n"
    behind = "\r\n\r\n## Notes\r\n\r\n- asked the bank\r\n<!-- tocsin:end -->\r\n"
    stage.hub.repository.edit("ana", issue.number, before + issue.body + behind)
    stage.hub.repository.change(
        issue.number, "ana", labels=[*issue.labels, "customer visible"], assignees=["chi"], title="Lisbon cannot pay"
    )
    stage.settle()
    stage.ask("ack", by="ben")
    stage.ask("mitigate")
    stage.settle()
    assert issue.body.startswith(before)
    assert issue.body.endswith(behind)
    assert "| State | **mitigated**" in issue.body
    assert "customer visible" in issue.labels
    assert "state: mitigated" in issue.labels
    assert set(issue.assignees) == {"chi"}
    assert issue.title == "Lisbon cannot pay"


def test_a_part_that_somebody_took_out_is_put_behind_their_words(stage: Stage) -> None:
    """Nothing of theirs is lost, and half a part is not taken for one."""
    stage.fire()
    stage.settle()
    issue = stage.issue()
    half = issue.body.replace("<!-- tocsin:end -->", "") + "\n\nmine"
    stage.hub.repository.edit("ana", issue.number, half)
    stage.ask("ack")
    stage.settle()
    assert issue.body.startswith(half)
    assert issue.body.count("<!-- tocsin:end -->") == 1
    stage.ask("mitigate")
    stage.settle()
    assert issue.body.startswith(half)
    assert issue.body.count("| State | **mitigated**") == 1


def test_a_body_that_is_full_is_cut_and_says_so(stage: Stage) -> None:
    """GitHub takes 65,536 characters and titles of 256; what is left out is named."""
    for number in range(120):
        stage.fire(f"Alert{number}", summary="x" * 2_000, instance=str(number))
    stage.settle()
    issue = stage.issue()
    assert len(issue.body) <= 65_536
    assert " more alerts are not shown here: [all of them]" in issue.body
    assert "more entries are not shown here: [all of them]" in issue.body
    assert len(issue.title) <= 256
    theirs = "\n\n" + "y" * (65_000 - len(issue.body))
    stage.hub.repository.edit("ana", issue.number, issue.body + theirs)
    stage.ask("ack")
    stage.settle()
    assert len(issue.body) <= 65_536
    assert "| State | **acknowledged**" in issue.body
    assert issue.body.endswith(theirs)
    stage.hub.repository.edit("ana", issue.number, "z" * 65_400)
    stage.ask("mitigate")
    stage.work()
    assert issue.body == "z" * 65_400
    assert "do not fit beside what people wrote in the body" in stage.failed()[-1]


def test_an_assignee_whom_github_does_not_take_does_not_keep_the_issue_away(stage: Stage) -> None:
    """Everything else is written, and it is not tried for ever."""
    stage.hub.repository.people = frozenset({"ana"})
    stage.fire()
    stage.ask("ack", by="ben")
    stage.settle()
    issue = stage.issue()
    assert issue.assignees == []
    assert "state: acknowledged" in issue.labels
    stage.ask("assign", to="ana")
    stage.settle()
    assert issue.assignees == ["ana"]
    stage.ask("assign", to="ben")
    stage.settle()
    assert "| Responders | ben (assigned) |" in issue.body
    assert stage.failed() == []


def test_an_issue_that_people_deleted_stays_deleted(stage: Stage) -> None:
    """The bot does not open another one, and does not ask again and again."""
    stage.fire()
    stage.settle()
    stage.hub.repository.delete(stage.issue().number)
    stage.ask("ack")
    stage.settle()
    calls = len(stage.hub.calls)
    stage.ask("mitigate")
    stage.settle()
    assert (stage.issues, stage.failed(), len(stage.hub.calls)) == ([], [], calls)


def test_alerts_that_come_and_go_are_gathered(stage: Stage) -> None:
    """A person's doing is written at once; alerts wait until they have settled a little."""
    stage.fire(instance="a")
    stage.settle()
    for number in range(30):
        stage.advance(2)
        stage.fire(instance=str(number))
        stage.work()
    issue = stage.issue()
    assert len(issue.writes) <= 4
    stage.settle()
    assert "#### Alerts: 31 firing, 0 resolved" in issue.body


def test_a_drill_is_labelled_so(stage: Stage) -> None:
    """Title, label and heading say that it is a rehearsal."""
    stage.fire(drill="true")
    stage.settle()
    issue = stage.issue()
    assert issue.title.startswith("INC-1 P0 (drill): ")
    assert issue.labels[-1] == "drill"


@pytest.mark.parametrize(
    ("when", "duty"),
    [
        ("2026-01-06T12:00Z", "primary: ana, secondary: ben, office: dee"),
        (
            "2026-01-09T18:00Z",
            "primary: ana, secondary: ben, office is off duty; dee comes Mon 12 Jan 09:00 UTC",
        ),
        ("2026-01-01T18:00Z", "primary: nobody; ana from Mon 5 Jan 09:00 UTC, "),
    ],
)
def test_office_hours_that_are_over_do_not_read_as_a_gap(when: str, duty: str) -> None:
    """The issue says it as the bot's page does; where nobody is although somebody should be, it says that."""
    office = Office()
    office.take(delivery(alert("Burn", 0)), now=0)
    issue = issue_of(office.history(), COMPANY, "https://incidents.example.com", datetime.fromisoformat(when))
    assert f"| On call | {duty}" in issue.section


def test_nobody_is_asked_to_approve_what_is_over() -> None:
    """The comment would be refused; where it goes on, both words are there to copy."""
    office = Office(Rules.of(COMPANY))
    office.take(delivery(alert("CheckoutAvailabilityBurn", 0)))
    office.take(command("run", by="ana", action="restart_deployment"))
    asked = "**restart\\_deployment waits for somebody to approve it**: comment `/approve 1` or `/reject 1`."
    assert asked in issue_of(office.history(), COMPANY, "https://incidents.example.com", at(61)).body
    office.take(delivery(alert("CheckoutAvailabilityBurn", 0, 62)), now=62)
    assert "/approve" not in issue_of(office.history(), COMPANY, "https://incidents.example.com", at(62)).body
