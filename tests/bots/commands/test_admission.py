"""Whether a command is admitted."""

from pathlib import Path
from typing import Any

import pytest

from alerting.model.policy import Policy
from alerting.policy import load
from bots.commands.admission import admit
from bots.incident import History
from bots.timeline.event import Event, Kind, key_of
from bots.timeline.intake import Command, Denial
from tests.bots.office import alert as alert_of
from tests.bots.office import at, delivery, play

REPLY = {"destination": "github", "issue": 45}


@pytest.fixture
def policy(mini: Path) -> Policy:
    """The miniature repository's: payments may respond, platform may operate."""
    return load(mini)


def _asked(name: str, by: str = "ana", **args: Any) -> Command:
    return Command(key="k", received_at=at(0), name=name, by=by, incident=1, args=args, source="github", reply=REPLY)


def test_what_a_role_allows_is_passed_on_as_it_is(policy: Policy) -> None:
    """A role and a handoff need the right to assign, a link that to take notes."""
    for asked in (_asked("ack"), _asked("handoff"), _asked("role", role="scribe", to="ben"), _asked("link")):
        assert admit(policy, asked) is asked
    assert admit(policy, _asked("run", action="run_diagnostics")) == _asked("run", action="run_diagnostics")
    assert admit(policy, _asked("link", by="tocsin")) is not None


def test_what_no_role_allows_is_denied_and_the_person_is_told(policy: Policy) -> None:
    """The denial keeps where the answer goes, and has a key of its own."""
    denied = admit(policy, _asked("run", action="restart_deployment"))
    assert denied == Denial(
        key="denied k",
        received_at=at(0),
        by="ana",
        command="run",
        reason="no role of ana may run restart_deployment; policies/access.yaml says who may",
        incident=1,
        args={"action": "restart_deployment"},
        source="github",
        reply=REPLY,
    )


def test_nobody_outside_the_teams_may_do_anything(policy: Policy) -> None:
    """An account that no team knows is denied by the name it has there."""
    denied = admit(policy, _asked("ack", by="github:mallory"))
    assert isinstance(denied, Denial)
    assert denied.reason == "github:mallory is in no team; expected a member of one under policies/teams/"


def test_approving_needs_the_right_to_approve_that_action(policy: Policy) -> None:
    """The attempt tells which action it is; an unknown attempt needs the right to approve all."""
    history = _with_attempt()
    assert isinstance(admit(policy, _asked("approve", attempt=1), history), Denial)
    assert admit(policy, _asked("approve", by="eli", attempt=1), history) == _asked("approve", by="eli", attempt=1)
    denied = admit(policy, _asked("reject", attempt=9), history)
    assert isinstance(denied, Denial)
    assert denied.reason == "no role of ana may reject a remediation; policies/access.yaml says who may"


def _with_attempt() -> History:
    asked = Event(
        kind=Kind.REMEDIATION_REQUESTED,
        at=at(1),
        by="ana",
        key=key_of("asked"),
        data={"attempt": 1, "action": "restart_deployment"},
    )
    return play([[delivery(alert_of("Burn", 0))]]).history().extended([asked])
