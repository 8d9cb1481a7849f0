"""Consent of another person: asked for, given, refused, too late; and what is asked for again."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from alerting.model.action import RemediationBinding
from bots.belonging.change import Decision
from bots.commands.remediation import begun, stale
from bots.guards.limits import Limits
from bots.rulebook import Rules
from bots.timeline.answer import Refusal
from bots.timeline.effect import RunRemediation
from bots.words.phrases import phrase
from bots.words.wording import words
from tests.bots.office import RULES, Office, alert, command, delivery

_BINDING = RemediationBinding(action="restart_deployment", target={"namespace": "shop", "deployment": "checkout"})
_RULES = replace(RULES, bindings={("checkout", "Broken"): _BINDING})
LONG_AGO = "INC-1 has an attempt 1 that was asked for too long ago; ask for it again"


def asked(rules: Rules = _RULES, **args: Any) -> Office:
    """An office in which ana asked for a restart, at eleven."""
    office = Office(rules)
    office.take(delivery(alert("Broken", 50)))
    office.take(command("run", action="restart_deployment", **args))
    return office


def runs(decision: Decision) -> list[int]:
    """The attempts that are to run."""
    return [effect.attempt for effect in decision.effects if isinstance(effect, RunRemediation)]


def refused(office: Office, name: str, by: str, now: float = 61, **args: Any) -> str:
    """Why a command is refused."""
    (answer,) = office.take(command(name, by=by, received=now, **args), now=now).answers
    assert isinstance(answer, Refusal)
    return answer.message


def test_nothing_runs_before_another_person_approves() -> None:
    """Then it does, once, and the record says who."""
    office = asked()
    (attempt,) = office.history().state.inputs.remediations
    assert attempt.waits
    assert refused(office, "approve", "ana", attempt=1) == (
        "INC-1 has an attempt 1 that ana asked for; somebody else has to approve it"
    )
    assert runs(office.take(command("approve", by="ben", received=61, attempt=1), now=61)) == [1]
    (attempt,) = office.history().state.inputs.remediations
    assert (attempt.approved_by, attempt.waits) == ("ben", False)
    assert refused(office, "approve", "ben", attempt=1) == "INC-1 has its attempt 1 approved already, by ben"
    assert refused(office, "reject", "ben", attempt=1) == (
        "INC-1 has an attempt 1 that does not wait for approval any more"
    )


def test_what_is_said_with_the_approval_is_kept() -> None:
    """In the timeline, beside who approved."""
    office = asked()
    office.take(command("approve", by="ben", received=61, attempt=1, note="the database is well"), now=61)
    approved = office.history().events[-1]
    assert words(approved) == "Attempt 1 approved: the database is well"
    assert phrase(approved) == "approved attempt 1: the database is well"


def test_what_is_no_number_of_an_attempt_is_told_once() -> None:
    """Whatever it is."""
    for wrong in ("x", 0, True, 10**30):
        assert refused(asked(), "approve", "ben", attempt=wrong) == (
            f"attempt: got '{wrong}'; expected a whole number from 1"
        )


def test_a_rejected_request_never_runs() -> None:
    """The record says who and why; whoever asked may take it back; it may be asked for again."""
    office = asked()
    decision = office.take(command("reject", by="ben", received=61, attempt=1, reason="it is the database"), now=61)
    assert runs(decision) == []
    assert office.history().events[-1].to_dict() | {"id": "", "key": "", "v": 1} == {
        "v": 1,
        "id": "",
        "at": "2026-01-05T11:01:00Z",
        "by": "ben",
        "kind": "remediation_finished",
        "key": "",
        "source": "api",
        "attempt": 1,
        "outcome": "rejected",
        "detail": "it is the database",
    }
    assert refused(office, "approve", "ben", attempt=1) == "INC-1 has ended its attempt 1 already, as rejected"
    assert words(office.history().events[-1]) == "Attempt 1 was rejected: it is the database"
    office.take(command("run", action="restart_deployment"))
    office.take(command("reject", attempt=2))
    assert [one.outcome for one in office.history().state.inputs.remediations] == ["rejected", "rejected"]


def test_approval_comes_in_time_or_not_at_all() -> None:
    """A restart that was wanted an hour ago is not wanted now."""
    office = asked()
    assert runs(office.take(command("approve", by="ben", received=90, attempt=1), now=90)) == [1]
    assert refused(asked(), "approve", "ben", now=90.1, attempt=1) == LONG_AGO
    quick = replace(_RULES, limits=Limits(approve_within=timedelta(minutes=5)))
    assert refused(asked(quick), "approve", "ben", now=66, attempt=1) == LONG_AGO


def test_the_guard_rails_are_asked_again() -> None:
    """What was thrown since holds: here the switch of the night."""
    office = asked()
    office.take(command("freeze", None, by="lea", reason="database move"))
    assert refused(office, "approve", "ben", attempt=1) == (
        "remediation is frozen since 2026-01-05T11:00:00Z by lea: database move; `tocsin remediation unfreeze` lifts it"
    )
    office.take(command("unfreeze", None, by="lea"))
    assert runs(office.take(command("approve", by="ben", received=61, attempt=1), now=61)) == [1]


def test_nothing_is_approved_in_what_is_over() -> None:
    """The alert ended meanwhile."""
    office = asked()
    office.take(delivery(alert("Broken", 50, 61)))
    assert refused(office, "approve", "ben", now=62, attempt=1) == (
        "INC-1 is resolved; reopen it before you run a remediation in it"
    )


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"bindings": {}}, "whose action is no longer bound to Broken like that"),
        (
            {"bindings": {("checkout", "Broken"): _BINDING.model_copy(update={"target": {"namespace": "shop"}})}},
            "whose action is no longer bound to Broken like that",
        ),
        (
            {"bindings": {("checkout", "Broken"): _BINDING.model_copy(update={"dry_run": True})}},
            "that was asked for before the policies said `dry_run`",
        ),
        ({"limits": Limits(dry_run=True)}, "that was asked for before the policies said `dry_run`"),
    ],
    ids=["unbound", "another target", "dry run here", "dry run everywhere"],
)
def test_what_the_policies_say_by_now_holds(changed: dict[str, Any], why: str) -> None:
    """Whoever took a binding out of a runbook means what waits for approval, and for its target, too."""
    office = asked()
    office.ledger.rules = replace(_RULES, **changed)
    message = f"INC-1 has an attempt 1 {why}; ask for it again if it is still wanted"
    assert refused(office, "approve", "ben", attempt=1) == message
    office.ledger.rules = _RULES
    (run,) = office.take(command("approve", by="ben", received=61, attempt=1), now=61).effects[1:]
    assert isinstance(run, RunRemediation)
    assert stale(run, office.history(), _RULES) == ""
    assert stale(run, office.history(), replace(_RULES, **changed)) == message
    assert stale(run, None, _RULES) == ""
    assert (begun(run, office.history()), begun(run, None)) == (False, True)
    office.take(command("remediation_start", by="tocsin", attempt=1))
    assert begun(run, office.history())


def test_nothing_begins_in_what_has_ended() -> None:
    """Nor by itself for an alert that has; a person who asks may know better."""
    office = asked()
    office.take(delivery(alert("Other", 0)))
    (run,) = office.take(command("approve", by="ben", received=61, attempt=1), now=61).effects[1:]
    assert isinstance(run, RunRemediation)
    office.take(delivery(alert("Broken", 50, 62)), now=62)
    assert stale(run, office.history(), _RULES) == ""
    office.take(delivery(alert("Other", 0, 63)), now=63)
    assert stale(run, office.history(), _RULES) == "INC-1 is resolved; reopen it before you run a remediation in it"


def test_what_runs_by_itself_runs_for_an_alert_that_fires() -> None:
    """Not for one that has fired for long, nor for one that ended before it was asked for or before it began."""
    binding = _BINDING.model_copy(update={"automatic": True})
    rules = replace(_RULES, bindings={("checkout", "Broken"): binding})
    office = Office(rules)
    office.take(delivery(alert("Broken", 50), alert("Other", 0)))
    by_itself = command("run", by="tocsin", action="restart_deployment", alert="Broken", automatic=True)
    assert runs(office.take(by_itself, now=66)) == []
    assert office.history().events[-1].data["text"] == (
        "restart_deployment does not run by itself: INC-1 has Broken since 2026-01-05 10:50:00 UTC, longer than 15 "
        "minutes ago: people have been at it"
    )
    by_itself = command("run", by="tocsin", action="restart_deployment", alert="Broken", automatic=True)
    (run,) = office.take(by_itself, now=65).effects[1:]
    assert isinstance(run, RunRemediation)
    assert stale(run, office.history(), rules) == ""
    office.take(delivery(alert("Broken", 50, 66)), now=66)
    assert stale(run, office.history(), rules) == (
        "INC-1 has no Broken that still fires; ask for it again if it is still wanted"
    )
    office.take(command("remediation_finish", by="tocsin", attempt=1, outcome="refused"))
    office.take(command("run", by="tocsin", action="restart_deployment", alert="Broken", automatic=True), now=62)
    assert office.history().events[-1].data["text"] == (
        "restart_deployment does not run by itself: INC-1 has no Broken that still fires"
    )


@pytest.mark.parametrize(
    ("approval", "binding", "args", "waits"),
    [
        (True, {}, {}, True),
        (False, {}, {}, False),
        (False, {"approval": True}, {}, True),
        (True, {"approval": False}, {}, False),
        (True, {}, {"dry_run": True}, False),
        (True, {"dry_run": True}, {}, False),
        (True, {"automatic": True}, {"automatic": True, "by": "tocsin"}, False),
        (True, {"automatic": True, "approval": True}, {"automatic": True, "by": "tocsin"}, True),
        (True, {"automatic": True}, {"automatic": True, "by": "ana"}, True),
    ],
)
def test_who_needs_approval(approval: bool, binding: dict[str, Any], args: dict[str, Any], waits: bool) -> None:
    """The binding says it, else the policy; dry runs never, what runs by itself only where its binding asks for it."""
    rules = replace(
        RULES,
        bindings={("checkout", "Broken"): _BINDING.model_copy(update=binding)},
        limits=Limits(approval=approval),
    )
    (attempt,) = asked(rules, **args).history().state.inputs.remediations
    assert attempt.waits is waits


def test_what_nobody_asked_for_needs_nobody_s_approval() -> None:
    """As a request without the need for it."""
    office = asked(replace(_RULES, limits=Limits(approval=False)))
    assert refused(office, "approve", "ben", attempt=1) == "INC-1 has an attempt 1 that needs nobody's approval"
    assert refused(office, "approve", "ben", attempt=2) == "INC-1 has no attempt 2 at a remediation"
