"""Buttons that fit the state: the usual next step first, the machine's own below, a second person's yes."""

from dataclasses import replace

import pytest

from bots.rulebook import Rules
from bots.slack.controls import buttons
from bots.timeline.state import Remediation, Status
from tests.bots.office import Office, alert, at, command, delivery
from tests.bots.slack.office import ANA, ELI, messages, private, read
from tests.bots.slack.stage import MINI, Stage
from tools.standins.slack_blocks import problems

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


def test_many_that_wait_still_fit() -> None:
    """The newest; none twice, and none that another incident asks about."""
    office = Office(RULES)
    office.take(delivery(alert("Broken", 0)))
    state = office.history().state
    one = Remediation(
        attempt=1,
        action="restart_deployment",
        alert="Broken",
        target={},
        parameters={},
        automatic=False,
        dry_run=False,
        requested_by="eli",
        requested_at=at(1),
        approval=True,
    )
    waiting = tuple(replace(one, attempt=number) for number in range(1, 21))
    inherited = tuple(replace(one, attempt=number, inherited_from=3) for number in range(1, 21))
    crowded = replace(state, inputs=replace(state.inputs, remediations=(*waiting, *inherited)))
    blocks = buttons(crowded, RULES)
    assert problems(blocks) == []
    ids = [element["action_id"] for element in blocks[1]["elements"]]
    newest = range(13, 21)
    assert ids == [f"tocsin:do:{word}:{number}" for number in newest for word in ("approve", "reject")]


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
