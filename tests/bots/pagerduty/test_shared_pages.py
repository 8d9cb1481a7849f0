"""PagerDuty may put alerts of several incidents into one page, and people may merge pages."""

import pytest
from fastapi.responses import JSONResponse

from tests.bots.pagerduty.stage import Stage, alert


@pytest.fixture
def both(stage: Stage) -> Stage:
    """INC-1 of checkout and INC-2 of cart, whose alerts PagerDuty has put into one page."""
    stage.account.keyless = stage.account.grouping = True
    stage.fire(alert())
    stage.settle()
    stage.minutes(1)
    stage.fire(alert("CartDown", start=1, service="cart", priority="P1"))
    stage.minutes(3)
    assert [list(one.alerts.values()) for one in stage.account.incidents] == [["triggered", "triggered"]]
    return stage


def _statuses(stage: Stage) -> list[str]:
    return [stage.office.history(number).state.status.value for number in (1, 2)]


def test_who_takes_the_page_takes_both(both: Stage) -> None:
    """PagerDuty calls nobody about either any more; the link is in both records."""
    both.account.act("PGR0001", "acknowledged", "PBEN")
    both.settle()
    assert _statuses(both) == ["acknowledged", "acknowledged"]
    assert [both.office.kinds(number).count("linked") for number in (1, 2)] == [1, 1]


def test_who_resolves_the_page_resolves_both(both: Stage) -> None:
    """Nothing of it is left."""
    both.account.act("PGR0001", "resolved", "PBEN")
    both.settle()
    assert _statuses(both) == ["resolved", "resolved"]
    assert both.writes() == []


def test_what_is_over_here_leaves_the_other_one_ringing(both: Stage) -> None:
    """Only its own alert ends in the page; with the second one the page ends."""
    both.ask("resolve", number=1)
    both.settle()
    (page,) = both.account.incidents
    assert (page.status, list(page.alerts.values())) == ("triggered", ["resolved", "triggered"])
    assert page.log == ["triggered", "further alert: CartDown", "alert 1 resolved by Ana"]
    assert _statuses(both) == ["resolved", "open"]
    both.minutes(4)
    both.ask("resolve", number=2)
    both.settle()
    assert page.status == "resolved"
    assert both.writes() == ["/incidents/PGR0001/alerts", "/incidents"]


def test_while_pagerduty_is_away_the_known_alerts_count(both: Stage) -> None:
    """The alerts cannot be read; what is known of the page is enough for the first incident."""
    down = JSONResponse({"error": {"message": "down"}}, 503)
    both.account.act("PGR0001", "annotated", "PBEN", "hello")
    both.settle()
    both.account.act("PGR0001", "acknowledged", "PBEN")
    both.trouble.answer = lambda request: down if request.url.path.endswith("/alerts") else None
    both.settle()
    assert _statuses(both) == ["acknowledged", "open"]


def test_a_merged_page_goes_on_in_the_other_one(stage: Stage) -> None:
    """Nothing ends with the merge; who takes the other page takes the incident, also where it is a stranger's."""
    stage.account.keyless = True
    stage.account.event("trigger", "by-hand", "the shop is down")
    stage.fire(alert())
    stage.settle()
    stage.minutes(2)
    stage.account.merge("PGR0002", "PGR0001", "PBEN")
    stage.settle()
    assert stage.office.history().state.status.value == "open"
    assert stage.office.history().events[-1].data["text"] == ("Page PGR0002 was merged into page PGR0001 in PagerDuty")
    stage.account.act("PGR0001", "acknowledged", "PBEN")
    stage.settle()
    assert stage.office.history().state.acknowledged_by == "ben"
    stage.ask("resolve")
    stage.settle()
    assert [one.status for one in stage.account.incidents] == ["resolved", "resolved"]


def test_two_alerts_of_one_incident_in_one_page_are_written_once(stage: Stage) -> None:
    """The page is found by either key."""
    stage.account.keyless = stage.account.grouping = True
    stage.fire(alert(), alert("HighErrorRate"))
    stage.ask("ack")
    stage.settle()
    (page,) = stage.account.incidents
    assert page.log == ["triggered", "further alert: HighErrorRate", "acknowledged by Ana"]
    assert stage.writes() == ["/incidents"]
