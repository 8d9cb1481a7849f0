"""Whoever asked is told in one sentence what came of it, and of nothing else."""

from dataclasses import replace
from typing import Any

import pytest

from alerting.model.action import RemediationBinding
from bots.commands.admission import addressed
from bots.replies import replies
from bots.rulebook import Rules
from bots.timeline.answer import Done
from tests.bots.office import RULES, Office, alert, command, delivery

REPLY = {"destination": "place"}
DRAFT = "a draft of the postmortem of INC-1 is being written"


@pytest.mark.parametrize(
    ("name", "args", "told"),
    [
        ("ack", {}, "INC-1 is acknowledged"),
        ("assign", {"to": "ben"}, "INC-1 is assigned to ben"),
        ("priority", {"priority": "P4"}, "INC-1 is P4"),
        ("note", {"text": "looking"}, "noted in INC-1"),
        ("role", {"role": "scribe", "to": "ben"}, "INC-1 has ben as scribe"),
        ("resolve", {}, "INC-1 is resolved"),
        ("resolve", {"verdict": "noise"}, "INC-1 is resolved, as noise"),
    ],
)
def test_what_was_asked_for_is_what_is_told(name: str, args: dict[str, Any], told: str) -> None:
    """The state after a change of the state, the person after a change of the person."""
    office = Office()
    office.take(delivery(alert("Broken", 0)))
    asked = addressed(command(name, **args), REPLY)
    (errand,) = replies([asked], office.take(asked).answers)
    assert (errand.payload["ok"], errand.payload["text"]) == (True, told)


@pytest.mark.parametrize(
    ("name", "args", "told"),
    [
        ("freeze", {"reason": "it moves"}, "remediation is frozen: nothing is run any more; it is in the audit trail"),
        (
            "freeze",
            {"reason": "it moves", "for": "8h"},
            "remediation is frozen for 8h: nothing is run any more; it is in the audit trail",
        ),
        ("unfreeze", {}, "remediation may run again; it is in the audit trail"),
    ],
)
def test_a_switch_is_told_without_an_incident(name: str, args: dict[str, Any], told: str) -> None:
    """It concerns none."""
    (errand,) = replies([addressed(command(name, None, **args), REPLY)], [Done()])
    assert (errand.incident, errand.payload["text"]) == (None, told)


def test_a_draft_is_told_to_be_on_its_way() -> None:
    """It takes a while, and comes by itself."""
    office = Office()
    office.take(delivery(alert("Broken", 0)), command("resolve"))
    asked = addressed(command("postmortem"), REPLY)
    (errand,) = replies([asked], office.take(asked).answers)
    assert errand.payload["text"] == DRAFT


def _told(office: Office, name: str, by: str = "ana", **args: Any) -> str:
    asked = addressed(command(name, by=by, **args), REPLY)
    (errand,) = replies([asked], office.take(asked).answers)
    return str(errand.payload["text"])


def test_who_asks_for_a_remediation_is_told_of_it_and_not_of_the_incident() -> None:
    """Whether somebody else has to agree is what comes next; that it is acknowledged is no answer."""
    binding = RemediationBinding(action="restart_deployment", target={"namespace": "shop", "deployment": "checkout"})
    rules: Rules = replace(RULES, bindings={("checkout", "Broken"): binding})
    office = Office(rules)
    office.take(delivery(alert("Broken", 0)))
    what = "attempt 1 of INC-1, restart_deployment"
    assert _told(office, "run", action="restart_deployment") == f"{what}, waits: somebody else has to approve it"
    assert _told(office, "approve", by="ben", attempt=1) == f"{what}, is approved; what comes of it is told there"
