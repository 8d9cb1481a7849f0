"""What somebody who is logged in can do on an incident's page: forms of plain HTML, by the incident's state. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from bots.event_fields import PRIORITIES, VERDICTS
from bots.state import Incident, Status

_NOTE: Final = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One thing to fill in."""

    name: str
    label: str
    choices: tuple[str, ...] = ()
    """None is a text."""
    needed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One command."""

    command: str
    text: str
    """On its button."""
    fields: tuple[Field, ...] = ()
    given: Mapping[str, str] = field(default_factory=dict)
    """Arguments that are not asked for."""


def forms(incident: Incident) -> tuple[Form, ...]:
    """The commands that make sense now, the most likely first."""
    return tuple(_forms(incident))


def _forms(incident: Incident) -> Iterator[Form]:
    status = incident.status
    for attempt in incident.inputs.remediations:
        if attempt.waits and status.active:
            given = {"attempt": str(attempt.attempt)}
            yield Form(command="approve", text=f"Approve {attempt.action} ({attempt.attempt})", given=given)
            yield Form(command="reject", text=f"Reject {attempt.action} ({attempt.attempt})", given=given)
    if status is Status.OPEN:
        yield Form(command="ack", text="Acknowledge")
    yield Form(command=_NOTE, text="Note", fields=(Field(name="text", label="What you see or do", needed=True),))
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
