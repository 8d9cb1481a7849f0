"""Who a page reaches first, and when that changes."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerting.policy import load
from bots.people.duty import Change, last_change, responder

ROOT = Path(__file__).parents[3]
COMPANY = load(ROOT).teams
PAYMENTS, PLATFORM = COMPANY["payments"], COMPANY["platform"]


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_the_first_layer_of_the_escalation_is_asked_first() -> None:
    """And the next one where it has nobody, or nobody but the one who is leaving."""
    assert responder(PAYMENTS, _at("2026-01-06T12:00Z")) == ("ana", "primary")
    assert responder(PAYMENTS, _at("2026-01-06T12:00Z"), but="ana") == ("ben", "secondary")
    assert responder(PLATFORM, _at("2026-01-20T12:00Z")) == ("lea", "europe")
    assert responder(PLATFORM, _at("2026-01-20T22:00Z")) == ("oto", "pacific")
    assert responder(PAYMENTS, _at("2025-01-06T12:00Z")) is None


def test_a_weekly_handoff_is_a_change() -> None:
    """At its local time."""
    assert last_change(PAYMENTS, _at("2026-01-12T00:00Z"), _at("2026-01-12T12:00Z")) == Change(
        at=_at("2026-01-12T09:00Z"), leaves="ana", comes="ben", layer="primary"
    )
    assert last_change(PAYMENTS, _at("2026-01-12T09:00Z"), _at("2026-01-12T21:00Z")) is None


def test_following_the_sun_is_a_change_of_layer() -> None:
    """From one continent to the next."""
    found = last_change(PLATFORM, _at("2026-01-20T12:00Z"), _at("2026-01-20T23:00Z"))
    assert found is not None
    assert (found.leaves, found.comes, found.layer) == ("lea", "oto", "pacific")


def test_an_override_is_a_change() -> None:
    """Its begin and its end."""
    found = last_change(PAYMENTS, _at("2026-12-24T00:00Z"), _at("2026-12-24T10:00Z"))
    assert found is not None
    assert (found.at, found.comes) == (_at("2026-12-24T09:00Z"), "dee")


@pytest.mark.parametrize("team", ["payments", "platform", "storefront"])
@settings(max_examples=40)
@given(minutes=st.integers(0, 365 * 24 * 4), hours=st.integers(1, 24))
def test_changes_are_those_that_a_walk_finds(team: str, minutes: int, hours: int) -> None:
    """Quarter of an hour by quarter of an hour, since no handoff of the company falls in between."""
    until = _at("2026-01-08T00:00Z") + timedelta(minutes=minutes * 15)
    since, step = until - timedelta(hours=hours), timedelta(minutes=15)
    walked = None
    at = since + step
    while at <= until:
        before, after = responder(COMPANY[team], at - step), responder(COMPANY[team], at)
        if after is not None and (before is None or before[0] != after[0]):
            walked = at
        at += step
    found = last_change(COMPANY[team], since, until)
    assert (found.at if found else None) == walked
