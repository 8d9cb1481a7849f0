"""Buttons that fit the state: the usual next step first, the machine's own below, a second person's yes."""

import pytest

from bots.rulebook import Rules
from bots.slack.controls import buttons
from bots.state import Status
from tests.bots.office import Office, alert, command, delivery
from tests.bots.slack.office import ANA, ELI, messages, private, read
from tests.bots.slack.stage import MINI, Stage

RULES = Rules.of(MINI)
STEPS = {
    Status.OPEN: ["ack", "assign", "note", "mitigate", "resolve", "priority", "handoff"],
    Status.ACKNOWLEDGED: ["mitigate", "note", "resolve", "assign", "priority", "handoff"],
    Status.MITIGATED: ["resolve", "note", "assign", "priority", "handoff"],
    Status.RESOLVED: ["close", "note", "reopen"],
    Status.CLOSED: ["reopen"],
}


@pytest.mark.parametrize("status", list(Status), ids=str)
def test_each_state_has_its_buttons(status: Status) -> None:
    """What cannot be done in a state is not offered; one button stands out."""
    office = Office(RULES)
    office.take(delivery(alert("Broken", 0)))
    way = {
        Status.OPEN: (),
        Status.ACKNOWLEDGED: ("ack",),
        Status.MITIGATED: ("ack", "mitigate"),
        Status.RESOLVED: ("resolve",),
        Status.CLOSED: ("resolve", "close"),
    }[status]
    for name in way:
        office.take(command(name, **({"verdict": "noise"} if name == "close" else {})))
    state = office.history().state
    assert state.status is status
    (shown,) = buttons(state, RULES)
    names = [one["action_id"].split(":")[2] for one in shown["elements"]]
    assert names == STEPS[status]
    assert [one.get("style") for one in shown["elements"]] == ["primary", *[None] * (len(names) - 1)]
    assert {one["value"] for one in shown["elements"]} == {"INC-1"}


def test_a_remediation_is_asked_for_and_approved_by_buttons(stage: Stage) -> None:
    """The alert's action has a button that asks first; somebody else's yes or no is one click."""
    stage.fire(severity="ticket", priority="P2")
    stage.settle()
    (home,) = messages(stage.slack, "payments")
    run = "tocsin:do:run:restart_deployment:CheckoutAvailabilityBurn"
    asked = [one for block in home["blocks"] if block["type"] == "actions" for one in block["elements"]]
    assert next(one for one in asked if one["action_id"] == run)["confirm"]["title"]["text"] == "Run a remediation?"
    stage.hands.click(ANA, home, run, channel="payments")
    stage.settle()
    told = private(stage.slack, ANA)
    assert told == ["⚠️ no role of ana may run restart_deployment; policies/access.yaml says who may"]
    stage.hands.click(ELI, home, run, channel="payments")
    stage.settle()
    (attempt,) = stage.office.history().state.inputs.remediations
    assert (attempt.action, attempt.requested_by) == ("restart_deployment", "eli")
    (home,) = messages(stage.slack, "payments")
    words = [one["text"]["text"] for block in home["blocks"] if block["type"] == "actions" for one in block["elements"]]
    assert ("Approve restart_deployment" in words) is attempt.waits
    assert "restart_deployment, attempt 1" in read(home)
    if attempt.waits:
        stage.hands.click(ELI, home, "tocsin:do:approve:1", channel="payments")
        stage.settle()
        assert "somebody else has to approve it" in private(stage.slack, ELI)[-1]
        stage.hands.click("U01FAY", home, "tocsin:do:approve:1", channel="payments")
        stage.settle()
        assert stage.office.history().state.inputs.remediations[0].approved_by == "fay"
