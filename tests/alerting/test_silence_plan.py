"""The plan that makes Alertmanager's silences equal to the files, without Alertmanager."""

import itertools
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from alerting.model.matcher import parse_all
from alerting.model.silence import Silence
from alerting.silence_plan import Action, Change, Create, Expire, Held, Keep, plan, wanted

NOW = datetime(2026, 2, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def silence(**fields: Any) -> Silence:
    """A file's content; active at NOW unless it says otherwise."""
    usual = {
        "matchers": ['service="checkout"'],
        "from": NOW - HOUR,
        "to": NOW + HOUR,
        "owner": "payments",
        "reason": "r",
    }
    return Silence.model_validate({**usual, **fields})


def held(name: str, content: Silence, number: str = "1", **changes: Any) -> Held:
    """What Alertmanager holds after that content was applied at NOW."""
    body = wanted(name, content)
    began = max(body.starts_at, NOW - timedelta(seconds=5))
    return Held(id=number, body=replace(body, **{"starts_at": began, **changes}))


def test_a_silence_carries_its_reason_owner_and_file() -> None:
    """People see in Alertmanager why it is there, and which file to change."""
    body = wanted("db-upgrade", silence(reason="engine upgrade"))
    assert body.comment == "engine upgrade\nowner: payments\ntocsin: policies/silences/db-upgrade.yaml"
    assert body.created_by == "tocsin"


def test_a_file_without_a_silence_is_created_and_an_equal_one_kept() -> None:
    """Applying twice changes nothing, though Alertmanager has moved the start to the moment of creation."""
    files = {"a": silence(), "b": silence(**{"from": NOW + HOUR, "to": NOW + 2 * HOUR})}
    assert plan(files, (), NOW) == (
        Create(name="a", body=wanted("a", files["a"])),
        Create(name="b", body=wanted("b", files["b"])),
    )
    there = [held(name, content, name) for name, content in files.items()]
    assert plan(files, there, NOW) == (Keep(name="a", id="a"), Keep(name="b", id="b"))


def test_a_finer_time_than_alertmanager_keeps_is_no_difference() -> None:
    """Times are compared in milliseconds."""
    content = silence(to=NOW + HOUR + timedelta(microseconds=1500))
    there = held("a", content, ends_at=NOW + HOUR + timedelta(milliseconds=1))
    assert plan({"a": content}, [there], NOW) == (Keep(name="a", id="1"),)


@pytest.mark.parametrize(
    ("after", "differences"),
    [
        ({"to": NOW + 3 * HOUR}, ("end",)),
        ({"matchers": ['service="cart"']}, ("matchers",)),
        ({"reason": "another"}, ("text",)),
        ({"from": NOW + HOUR / 2}, ("start",)),
        ({"reason": "another", "to": NOW + 3 * HOUR}, ("end", "text")),
    ],
)
def test_what_a_file_says_anew_is_changed(after: dict[str, Any], differences: tuple[str, ...]) -> None:
    """The change names what differs, and keeps the start that a running silence has."""
    (change,) = plan({"a": silence(**after)}, [held("a", silence())], NOW)
    assert isinstance(change, Change)
    assert change.differences == differences
    assert change.id == "1"
    if "start" not in differences:
        assert change.body.starts_at == change.before.starts_at


@pytest.mark.parametrize(
    ("files", "why"),
    [({}, "its file is gone"), ({"a": silence(**{"from": NOW - 2 * HOUR, "to": NOW})}, "its file has ended")],
)
def test_what_no_file_asks_for_expires(files: dict[str, Silence], why: str) -> None:
    """Deleting a file, or moving its end into the past, ends the silence."""
    there = held("a", silence())
    assert plan(files, [there], NOW) == (Expire(name="a", id="1", body=there.body, why=why),)


def test_a_file_that_has_ended_asks_for_nothing() -> None:
    """Old files do not come back to life."""
    assert plan({"a": silence(**{"from": NOW - 2 * HOUR, "to": NOW - HOUR})}, (), NOW) == ()


def test_of_two_silences_of_one_file_the_equal_one_stays() -> None:
    """Two people applied at once: one copy goes, and the one that needs no change is kept."""
    content = silence(to=NOW + 2 * HOUR)
    stale, good = held("a", silence(), "1"), held("a", content, "2")
    assert plan({"a": content}, [stale, good], NOW) == (
        Keep(name="a", id="2"),
        Expire(name="a", id="1", body=stale.body, why="there are two of it"),
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"created_by": "ana"},
        {"created_by": "tocsin-test"},
        {"comment": "by hand"},
        {"comment": ""},
        {"comment": "tocsin: policies/silences/a.yaml\nedited by ana"},
        {"comment": "see tocsin: policies/silences/a.yaml"},
    ],
)
def test_what_others_made_is_left_alone(changes: dict[str, Any]) -> None:
    """Both marks must be there: a silence that a person made or edited is theirs."""
    assert plan({}, [held("a", silence(), **changes)], NOW) == ()


INSTANTS = st.integers(-48, 48).map(lambda half: NOW + half * HOUR / 2)
SILENCES = st.builds(
    lambda start, length, service, reason: silence(
        **{"from": start, "to": start + length * HOUR / 2, "matchers": [f'service="{service}"'], "reason": reason}
    ),
    INSTANTS,
    st.integers(1, 20),
    st.sampled_from(["cart", "checkout"]),
    st.sampled_from(["r", "s"]),
)
NAMES = st.sampled_from(["a", "b", "c"])
FILES = st.dictionaries(NAMES, SILENCES)
NUMBERS = itertools.count()


def carried_out(actions: Sequence[Action], before: Sequence[Held]) -> list[Held]:
    """What Alertmanager holds afterwards, by its own rules: a new silence cannot begin in the past."""
    after = {each.id: each for each in before}
    for action in actions:
        if isinstance(action, Expire | Change):
            del after[action.id]
        if isinstance(action, Create | Change):
            goes_on = isinstance(action, Change) and action.body.starts_at == action.before.starts_at
            start = action.body.starts_at if goes_on else max(action.body.starts_at, NOW)
            number = f"new-{next(NUMBERS)}"
            after[number] = Held(id=number, body=replace(action.body, starts_at=start))
    return list(after.values())


@given(FILES, FILES, st.booleans())
def test_after_a_plan_there_is_nothing_left_to_do(
    old: dict[str, Silence], new: dict[str, Silence], other: bool
) -> None:
    """From any state, carrying out the plan leads to a state of which the plan keeps everything."""
    foreign = [held("a", silence(), "foreign", created_by="ana")] if other else []
    running = carried_out(plan(old, foreign, NOW), foreign)
    after = carried_out(plan(new, running, NOW), running)
    assert all(isinstance(action, Keep) for action in plan(new, after, NOW))
    assert [each for each in after if each.name is None] == foreign
    assert {each.name for each in after if each.name} == {name for name, content in new.items() if content.to > NOW}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"to": NOW - 2 * HOUR}, "it ends before it starts; expected `to` to be later than `from`"),
        (
            {"matchers": ['service=~".*"', 'pod!="x"']},
            (
                "its matchers accept alerts without any of these labels, so it would silence nearly everything; "
                'expected at least one that needs a label, such as service="checkout"'
            ),
        ),
    ],
)
def test_a_silence_that_alertmanager_would_refuse_is_refused(fields: dict[str, Any], message: str) -> None:
    """The mistake is found when the file is read."""
    with pytest.raises(ValidationError) as raised:
        silence(**fields)
    assert raised.value.errors()[0]["msg"] == f"Value error, {message}"


def test_matchers_are_compared_without_their_order() -> None:
    """The order of matchers in a file means nothing."""
    one = silence(matchers=['a="1"', 'b="2"'])
    other = silence(matchers=['b="2"', 'a="1"'])
    assert wanted("a", one) == wanted("a", other)
    assert set(wanted("a", one).matchers) == set(parse_all(one.matchers))
