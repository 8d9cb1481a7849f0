"""What people (and programs on their behalf) may do to an incident, by its state.

Pure: a command in a state gives the event to record or a refusal. Who may do it at all is decided before.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from bots.commands import attempt_commands
from bots.commands.arguments import Arguments
from bots.commands.attempt_commands import Around, Asked, nothing
from bots.rulebook import Rules
from bots.timeline.answer import Refusal
from bots.timeline.event import Event, Kind, clean, key_of, parse_time, time_text
from bots.timeline.event_fields import FIELDS
from bots.timeline.intake import Command
from bots.timeline.state import Incident, Status, incident_name
from bots.words.phrases import moment

Told = Mapping[str, Any] | Refusal
_Verb = Callable[[Incident, Arguments, Rules], Told]


def command_key(by: str, key: str) -> str:
    """The key of the event that a command makes: the caller's own, kept apart from other callers' keys."""
    return key_of("command", by, key)


def event(command: Command, kind: Kind, data: Mapping[str, Any], *, part: str = "") -> Event:
    """The event of a command; `part` tells several events of one command apart."""
    key = command_key(command.by, command.key)
    return Event(
        kind=kind,
        at=command.received_at,
        by=clean(command.by, 100),
        key=key_of(key, part) if part else key,
        source=clean(command.source, 100),
        data=data,
    )


def respond(
    incident: Incident,
    command: Command,
    rules: Rules,
    *,
    around: Around = nothing,
    now: datetime | None = None,
) -> Event | Refusal:
    """The event that a command makes in this state, or why it makes none; `around` is what the guard rails look at."""
    arguments = Arguments(command)
    told: Told
    if command.name in _VERBS:
        kind, verb = _VERBS[command.name]
        told = verb(incident, arguments, rules)
    elif command.name in attempt_commands.VERBS:
        kind, about = attempt_commands.VERBS[command.name]
        at = now or command.received_at
        told = about(Asked(incident=incident, command=command, arguments=arguments, rules=rules, around=around, now=at))
    else:
        known = ", ".join(sorted({*_VERBS, *attempt_commands.VERBS, "declare", "handoff", "merge"}))
        return Refusal(code="invalid", message=f"no command {command.name[:60]!r}; expected one of {known}")
    if arguments.problems:
        return Refusal(code="invalid", message="; ".join(arguments.problems))
    if isinstance(told, Refusal):
        return told
    needed = FIELDS.needed[kind.value]
    return event(
        command, kind, {name: value for name, value in told.items() if value not in ("", None) or name in needed}
    )


def unknown(number: int) -> str:
    """What is said where no incident has the number."""
    return f"no incident {incident_name(number)}; `tocsin incident list --all` shows those there are"


def illegal(incident: Incident, why: str) -> Refusal:
    """`INC-7 is closed …`."""
    return Refusal(code="illegal", message=f"{incident.name} {why}")


def _closed(incident: Incident, doing: str) -> Refusal | None:
    if incident.status is not Status.CLOSED:
        return None
    at = f" at {moment(incident.closed_at)} UTC" if incident.closed_at else ""
    return illegal(incident, f"was closed by {incident.closed_by}{at}; reopen it before you {doing} it")


def _inactive(incident: Incident, doing: str) -> Refusal | None:
    if incident.status is Status.RESOLVED:
        return illegal(incident, f"is resolved; reopen it before you {doing} it")
    return _closed(incident, doing)


def _ack(incident: Incident, arguments: Arguments, rules: Rules) -> Told:
    note = arguments.text("note")
    refusal = _inactive(incident, "acknowledge")
    if refusal is None and incident.status is not Status.OPEN:
        who = f" by {incident.acknowledged_by}" if incident.acknowledged_by else ""
        refusal = illegal(incident, f"is {incident.status} already{who}; nothing is left to acknowledge")
    return refusal or {"note": note}


def _assign(incident: Incident, arguments: Arguments, rules: Rules) -> Told:
    to, note = arguments.member("to", rules), arguments.text("note")
    refusal = _closed(incident, "assign")
    if refusal is None and to and to == incident.assignee and not note:
        # Whoever has it would be told of it once more, everywhere.
        refusal = illegal(incident, f"is assigned to {to} already")
    return refusal or {"to": to, "note": note}


def _unassign(incident: Incident, arguments: Arguments, rules: Rules) -> Told:
    note = arguments.text("note")
    refusal = _closed(incident, "unassign")
    if refusal is None and not incident.assignee:
        refusal = illegal(incident, "is assigned to nobody already")
    return refusal or {"to": "", "note": note}


def _role(incident: Incident, arguments: Arguments, rules: Rules) -> Told:
    role, to = arguments.word("role"), arguments.member("to", rules)
    refusal = _closed(incident, "assign a role in")
    if refusal is None and to and incident.inputs.roles.get(role) == to:
        refusal = illegal(incident, f"has {to} as {role} already")
    return refusal or {"role": role, "to": to}


def _note(incident: Incident, arguments: Arguments, rules: Rules) -> Told:
    began = arguments.time("began_at")
    if began and parse_time(began) > incident.started_at:
        start = time_text(incident.started_at)
        arguments.problem(
            "began_at", began, f"a time at or before its start, {start}: trouble begins before it is seen"
        )
    return {
        "text": arguments.text("text", needed=True),
        "began_at": began,
        "public": arguments.flag("public") or None,
        "url": arguments.url("url"),
    }


def _escalate(incident: Incident, arguments: Arguments, rules: Rules) -> Told:
    if incident.status is not Status.OPEN:
        return illegal(incident, f"is {incident.status}; nobody has to be woken")
    return {**_said(arguments, "escalation"), "step": arguments.number("step")}


def _shift_change(incident: Incident, arguments: Arguments, rules: Rules) -> Told:
    return _inactive(incident, "hand over") or _said(arguments, "handoff")


def _said(arguments: Arguments, topic: str) -> dict[str, Any]:
    """What the bot says when a time has come, and to whom."""
    words = {name: arguments.text(name) for name in ("to", "from", "layer")}
    return {"text": arguments.text("text", needed=True, cut=True), "topic": topic, **words}


def _priority(incident: Incident, arguments: Arguments, rules: Rules) -> Told:
    priority, note = arguments.priority("priority", needed=True), arguments.text("reason")
    refusal = _closed(incident, "change the priority of")
    if refusal is None and priority == incident.priority:
        refusal = illegal(incident, f"is {priority} already")
    return refusal or {"priority": priority, "note": note}


def _mitigate(incident: Incident, arguments: Arguments, rules: Rules) -> Told:
    note = arguments.text("note")
    refusal = _inactive(incident, "mitigate")
    if refusal is None and incident.status is Status.MITIGATED:
        refusal = illegal(incident, f"is mitigated already, by {incident.mitigated_by}")
    return refusal or {"note": note}


def _resolve(incident: Incident, arguments: Arguments, rules: Rules) -> Told:
    verdict, note = arguments.verdict("verdict"), arguments.text("note")
    if incident.status is Status.RESOLVED and verdict and verdict != incident.verdict:
        # The alerts resolved it first; the responder adds what it was.
        return {"verdict": verdict, "note": note, "alerts": list(incident.firing)}
    if incident.status is Status.RESOLVED:
        at = f" since {moment(incident.resolved_at)} UTC" if incident.resolved_at else ""
        return illegal(incident, f"is resolved already{at}; close it with a verdict")
    return _closed(incident, "resolve") or {"verdict": verdict, "note": note, "alerts": list(incident.firing)}


def _reopen(incident: Incident, arguments: Arguments, rules: Rules) -> Told:
    note = arguments.text("reason")
    if incident.status.active:
        return illegal(incident, f"is {incident.status}; only what is resolved or closed can be reopened")
    return {"note": note}


def _close(incident: Incident, arguments: Arguments, rules: Rules) -> Told:
    verdict, note = arguments.verdict("verdict") or incident.verdict, arguments.text("note")
    if incident.status is Status.CLOSED:
        return illegal(incident, f"is closed already, as {incident.verdict}, by {incident.closed_by}")
    if incident.status.active:
        return illegal(incident, f"is {incident.status}; resolve it before you close it")
    if not verdict:
        message = "needs a verdict to be closed; expected actionable, noise, duplicate or drill"
        return Refusal(code="invalid", message=f"{incident.name} {message}")
    return {"verdict": verdict, "note": note, "alerts": list(incident.firing)}


def _postmortem(incident: Incident, arguments: Arguments, rules: Rules) -> Told:
    if incident.status.active:
        return illegal(incident, f"is {incident.status}; a postmortem is drafted once it is over")
    return {"text": "asked for a postmortem", "topic": "postmortem"}


def _link(incident: Incident, arguments: Arguments, rules: Rules) -> Told:
    relation = arguments.word("relation")
    if relation in ("duplicate", "duplicate_of"):
        arguments.problem("relation", relation, "another word; use merge for duplicates")
    url, other = arguments.url("url"), arguments.incident("incident")
    if not url and other is None:
        arguments.problem("url", None, "an address in `url`, or an incident in `incident`")
    if other == incident.number:
        arguments.problem("incident", incident_name(incident.number), "another incident than itself")
    return {"relation": relation, "url": url, "incident": other, "title": arguments.text("title")}


_VERBS: Final[Mapping[str, tuple[Kind, _Verb]]] = {
    "ack": (Kind.ACKNOWLEDGED, _ack),
    "assign": (Kind.ASSIGNED, _assign),
    "unassign": (Kind.ASSIGNED, _unassign),
    "role": (Kind.ROLE_ASSIGNED, _role),
    "note": (Kind.NOTED, _note),
    "escalate": (Kind.NOTED, _escalate),
    "shift_change": (Kind.NOTED, _shift_change),
    "priority": (Kind.PRIORITY_CHANGED, _priority),
    "mitigate": (Kind.MITIGATED, _mitigate),
    "resolve": (Kind.RESOLVED, _resolve),
    "reopen": (Kind.REOPENED, _reopen),
    "close": (Kind.CLOSED, _close),
    "link": (Kind.LINKED, _link),
    "postmortem": (Kind.NOTED, _postmortem),
}
