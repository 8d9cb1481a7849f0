"""Answers to commands that came from outside, on their way back to the person who gave them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from bots.commands.command import command_key
from bots.outbox import Errand
from bots.timeline.answer import Answer, Done, Refusal
from bots.timeline.event import key_of
from bots.timeline.intake import AlertDelivery, Command, Denial, Intake
from bots.timeline.state import Incident, Remediation, incident_name


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
    said = _SAID.get(command.name)
    return (said and said(command, incident)) or f"{incident.name} is {incident.status}"


def _assigned(command: Command, incident: Incident) -> str:
    return f"{incident.name} is assigned to {incident.assignee or 'nobody'}"


def _role(command: Command, incident: Incident) -> str:
    role = str(command.args.get("role", ""))
    who = incident.inputs.roles.get(role)
    return f"{incident.name} has {who} as {role}" if who else ""


def _attempt(command: Command, incident: Incident) -> Remediation | None:
    """The one that the command was about; of those asked for by the same person the newest."""
    if command.name != "run":
        number = str(command.args.get("attempt", ""))
        return incident.attempt(int(number)) if number.isdecimal() else None
    mine = (one for one in reversed(incident.inputs.remediations) if one.requested_by == command.by)
    return next(mine, None)


def _remediation(command: Command, incident: Incident) -> str:
    attempt = _attempt(command, incident)
    if attempt is None:
        return ""
    what = f"attempt {attempt.attempt} of {incident.name}, {attempt.action}"
    if command.name == "approve":
        return f"{what}, is approved; what comes of it is told there"
    if command.name == "reject":
        return f"{what}, is rejected"
    if attempt.waits:
        return f"{what}, waits: somebody else has to approve it"
    return f"{what}, is asked for{' as a dry run' if attempt.dry_run else ''}; what comes of it is told there"


def _over(command: Command, incident: Incident) -> str:
    verdict = f", as {incident.verdict}" if incident.verdict else ""
    return f"{incident.name} is {incident.status}{verdict}"


def _merged(command: Command, incident: Incident) -> str:
    other = incident.inputs.duplicate_of
    return f"{incident.name} is closed as a duplicate of {incident_name(other)}" if other else ""


_SAID: Final[Mapping[str, Callable[[Command, Incident], str]]] = {
    "note": lambda command, incident: f"noted in {incident.name}",
    "assign": _assigned,
    "unassign": _assigned,
    "handoff": _assigned,
    "role": _role,
    "priority": lambda command, incident: f"{incident.name} is {incident.priority}",
    "postmortem": lambda command, incident: f"a draft of the postmortem of {incident.name} is being written",
    "resolve": _over,
    "close": _over,
    "merge": _merged,
    **dict.fromkeys(("run", "approve", "reject"), _remediation),
}
"""What else than the state is told after a command; nothing where the incident does not show it any more."""
