"""What somebody who takes an incident over has to know, on a few lines. Plain text; escaped by whoever shows it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from bots.incident import History
from bots.timeline.corrections import TAKEN_BACK
from bots.timeline.event import BOT, Kind, clean
from bots.timeline.state import Incident, Status
from bots.words import shown
from bots.words.lengths import length

_NOTES: Final = 3
_CHARACTERS: Final = 200
_ALERTS: Final = 3


def summary(history: History, now: datetime) -> str:
    """How it stands, what fires, what the machine tried, and the latest notes."""
    state = history.state
    return "\n".join(_lines(history, state, now))


def _lines(history: History, state: Incident, now: datetime) -> Iterable[str]:
    yield f"{state.name} ({state.priority}, {state.service}) is {_since(state, now)}: {_line(state.title)}"
    firing = [alert for alert in state.alerts_in_order if alert.firing]
    if firing:
        more = f" and {len(firing) - _ALERTS} more" if len(firing) > _ALERTS else ""
        yield f"Firing: {', '.join(_line(alert.name) for alert in firing[:_ALERTS])}{more}"
    elif state.alerts:
        yield "No alert of it fires now"
    if state.assignee:
        yield f"Working on it: {state.assignee}"
    if state.inputs.roles:
        yield "Roles: " + ", ".join(f"{role} {who}" for role, who in sorted(state.inputs.roles.items()))
    for attempt in state.inputs.remediations[-1:]:
        how = attempt.outcome.replace("_", " ") or ("running" if attempt.started_at else "waiting")
        yield f"Last remediation: {attempt.action}, {how}"
    notes = [row for row in history.rows if row.kind == Kind.NOTED and row.by != BOT]
    for note in [note for note in notes if note.data["text"] != TAKEN_BACK][-_NOTES:]:
        yield f"{note.at:%H:%M} {note.by}: {_line(str(note.data['text']))}"


def _since(state: Incident, now: datetime) -> str:
    """`acknowledged, 42 minutes after it began`."""
    began = state.inputs.began_at or state.started_at
    word = "not acknowledged yet" if state.status is Status.OPEN else state.status.value
    return f"{word}, {length(now - began)} old"


def _line(text: str) -> str:
    """On one line, and not too much of it."""
    return clean(shown.line(text).strip(), _CHARACTERS)
