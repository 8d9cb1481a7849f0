"""What happened in PagerDuty is understood in the order in which it happened, however it arrives."""

from tests.bots.pagerduty.stage import Stage, alert


def test_what_waits_is_not_overtaken(stage: Stage) -> None:
    """Ben has to be looked up, ana is known: her resolution waits behind his acknowledgment."""
    stage.fire(alert())
    stage.account.act("PGR0001", "annotated", "PANA", "hello")
    stage.settle()
    stage.minutes(3)
    stage.account.act("PGR0001", "acknowledged", "PBEN")
    stage.minutes(4)
    stage.account.act("PGR0001", "resolved", "PANA")
    stage.receive()
    assert stage.office.kinds()[-1] == "noted"
    stage.settle()
    assert stage.office.kinds()[-2:] == ["acknowledged", "resolved"]
    state = stage.office.history().state
    assert (state.acknowledged_by, state.resolved_by) == ("ben", "ana")


def test_pages_do_not_wait_for_each_other(stage: Stage) -> None:
    """A page whose incident is not there yet holds up nothing but itself."""
    stage.page(alert("HighErrorRate"))
    stage.account.act("PGR0001", "annotated", "PBEN", "first")
    stage.receive()
    stage.fire(alert())
    stage.account.act("PGR0002", "acknowledged", "PBEN")
    stage.settle()
    assert stage.office.history().state.acknowledged_by == "ben"
    assert len(stage.waiting()) == 1


def test_what_was_decided_here_since_is_not_undone(stage: Stage) -> None:
    """A webhook that was held up tells of a priority and a person that were changed again since."""
    stage.fire(alert())
    stage.settle()
    stage.minutes(1)
    stage.account.act("PGR0001", "priority_updated", "PANA", "P3")
    stage.account.act("PGR0001", "reassigned", "PANA", "PANA")
    stage.minutes(2)
    stage.ask("priority", priority="P2")
    stage.ask("assign", to="ben")
    stage.settle()
    state, page = stage.office.history().state, stage.account.incidents[0]
    assert (state.priority, state.assignee) == ("P2", "ben")
    assert (page.priority, page.assignees) == ("P2", ["PBEN"])


def test_what_was_chosen_again_is_said_again(stage: Stage) -> None:
    """Between two decisions for the same somebody there decided otherwise; their webhook comes last."""
    stage.fire(alert())
    stage.ask("priority", priority="P3")
    stage.ask("assign", to="ben")
    stage.settle()
    stage.minutes(1)
    stage.account.act("PGR0001", "priority_updated", "PANA", "P1")
    stage.account.act("PGR0001", "reassigned", "PANA", "PANA")
    late, stage.webhooks[:] = list(stage.webhooks), []
    stage.minutes(2)
    for priority, name in (("P2", "chi"), ("P3", "ben")):
        stage.ask("priority", priority=priority)
        stage.ask("assign", to=name)
    stage.webhooks += late
    stage.settle()
    state, page = stage.office.history().state, stage.account.incidents[0]
    assert (state.priority, state.assignee) == ("P3", "ben")
    assert (page.priority, page.assignees) == ("P3", ["PBEN"])


def test_a_resolution_of_before_ends_nothing_that_came_back(stage: Stage) -> None:
    """The alert ended and began anew before PagerDuty's word of the old page arrived."""
    stage.fire(alert())
    stage.settle()
    stage.minutes(5)
    stage.account.act("PGR0001", "acknowledged", "PBEN")
    stage.account.act("PGR0001", "resolved", "PBEN")
    late, stage.webhooks[:] = list(stage.webhooks), []
    stage.fire(alert(end=6))
    stage.minutes(10)
    stage.fire(alert(start=10))
    stage.settle()
    stage.webhooks += late
    stage.settle()
    assert stage.office.history().state.status.value == "open"
    assert stage.account.incidents[1].status == "triggered"


def test_an_old_page_is_not_the_new_incident_s(stage: Stage) -> None:
    """Every episode of an alert has the same key: when the page was created tells which one is meant."""
    stage.fire(alert(), page=False)
    stage.page(alert())
    stage.webhooks.clear()
    stage.minutes(5)
    stage.fire(alert(end=5), page=False)
    stage.minutes(120)
    stage.fire(alert(start=120), page=False)
    assert len(stage.office.records.histories) == 2
    stage.account.act("PGR0001", "acknowledged", "PANA")
    stage.account.act("PGR0001", "resolved", "PANA")
    stage.settle()
    assert stage.office.history(2).state.status.value == "open"
    assert "linked" in stage.office.kinds(1)
    assert "linked" not in stage.office.kinds(2)
