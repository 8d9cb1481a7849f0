"""Buttons of an incident's message, and what a click on one asks."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bots.rulebook import Rules
from bots.slack.markup import plain
from bots.timeline.state import Incident, Status

PREFIX: Final = "tocsin"
FORM: Final = "form"
"""Clicks that open a form; the others are carried out."""
DO: Final = "do"
_MOST_RUNS: Final = 3
_MOST_WAITING: Final = 8
"""With two buttons each; a block has 25 at most."""
_WORDS: Final[Mapping[str, str]] = {
    "ack": "Acknowledge",
    "assign": "Assign…",
    "note": "Update…",
    "mitigate": "Mitigated…",
    "resolve": "Resolve…",
    "priority": "Priority…",
    "handoff": "Hand off…",
    "reopen": "Reopen…",
    "close": "Close…",
}
AT_ONCE: Final = frozenset({"ack"})
"""Commands that need no form."""
_BY_STATUS: Final[Mapping[Status, Sequence[str]]] = {
    Status.OPEN: ("ack", "assign", "note", "mitigate", "resolve", "priority", "handoff"),
    Status.ACKNOWLEDGED: ("mitigate", "note", "resolve", "assign", "priority", "handoff"),
    Status.MITIGATED: ("resolve", "note", "assign", "priority", "handoff"),
    Status.RESOLVED: ("close", "note", "reopen"),
    Status.CLOSED: ("reopen",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Click:
    """What a button asks."""

    form: bool
    command: str
    incident: str
    """`INC-7`."""
    argument: str = ""
    """The number of an attempt, or the action to run."""
    alert: str = ""


def buttons(incident: Incident, rules: Rules) -> list[dict[str, Any]]:
    """The blocks of buttons that fit the incident's state; the first is what is usually done next."""
    words = _BY_STATUS[incident.status]
    found = [_button(incident, name, first=name == words[0]) for name in words]
    blocks = [{"type": "actions", "block_id": f"{PREFIX}:state", "elements": found}]
    machine = [*_waiting(incident), *_runs(incident, rules)] if incident.status.active else []
    if machine:
        blocks.append({"type": "actions", "block_id": f"{PREFIX}:machine", "elements": machine})
    return blocks


def click(action: Mapping[str, Any]) -> Click | None:
    """What a click on one of our buttons asks; None for anything else."""
    parts = str(action.get("action_id", "")).split(":")
    if len(parts) not in (3, 4, 5) or parts[0] != PREFIX or parts[1] not in (FORM, DO):
        return None
    argument, alert = (*parts[3:], "", "")[:2]
    return Click(
        form=parts[1] == FORM,
        command=parts[2],
        incident=str(action.get("value", "")),
        argument=argument,
        alert=alert,
    )


def note_button(incident: Incident) -> dict[str, Any]:
    """The button under a reminder."""
    return {"type": "actions", "block_id": f"{PREFIX}:remind", "elements": [_button(incident, "note", first=True)]}


def _button(incident: Incident, name: str, *, first: bool) -> dict[str, Any]:
    how = DO if name in AT_ONCE else FORM
    found = _plain_button(f"{PREFIX}:{how}:{name}", _WORDS[name], incident.name)
    return found | ({"style": "primary"} if first else {})


def _plain_button(action_id: str, label: str, value: str) -> dict[str, Any]:
    text = {"type": "plain_text", "text": plain(label, 75), "emoji": False}
    return {"type": "button", "action_id": action_id[:255], "text": text, "value": value}


def _waiting(incident: Incident) -> Iterable[dict[str, Any]]:
    """For the newest attempts that a person has to allow; those of a duplicate's other incident are answered there."""
    waiting = [one for one in incident.inputs.remediations if one.waits and one.inherited_from is None]
    for attempt in waiting[-_MOST_WAITING:]:
        number = str(attempt.attempt)
        yes = f"Approve {attempt.action}"
        yield _plain_button(f"{PREFIX}:{DO}:approve:{number}", yes, incident.name) | {"style": "primary"}
        yield _plain_button(f"{PREFIX}:{DO}:reject:{number}", "Reject", incident.name) | {"style": "danger"}


def _runs(incident: Incident, rules: Rules) -> Iterable[dict[str, Any]]:
    """For the actions that are bound to the alerts that fire, each once, unless one of them is under way."""
    if any(not attempt.outcome for attempt in incident.inputs.remediations):
        return
    seen: set[str] = set()
    for alert in incident.alerts_in_order:
        binding = rules.binding(incident.service, alert.name) if alert.firing else None
        if binding is None or binding.action in seen or len(seen) >= _MOST_RUNS:
            continue
        seen.add(binding.action)
        target = ", ".join(f"{key} {value}" for key, value in binding.target.items())
        found = _plain_button(
            f"{PREFIX}:{DO}:run:{binding.action}:{alert.name}", f"Run {binding.action}", incident.name
        )
        yield found | {"confirm": _confirm(binding.action, target or incident.service)}


def _confirm(action: str, target: str) -> dict[str, Any]:
    def text(value: str, limit: int) -> dict[str, Any]:
        return {"type": "plain_text", "text": plain(value, limit), "emoji": False}

    return {
        "title": text("Run a remediation?", 100),
        "text": text(f"{action} on {target}", 300),
        "confirm": text("Run it", 30),
        "deny": text("Cancel", 30),
    }
