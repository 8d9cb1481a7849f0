"""A remediation asked for and approved by comments; who one is does not depend on where one speaks."""

from tests.bots.github.stage import Stage
from tests.bots.office import Office


def _say(stage: Stage, text: str, who: str) -> str:
    """What the bot answers."""
    stage.hub.repository.comment(stage.issue().number, who, text)
    stage.settle()
    said = [one.body for one in stage.issue().comments if one.author == "tocsin[bot]"]
    return said[-1] if said else ""


def _waiting(office: Office) -> list[bool]:
    return [one.waits for one in office.history().state.inputs.remediations]


def test_nobody_approves_their_own_request_from_another_place(stage: Stage) -> None:
    """Asked for in Slack; by the same person's account on GitHub it is refused, by another person's it runs, once."""
    stage.fire("HighErrorRate")
    stage.settle()
    stage.ask("run", by="eli", action="restart_deployment")
    stage.settle()
    assert "comment `/approve 1` or `/reject 1`" in stage.issue().body
    refusal = _say(stage, "/approve 1", who="Eli")
    assert "INC-1 has an attempt 1 that eli asked for; somebody else has to approve it" in refusal
    assert "no role of ana may approve restart\\_deployment" in _say(stage, "/approve 1", who="ana")
    assert [denial.by for denial in stage.denied()] == ["ana"]
    assert _waiting(stage.office) == [True]
    _say(stage, "/approve 1", who="fay")
    (attempt,) = stage.office.history().state.inputs.remediations
    assert (attempt.approved_by, attempt.waits) == ("fay", False)
    assert "INC-1 has its attempt 1 approved already, by fay" in _say(stage, "/approve 1", who="fay")
    assert "INC-1 has an attempt 1 that does not wait for approval any more" in _say(stage, "/reject 1", who="fay")
    assert stage.kinds().count("remediation_approved") == 1
    assert "/approve 1" not in stage.issue().body


def test_what_is_said_with_the_answer_is_kept(stage: Stage) -> None:
    """Why not, on the issue and in the record."""
    stage.fire("HighErrorRate")
    stage.settle()
    stage.ask("run", by="eli", action="restart_deployment")
    stage.settle()
    _say(stage, "/reject 1 it is the database", who="fay")
    (attempt,) = stage.office.history().state.inputs.remediations
    assert (attempt.outcome, attempt.detail) == ("rejected", "it is the database")
    assert "attempt 1 was rejected: it is the database" in stage.issue().body
