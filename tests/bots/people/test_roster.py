"""Who is on call at a moment, and what comes next."""

from datetime import datetime
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from alerting.oncall import on_call
from alerting.policy import load
from bots import page
from bots.people.roster import roster
from tests.bots.office import Office, alert, delivery

COMPANY = load(Path(__file__).parents[3])
PAYMENTS = COMPANY.teams["payments"]


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_a_layer_says_who_until_when_and_who_is_next() -> None:
    """The whole stretch of one person."""
    primary, secondary, office = roster(PAYMENTS, _at("2026-01-06T12:00Z"))
    assert primary.to_dict() == {
        "layer": "primary",
        "who": "ana",
        "until": "2026-01-12T09:00:00Z",
        "next": "ben",
        "next_at": "2026-01-12T09:00:00Z",
    }
    assert (secondary.who, office.who, office.until) == ("ben", "dee", _at("2026-01-06T17:00Z"))
    assert office.begins == _at("2026-01-07T09:00Z")


def test_office_hours_that_are_over_are_nothing_wrong() -> None:
    """The layer rests until the next working day; a layer that has not begun yet does not rest: it has nobody."""
    office = roster(PAYMENTS, _at("2026-01-09T18:00Z"))[2]
    assert (office.who, office.rests, office.then, office.begins) == ("", True, "dee", _at("2026-01-12T09:00Z"))
    primary = roster(PAYMENTS, _at("2026-01-01T18:00Z"))[0]
    assert (primary.who, primary.rests, primary.then) == ("", False, "ana")


def test_no_schedule_is_no_roster() -> None:
    """Nor is a team that there is not."""
    assert roster(None, _at("2026-01-09T18:00Z")) == ()
    assert roster(PAYMENTS.model_copy(update={"on_call": None}), _at("2026-01-09T18:00Z")) == ()


def test_the_page_reads_well_outside_of_office_hours() -> None:
    """Nobody is told that nobody is there."""
    office = Office()
    office.take(delivery(alert("Burn", 0)), now=0)
    evening = page.incident_page(office.history(), COMPANY, "http://bot", _at("2026-01-09T18:00Z"))
    assert "office is off duty; dee comes Mon 12 Jan 09:00" in evening
    assert "ana <small>primary, until Mon 12 Jan 09:00</small>" in evening
    assert "nobody <small>" not in evening
    early = page.incident_page(office.history(), COMPANY, "http://bot", _at("2026-01-01T18:00Z"))
    assert "nobody <small>primary; ana from Mon 5 Jan 09:00</small>" in early


@given(st.sampled_from(sorted(COMPANY.teams)), st.integers(0, 400 * 24 * 60))
def test_the_roster_agrees_with_the_schedule(team: str, minutes: int) -> None:
    """Whoever it names is on call now, still just before the end, and the next one at their begin."""
    from datetime import timedelta

    found, now = COMPANY.teams[team], _at("2026-01-01T00:00Z") + timedelta(minutes=minutes)
    for one in roster(found, now):
        assert (one.who or None) == on_call(found, now)[one.layer]
        if one.until is not None:
            assert on_call(found, one.until - timedelta.resolution)[one.layer] == one.who
        if one.begins is not None:
            assert on_call(found, one.begins)[one.layer] == one.then
