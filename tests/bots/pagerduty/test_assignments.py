"""Whom an incident is given to here has the page there, and the other way round, without a loop."""

from tests.bots.pagerduty.stage import Stage, alert


def _page(stage: Stage) -> tuple[str, list[str]]:
    (page,) = stage.account.incidents
    return page.status, page.assignees


def test_an_assignment_here_is_one_there(stage: Stage) -> None:
    """In the name of whoever gave it, to the user with the member's e-mail; what comes back changes nothing."""
    stage.fire(alert())
    stage.settle()
    stage.ask("assign", by="ana", to="ben")
    stage.settle()
    assert _page(stage) == ("triggered", ["PBEN"])
    assert stage.account.incidents[0].log[-1] == "reassigned to Ben@Example.com by Ana"
    assert stage.office.kinds().count("assigned") == 1
    calls = len(stage.trouble.calls)
    stage.ask("note", text="x")
    stage.settle()
    assert len(stage.trouble.calls) == calls


def test_an_acknowledgment_assigns_nobody_there(stage: Stage) -> None:
    """PagerDuty knows who took it; those whom it called keep it."""
    stage.fire(alert())
    stage.ask("ack", by="ben")
    stage.settle()
    assert _page(stage) == ("acknowledged", ["PANA"])


def test_a_handoff_calls_the_next_one(stage: Stage) -> None:
    """Who gets what somebody else had acknowledged is called until they acknowledge."""
    stage.fire(alert())
    stage.ask("ack", by="ana")
    stage.settle()
    stage.ask("handoff", by="ana", to="ben", note="I have to sleep")
    stage.settle()
    assert _page(stage) == ("triggered", ["PBEN"])
    stage.account.act("PGR0001", "acknowledged", "PBEN")
    stage.settle()
    assert _page(stage) == ("acknowledged", ["PBEN"])
    assert stage.office.history().state.assignee == "ben"


def test_who_takes_it_themselves_is_not_called(stage: Stage) -> None:
    """They are at it: the page is acknowledged in their name as well."""
    stage.fire(alert())
    stage.ask("ack", by="ana")
    stage.settle()
    stage.minutes(1)
    stage.ask("assign", by="ben", to="ben")
    stage.settle()
    assert _page(stage) == ("acknowledged", ["PBEN"])
    assert stage.account.incidents[0].log[-1] == "acknowledged by Ben"


def test_who_has_no_account_there_has_it_here_alone(stage: Stage) -> None:
    """The page stays with whom PagerDuty called."""
    stage.fire(alert())
    stage.ask("assign", to="chi")
    stage.settle()
    assert _page(stage) == ("triggered", ["PANA"])
    assert stage.waiting() == []


def test_who_has_the_page_already_is_not_called_again(stage: Stage) -> None:
    """Nothing is written."""
    stage.fire(alert())
    stage.ask("assign", by="ben", to="ana")
    stage.settle()
    assert stage.writes() == []


def test_a_reassignment_there_is_not_repeated_there(stage: Stage) -> None:
    """But the incident's other page goes to the same person."""
    stage.fire(alert(), alert("HighErrorRate"))
    stage.account.act("PGR0001", "reassigned", "PANA", "PBEN")
    stage.settle()
    assert [one.assignees for one in stage.account.incidents] == [["PBEN"], ["PBEN"]]
    assert stage.writes() == ["/incidents"]
    assert stage.office.kinds().count("assigned") == 1


def test_two_changes_in_a_row_do_not_chase_each_other(stage: Stage) -> None:
    """The echo of the first one arrives after the second decision."""
    stage.fire(alert())
    stage.settle()
    stage.ask("assign", to="ben")
    stage.ask("priority", priority="P2")
    stage.deliver()
    late, stage.webhooks[:] = list(stage.webhooks), []
    assert len(late) == 2
    stage.ask("assign", by="ben", to="ana")
    stage.ask("priority", priority="P3")
    stage.webhooks += late
    stage.settle()
    state, page = stage.office.history().state, stage.account.incidents[0]
    assert (state.assignee, state.priority) == ("ana", "P3")
    assert (page.assignees, page.priority) == (["PANA"], "P3")
    assert stage.office.kinds().count("assigned") == 2


def test_what_a_person_there_undoes_and_does_again_counts(stage: Stage) -> None:
    """It is no echo any more."""
    stage.fire(alert())
    stage.settle()
    stage.ask("assign", to="ben")
    stage.settle()
    for minute, user in enumerate(("PANA", "PBEN"), start=1):
        stage.minutes(minute)
        stage.account.act("PGR0001", "reassigned", "PANA", user)
        stage.settle()
    assert stage.office.history().state.assignee == "ben"
    assert stage.office.kinds().count("assigned") == 3
