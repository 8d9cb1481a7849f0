"""PagerDuty's words: phone numbers, escalation, and the plan of overrides."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerting.model.quantities import Duration
from alerting.model.team import Team
from alerting.oncall import on_call
from alerting.pagerduty.escalation import Rule, minutes, rules
from alerting.pagerduty.overrides import Create, Held, Keep, Leave, Override, Remove, plan, wanted
from alerting.pagerduty.phone import Phone, parse_phone
from tests.alerting.test_oncall_properties import Example, examples

NOW = datetime(2026, 1, 10, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("text", "country", "number"),
    [
        ("+351 912 345 678", 351, "912345678"),
        ("+1 (212) 555-0110", 1, "2125550110"),
        ("+7 495 123-45-67", 7, "4951234567"),
        ("+49 170 1234567", 49, "1701234567"),
        ("+44.20.7946.0018", 44, "2079460018"),
    ],
)
def test_a_number_is_taken_apart(text: str, country: int, number: str) -> None:
    """The country's code has one, two or three digits; separators do not count."""
    assert parse_phone(text) == Phone(country=country, number=number)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0912 345 678", "this is not a phone number; expected one such as +351 912 345 678, with its country"),
        ("+12", "this is not a phone number; expected one such as +351 912 345 678, with its country"),
        (
            "+49 0170 1234567",
            "this number begins with 0 after the country, or ends too soon; expected no trunk prefix",
        ),
    ],
)
def test_what_is_no_number_is_said_without_it(text: str, message: str) -> None:
    """The message never repeats what may be a real number."""
    with pytest.raises(ValueError, match=r"^this ") as caught:
        parse_phone(text)
    assert str(caught.value) == message


def team(**fields: object) -> Team:
    """A team with two layers."""
    member = {"name": "ana", "email": "ana@example.com", "timezone": "UTC"}
    layer = {"every": "1w", "handoff": "09:00", "start": "2026-01-05", "order": ["ana"]}
    layers = [{"name": "primary", **layer}, {"name": "second", **layer}]
    about = {"team": "t", "slack": "#t", "members": [member], "on_call": {"timezone": "UTC", "layers": layers}}
    return Team.model_validate({**about, **fields}, by_alias=True)


def test_without_escalation_all_layers_come_in_turn() -> None:
    """As in `tocsin oncall`, after five minutes each."""
    assert rules(team()) == (
        Rule(layer="primary", person=None, delay_min=5),
        Rule(layer="second", person=None, delay_min=5),
    )


def test_waits_are_whole_minutes() -> None:
    """Rounded up, and never none."""
    assert [minutes(Duration(ms)) for ms in (0, 1, 60_000, 90_000)] == [1, 1, 1, 2]


def held(one: Override, made: str = "Q1", email: str | None = None) -> Held:
    """An override as PagerDuty has it."""
    return Held(schedule=one.schedule, start=one.start, end=one.end, email=email or one.email, id=made, who=one.email)


ASKED = Override(schedule="t: primary", start=NOW + HOUR, end=NOW + 2 * HOUR, email="ana@example.com")


def test_somebody_else_s_override_of_the_same_time_is_left() -> None:
    """Only what a version of the files asked for, of that very person, is ours."""
    other = held(ASKED, email="zoe@example.com")
    assert plan([ASKED], [], [other], NOW) == (Create(override=ASKED), Leave(held=other))


def test_one_that_lasts_longer_by_hand_is_left() -> None:
    """Somebody made it longer in PagerDuty; that one is theirs."""
    other = Held(schedule=ASKED.schedule, start=ASKED.start, end=ASKED.end + HOUR, email=ASKED.email, id="Q", who="Ana")
    assert plan([], [ASKED], [other], NOW) == (Leave(held=other),)


def test_one_of_the_history_is_removed() -> None:
    """It was ours, and no file asks for it now."""
    mine = held(ASKED)
    assert plan([], [ASKED], [mine], NOW) == (Remove(held=mine, why="no file asks for it any more"),)


def test_what_is_over_is_no_longer_looked_at() -> None:
    """PagerDuty changes nothing in the past."""
    past = Override(schedule="t: primary", start=NOW - 2 * HOUR, end=NOW, email="ana@example.com")
    assert plan([], [past], [held(past)], NOW) == ()


@settings(max_examples=60)
@given(examples(), st.data())
def test_what_is_planned_says_the_same_people_and_is_planned_once(example: Example, data: st.DataObject) -> None:
    """Overrides by PagerDuty's rules (no hours, the last one made wins) above the bare layers are the files' people."""
    full = example.team
    assert full.on_call is not None
    bare = full.model_copy(update={"on_call": full.on_call.model_copy(update={"overrides": ()})})
    asked = wanted(full, example.start)
    made = [
        held(one.override, f"Q{n}")
        for n, one in enumerate(plan(asked, [], [], example.start))
        if isinstance(one, Create)
    ]
    assert all(isinstance(action, Keep) for action in plan(asked, [], made, example.start))
    span = (example.end - example.start) // timedelta(minutes=1)
    for minute in data.draw(st.lists(st.integers(0, span), min_size=10, max_size=10)):
        at = example.start + timedelta(minutes=minute)
        meant, layers = on_call(full, at), on_call(bare, at)
        for layer, who in meant.items():
            holds = [one for one in made if one.schedule == f"payments: {layer}" and one.start <= at < one.end]
            said = str(holds[-1].email).partition("@")[0] if holds else layers[layer]
            assert said == who, (layer, at)
