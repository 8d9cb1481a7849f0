"""Whoever asked is told in one sentence what came of it, and of nothing else."""

from typing import Any

import pytest

from bots.admission import addressed
from bots.answer import Done
from bots.replies import replies
from tests.bots.office import Office, alert, command, delivery

REPLY = {"destination": "place"}
DRAFT = "a draft of the postmortem of INC-1 is being written"


@pytest.mark.parametrize(
    ("name", "args", "told"),
    [
        ("ack", {}, "INC-1 is acknowledged"),
        ("assign", {"to": "ben"}, "INC-1 is assigned to ben"),
        ("priority", {"priority": "P4"}, "INC-1 is P4"),
        ("note", {"text": "looking"}, "noted in INC-1"),
        ("resolve", {}, "INC-1 is resolved"),
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
