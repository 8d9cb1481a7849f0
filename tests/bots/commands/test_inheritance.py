"""Duplicates inherit the outcome of the remediation of the incident that they belong to."""

from dataclasses import replace
from typing import Any

from alerting.model.action import RemediationBinding
from bots.guards.limits import Limits
from bots.timeline.answer import Refusal
from bots.timeline.summary import state_dict
from tests.bots.office import RULES, Office, alert, command, delivery

_BINDING = RemediationBinding(action="restart_deployment", target={"namespace": "shop", "deployment": "checkout"})
_RULES = replace(RULES, bindings={("", "Broken"): _BINDING}, limits=Limits(approval=False))


def two() -> Office:
    """An incident of checkout with a restart that ran, and one of the platform."""
    office = Office(_RULES)
    office.take(delivery(alert("Broken", 0)), delivery(alert("Broken", 0, service="platform")))
    office.take(command("run", action="restart_deployment"))
    for name, args in (("start", {}), ("finish", {"outcome": "succeeded", "detail": "restarted"})):
        office.take(command(f"remediation_{name}", by="tocsin", attempt=1, **args))
    return office


def inherited(office: Office) -> list[dict[str, Any]]:
    """The remediations of the second incident, as its record holds them."""
    return list(state_dict(office.history(2).state).get("remediations", []))


def test_what_ran_before_the_merge_is_inherited_at_once() -> None:
    """With what came of it, and what comes of it later."""
    office = two()
    assert inherited(office) == []
    office.take(command("merge", 2, into="INC-1"))
    (one,) = inherited(office)
    assert one == {
        "attempt": 1,
        "action": "restart_deployment",
        "alert": "Broken",
        "requested_by": "tocsin",
        "requested_at": "2026-01-05T11:00:00Z",
        "finished_at": "2026-01-05T11:00:00Z",
        "outcome": "ran",
        "detail": "restarted",
        "inherited_from": "INC-1",
    }
    office.take(command("remediation_judge", by="tocsin", attempt=1, outcome="verified", detail="well"))
    (one,) = inherited(office)
    assert (one["outcome"], one["judgement"]) == ("verified", "well")
    assert office.kinds(2)[-2:] == ["remediation_finished", "remediation_finished"]
    before = office.kinds(2)
    office.take(command("note", text="something else"))
    assert office.kinds(2) == before


def test_nothing_is_run_in_a_duplicate() -> None:
    """It says where; and what it inherited counts as nobody's attempt of its own."""
    office = two()
    office.take(command("merge", 2, into="INC-1"))
    (answer,) = office.take(command("run", 2, action="restart_deployment")).answers
    assert answer == Refusal(
        code="illegal",
        message="INC-2 is a duplicate of INC-1, whose outcome it inherits; run the remediation there",
    )
    (answer,) = office.take(command("remediation_finish", 2, by="tocsin", attempt=1, outcome="failed")).answers
    assert answer == Refusal(code="illegal", message="INC-2 has no attempt 1 at a remediation")
    assert [one.incident for one in office.records.attempts(office.history().events[0].at)] == [1]
