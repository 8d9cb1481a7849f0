"""What may be done to an incident in which state, and how a refusal reads."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bots.commands.command import respond
from bots.incident import History
from bots.timeline.answer import Done, Refusal
from bots.timeline.event import Event
from bots.timeline.state import Status
from tests.bots.histories import timelines
from tests.bots.office import RULES, Office, alert, at, command, delivery


def _after(*steps: tuple[str, dict[str, Any]]) -> Office:
    """An office with one incident that was acted on."""
    office = Office()
    office.take(delivery(alert("Broken", 0)))
    for number, (name, args) in enumerate(steps):
        (answer,) = office.take(command(name, received=10 + number, **args)).answers
        assert isinstance(answer, Done), answer
    return office


RESOLVED: Sequence[tuple[str, dict[str, Any]]] = [("resolve", {})]
CLOSED: Sequence[tuple[str, dict[str, Any]]] = [("resolve", {}), ("close", {"verdict": "noise"})]


@pytest.mark.parametrize(
    ("steps", "name", "args", "code", "message"),
    [
        ([], "close", {"verdict": "noise"}, "illegal", "INC-1 is open; resolve it before you close it"),
        (
            RESOLVED,
            "close",
            {},
            "invalid",
            "INC-1 needs a verdict to be closed; expected actionable, noise, duplicate or drill",
        ),
        (
            RESOLVED,
            "close",
            {"verdict": "fine"},
            "invalid",
            "verdict: got 'fine'; expected one of actionable, noise, duplicate, drill",
        ),
        (RESOLVED, "ack", {}, "illegal", "INC-1 is resolved; reopen it before you acknowledge it"),
        (
            CLOSED,
            "ack",
            {},
            "illegal",
            "INC-1 was closed by ana at 2026-01-05 10:11:00 UTC; reopen it before you acknowledge it",
        ),
        ([("ack", {})], "ack", {}, "illegal", "INC-1 is acknowledged already by ana; nothing is left to acknowledge"),
        (RESOLVED, "mitigate", {}, "illegal", "INC-1 is resolved; reopen it before you mitigate it"),
        ([("mitigate", {})], "mitigate", {}, "illegal", "INC-1 is mitigated already, by ana"),
        (
            RESOLVED,
            "resolve",
            {},
            "illegal",
            "INC-1 is resolved already since 2026-01-05 10:10:00 UTC; close it with a verdict",
        ),
        ([], "reopen", {}, "illegal", "INC-1 is open; only what is resolved or closed can be reopened"),
        (CLOSED, "close", {"verdict": "noise"}, "illegal", "INC-1 is closed already, as noise, by ana"),
        ([], "priority", {"priority": "P0"}, "illegal", "INC-1 is P0 already"),
        ([], "priority", {"priority": "P9"}, "invalid", "priority: got 'P9'; expected one of P0, P1, P2, P3, P4"),
        ([], "priority", {}, "invalid", "priority: missing; expected one of P0, P1, P2, P3, P4"),
        ([], "assign", {"to": "eve"}, "invalid", "to: got 'eve'; expected a member of a team in policies/teams"),
        (
            [],
            "role",
            {"role": 5, "to": "eve"},
            "invalid",
            (
                "role: got '5'; expected a word of at most 100 characters; "
                "to: got 'eve'; expected a member of a team in policies/teams"
            ),
        ),
        ([("assign", {"to": "ben"})], "assign", {"to": "ben"}, "illegal", "INC-1 is assigned to ben already"),
        (
            [("role", {"role": "scribe", "to": "ben"})],
            "role",
            {"role": "scribe", "to": "ben"},
            "illegal",
            "INC-1 has ben as scribe already",
        ),
        ([], "note", {}, "invalid", "text: missing; expected some text"),
        (
            [],
            "note",
            {"text": "x" * 10_001},
            "invalid",
            f"text: got {'x' * 60!r}; expected at most 10,000 characters, not 10,001",
        ),
        (
            [],
            "note",
            {"text": "x", "began_at": "noon"},
            "invalid",
            "began_at: got 'noon'; expected a time such as 2026-01-05T10:00:00Z",
        ),
        (
            [],
            "note",
            {"text": "x", "began_at": "2062-01-05T10:00:00Z"},
            "invalid",
            (
                "began_at: got '2062-01-05T10:00:00Z'; expected a time at or before its start, "
                "2026-01-05T10:00:00Z: trouble begins before it is seen"
            ),
        ),
        (
            [],
            "link",
            {"relation": "issue", "url": "javascript:alert(1)"},
            "invalid",
            (
                "url: got 'javascript:alert(1)'; expected an address such as https://example.com/x; "
                "url: missing; expected an address in `url`, or an incident in `incident`"
            ),
        ),
        (
            [],
            "link",
            {"relation": "duplicate", "incident": "INC-2"},
            "invalid",
            "relation: got 'duplicate'; expected another word; use merge for duplicates",
        ),
        ([], "remediation_start", {"attempt": 1}, "illegal", "INC-1 has no attempt 1 at a remediation"),
        (
            [],
            "run",
            {"action": "restart_deployment"},
            "illegal",
            "INC-1 has no alert of it that is bound to restart_deployment; bound to its alerts: none",
        ),
        (
            [],
            "explode",
            {},
            "invalid",
            (
                "no command 'explode'; expected one of ack, approve, assign, close, declare, escalate, handoff, link, "
                "merge, mitigate, note, postmortem, priority, reject, remediation_finish, remediation_judge, "
                "remediation_start, reopen, resolve, role, run, shift_change, unassign"
            ),
        ),
    ],
)
def test_a_refusal_says_why_and_changes_nothing(
    steps: Sequence[tuple[str, dict[str, Any]]], name: str, args: dict[str, Any], code: str, message: str
) -> None:
    """One clear sentence, and no event."""
    office = _after(*steps)
    decision = office.take(command(name, received=30, **args))
    assert decision.answers == (Refusal(code=code, message=message),)  # type: ignore[arg-type]  # a word of the type
    assert decision.empty
    assert decision.effects == ()


def test_the_way_from_open_to_closed() -> None:
    """Every step, each recorded with its author."""
    office = _after(
        ("ack", {}),
        ("assign", {"to": "ben"}),
        ("role", {"role": "scribe", "to": "ana"}),
        ("mitigate", {"note": "traffic moved"}),
        ("resolve", {"verdict": "actionable"}),
        ("close", {}),
    )
    state = office.history().state
    assert (state.status, state.verdict, state.assignee, state.inputs.roles) == (
        Status.CLOSED,
        "actionable",
        "ben",
        {"scribe": "ana"},
    )
    assert (state.acknowledged_at, state.mitigated_at, state.closed_at) == (at(10), at(13), at(15))
    assert office.kinds()[2:] == ["acknowledged", "assigned", "role_assigned", "mitigated", "resolved", "closed"]


def test_whoever_acknowledges_first_is_assigned() -> None:
    """Until somebody else is."""
    assert _after(("ack", {})).history().state.assignee == "ana"


def test_mitigating_counts_as_acknowledging() -> None:
    """Nobody mitigates what they have not seen."""
    state = _after(("mitigate", {})).history().state
    assert (state.status, state.acknowledged_by) == (Status.MITIGATED, "ana")


def test_a_verdict_can_be_added_to_what_the_alerts_resolved() -> None:
    """The resolution stays the alerts'."""
    office = _after()
    office.take(delivery(alert("Broken", 0, 7)), command("resolve", received=20, verdict="noise"))
    state = office.history().state
    assert (state.status, state.verdict, state.resolved_at) == (Status.RESOLVED, "noise", at(7))


def test_a_closed_incident_can_be_reopened_by_a_person_and_loses_its_verdict() -> None:
    """The machine never does."""
    state = _after(*CLOSED, ("reopen", {"reason": "too early"})).history().state
    assert (state.status, state.verdict, state.closed_at) == (Status.OPEN, "", None)


def test_the_same_key_does_nothing_twice() -> None:
    """And is answered with what the incident is now."""
    office = _after()
    first = office.take(command("note", key="k", text="once"))
    again = office.take(command("note", key="k", text="once"))
    assert not first.empty
    assert again.empty
    assert again.answers == (Done(incident=office.history().state, repeated=True),)


def test_the_same_key_of_another_person_is_another_command() -> None:
    """Keys are the caller's own."""
    office = _after()
    assert not office.take(command("note", key="k", text="mine")).empty
    assert not office.take(command("note", key="k", by="ben", text="mine too")).empty


_ARGS = st.dictionaries(
    st.sampled_from(
        ["to", "text", "note", "verdict", "priority", "role", "url", "incident", "attempt", "action", "relation"]
    ),
    st.text(max_size=8)
    | st.sampled_from(["ana", "P1", "noise", "https://example.com", "INC-2"])
    | st.integers()
    | st.none()
    | st.booleans()
    | st.lists(st.integers(), max_size=1),
    max_size=5,
)
_NAMES = st.sampled_from(
    [
        *("ack", "assign", "role", "note", "priority", "mitigate", "resolve", "reopen", "close", "link", "run"),
        *("approve", "reject", "remediation_start", "remediation_finish", "remediation_judge"),
    ]
)


@settings(max_examples=200, deadline=None)
@given(timelines(), _NAMES, _ARGS)
def test_any_arguments_in_any_state_give_an_event_or_a_refusal(
    timeline: list[Event], name: str, args: dict[str, Any]
) -> None:
    """Nothing raises, and what is recorded can be read."""
    history = History.of(timeline)
    told = respond(history.state, command(name, **args), RULES)
    if isinstance(told, Refusal):
        assert told.message.strip()
    else:
        assert Event.from_dict(told.to_dict()) == told
        history.extended((told,))
