"""What somebody who is logged in can do on an incident's page: forms of plain HTML, by its state and theirs. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from bots.commands.admission import forbidden
from bots.commands.rights import Rights
from bots.incident import History
from bots.timeline.event_fields import PRIORITIES, VERDICTS
from bots.timeline.intake import Command
from bots.timeline.state import Incident, Status

_NOTE: Final = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One thing to fill in."""

    name: str
    label: str
    choices: tuple[str, ...] = ()
    """None is a text."""
    needed: bool = False
    tick: bool = False
    """Whether it is a box, empty at first, instead of a text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One command."""

    command: str
    text: str
    """On its button."""
    fields: tuple[Field, ...] = ()
    given: Mapping[str, str] = field(default_factory=dict)
    """Arguments that are not asked for."""


_NOTE_FIELDS: Final = (
    Field(name="text", label="What you see or do", needed=True),
    Field(name="public", label="may be shown outside the company", tick=True),
)


def forms(history: History, who: str, allowed: Rights, now: datetime) -> tuple[Form, ...]:
    """The commands that make sense now and that somebody may give, the most likely first."""
    return tuple(form for form in _forms(history.state) if not _forbidden(form, history, who, allowed, now))


def _forbidden(form: Form, history: History, who: str, allowed: Rights, now: datetime) -> str:
    args = arguments(form.given)
    wanted = Command(key="", received_at=now, name=form.command, by=who, incident=history.number, args=args)
    return forbidden(allowed, wanted, history)


def _forms(incident: Incident) -> Iterator[Form]:
    status = incident.status
    for attempt in incident.inputs.remediations:
        if attempt.waits and status.active:
            given = {"attempt": str(attempt.attempt)}
            yield Form(command="approve", text=f"Approve {attempt.action} ({attempt.attempt})", given=given)
            yield Form(command="reject", text=f"Reject {attempt.action} ({attempt.attempt})", given=given)
    if status is Status.OPEN:
        yield Form(command="ack", text="Acknowledge")
    yield Form(command=_NOTE, text="Note", fields=_NOTE_FIELDS)
    if status.active:
        if status is not Status.MITIGATED:
            yield Form(command="mitigate", text="Mitigated")
        yield Form(command="resolve", text="Resolve", fields=(_verdict(needed=False),))
        levels = tuple(level for level in PRIORITIES if level != incident.priority)
        yield Form(
            command="priority", text="Set priority", fields=(Field(name="priority", label="Priority", choices=levels),)
        )
    if status is Status.RESOLVED:
        yield Form(command="close", text="Close", fields=(_verdict(needed=not incident.verdict),))
    if not status.active:
        yield Form(command="reopen", text="Reopen", fields=(Field(name="reason", label="Why"),))


def _verdict(*, needed: bool) -> Field:
    return Field(name="verdict", label="It was", choices=VERDICTS if needed else ("", *VERDICTS), needed=needed)


def arguments(fields: Mapping[str, str]) -> dict[str, Any]:
    """The arguments of a command as its form sent them: what was left empty is not given, numbers are numbers."""
    given = {name: text.strip() for name, text in fields.items() if text.strip()}
    return {name: int(text) if name == "attempt" and text.isdecimal() else text for name, text in given.items()}
