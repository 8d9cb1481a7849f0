"""Answers to commands that came from outside, on their way back to the person who gave them."""

from collections.abc import Iterable, Sequence
from typing import Any

from bots.answer import Answer, Done, Refusal
from bots.command import command_key
from bots.event import key_of
from bots.intake import AlertDelivery, Command, Denial, Intake
from bots.outbox import Errand
from bots.state import Incident


def replies(intakes: Sequence[Intake], answers: Sequence[Answer]) -> Iterable[Errand]:
    """An errand for everybody who waits for an answer outside; once for each command, however often it is told."""
    for intake, answer in zip(intakes, answers, strict=True):
        if not isinstance(intake, AlertDelivery) and intake.reply.get("destination"):
            yield _errand(intake, answer)


def _errand(intake: Command | Denial, answer: Answer) -> Errand:
    done = answer.incident if isinstance(answer, Done) else None
    key = key_of("reply", intake.by, intake.key)
    number = done.number if done else intake.incident
    payload: dict[str, Any] = {
        "reply": dict(intake.reply),
        "command": intake.name if isinstance(intake, Command) else intake.command,
        "by": intake.by,
        "incident": done.name if done else None,
        "number": number,
        **_told(intake, answer),
    }
    return Errand(
        destination=str(intake.reply["destination"]),
        key=key,
        # Nobody's answer waits for another's, nor for what the mirror has to write.
        line=f"reply {key}",
        incident=number,
        event_key=command_key(intake.by, intake.key),
        payload=payload,
    )


def _told(intake: Command | Denial, answer: Answer) -> dict[str, Any]:
    """Whether it was done, why not in one word, and a sentence for the person."""
    if isinstance(intake, Denial):
        return {"ok": False, "code": "denied", "text": intake.reason}
    if isinstance(answer, Refusal):
        return {"ok": False, "code": answer.code, "text": answer.message}
    return {"ok": True, "code": "done", "text": _happened(intake, answer.incident)}


def _happened(command: Command, incident: Incident | None) -> str:
    if command.name == "freeze":
        span = f" for {command.args['for']}" if command.args.get("for") else ""
        return f"remediation is frozen{span}: nothing is run any more; it is in the audit trail"
    if command.name == "unfreeze":
        return "remediation may run again; it is in the audit trail"
    if incident is None:
        return "done"
    if command.name == "note":
        return f"noted in {incident.name}"
    if command.name in ("assign", "handoff") and incident.assignee:
        return f"{incident.name} is assigned to {incident.assignee}"
    if command.name == "priority":
        return f"{incident.name} is {incident.priority}"
    if command.name == "postmortem":
        return f"a draft of the postmortem of {incident.name} is being written"
    return f"{incident.name} is {incident.status}"
