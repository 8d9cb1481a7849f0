"""PagerDuty's schedules, read by its documented rules, name the same people as `alerting.oncall`."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerting.model.team import OnCall, Team
from alerting.model.wallclock import Hours
from alerting.oncall import on_call
from alerting.pagerduty.rotation import Restriction, Rotation, restrictions, rotation
from alerting.policy import load
from tests.alerting.test_oncall_properties import Example, examples
from tests.pagerduty_reading import on_duty, shown_twice

EXAMPLE = Path(__file__).parents[2]


def told_of(team: Team) -> dict[str, dict[str, Any]]:
    """What PagerDuty is told of each layer, in the words of its provider."""
    assert team.on_call is not None
    return {layer.name: in_words(rotation(team.on_call, layer)) for layer in team.on_call.layers}


def in_words(told: Rotation) -> dict[str, Any]:
    """A layer as the provider takes it."""
    return {
        "start": told.start.isoformat(),
        "rotationVirtualStart": told.start.isoformat(),
        "rotationTurnLengthSeconds": told.turn_s,
        "users": list(told.order),
        "restrictions": [
            {
                "type": one.type,
                "startTimeOfDay": one.start_of_day,
                "durationSeconds": one.duration_s,
                "startDayOfWeek": one.day_of_week,
            }
            for one in told.restrictions
        ],
    }


def agree(team: Team, told: dict[str, dict[str, Any]], at: datetime) -> None:
    """Fails unless both say the same people at the instant."""
    assert team.on_call is not None
    zone = team.on_call.timezone
    assert {name: on_duty(layer, zone, at) for name, layer in told.items()} == on_call(team, at), (team.team, at)


def without_overrides(team: Team) -> Team:
    """The team as its layers alone have it."""
    assert team.on_call is not None
    return team.model_copy(update={"on_call": team.on_call.model_copy(update={"overrides": ()})})


def test_a_thousand_instants_of_the_example_company() -> None:
    """At random times of six years both say the same people, for every layer of every team."""
    chance = random.Random(1)
    teams = [without_overrides(team) for team in load(EXAMPLE).teams.values()]
    told = [told_of(team) for team in teams]
    for _ in range(1000):
        at = datetime(2025, 12, 1, tzinfo=UTC) + timedelta(minutes=chance.randrange(6 * 365 * 24 * 60))
        for team, layers in zip(teams, told, strict=True):
            agree(team, layers, at)


@settings(max_examples=60)
@given(examples(), st.data())
def test_random_schedules_at_changes_of_the_clocks(example: Example, data: st.DataObject) -> None:
    """Any layer, hours and zone agree, but for times that the clock shows again."""
    team = without_overrides(example.team)
    assert team.on_call is not None
    told = told_of(team)
    span = (example.end - example.start) // timedelta(minutes=1)
    for minute in data.draw(st.lists(st.integers(0, span), min_size=20, max_size=20)):
        at = example.start + timedelta(minutes=minute)
        if not shown_twice(at, team.on_call.timezone):
            agree(team, told, at)


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        ("09:00-17:00", [Restriction(start_of_day="09:00:00", duration_s=28800)]),
        ("22:00-06:00", [Restriction(start_of_day="22:00:00", duration_s=28800)]),
        ("00:00-24:00", []),
        (
            "mon-tue 09:00-17:00",
            [
                Restriction(start_of_day="09:00:00", duration_s=28800, day_of_week=1),
                Restriction(start_of_day="09:00:00", duration_s=28800, day_of_week=2),
            ],
        ),
        (
            "fri 18:00-24:00, sat,sun 00:00-24:00, mon 00:00-08:00",
            [Restriction(start_of_day="18:00:00", duration_s=223200, day_of_week=5)],
        ),
        ("08:00-12:00, 10:00-14:00", [Restriction(start_of_day="08:00:00", duration_s=21600)]),
    ],
)
def test_the_fewest_restrictions(hours: str, expected: list[Restriction]) -> None:
    """Hours become daily restrictions where every day is alike, weekly ones otherwise, merged where they touch."""
    assert list(restrictions(Hours.parse(hours))) == expected


def test_restrictions_are_within_what_the_provider_takes(mini: Path) -> None:
    """Daily ones last less than a day, weekly ones less than a week, and turns at most a year."""
    for team in [*load(mini).teams.values(), *load(EXAMPLE).teams.values()]:
        on = team.on_call
        assert isinstance(on, OnCall)
        for layer in on.layers:
            told = rotation(on, layer)
            assert 3600 <= told.turn_s <= 365 * 86400
            for one in told.restrictions:
                assert 1 <= one.duration_s < (86400 if one.day_of_week is None else 7 * 86400)
