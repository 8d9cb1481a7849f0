"""`freeze` and `unfreeze`: the switch of the night, which stops every action at once. Pure."""

from datetime import datetime
from typing import Any, Final

from bots.answer import Refusal
from bots.arguments import Arguments
from bots.command import event
from bots.event import Event, Kind, parse_time
from bots.guards.freeze import Freeze
from bots.intake import Command

VERBS: Final = ("freeze", "unfreeze")


def switch(command: Command, frozen: Freeze | None, now: datetime) -> Event | Refusal:
    """The event for the audit trail, or why there is none."""
    arguments = Arguments(command)
    reason, until = arguments.text("reason", needed=command.name == "freeze", limit=500), arguments.time("until")
    if until and parse_time(until) <= now:
        arguments.problem("until", until, "a time that is still to come")
    if arguments.problems:
        return Refusal(code="invalid", message="; ".join(arguments.problems))
    data: dict[str, Any] = {"freeze": command.name == "freeze"}
    if command.name == "freeze":
        data |= {"text": reason} | ({"until": until} if until else {})
        return event(command, Kind.NOTED, data)
    if frozen is None or not frozen.holds(now):
        return Refusal(code="illegal", message="remediation is not frozen; nothing is left to lift")
    return event(command, Kind.NOTED, data | {"text": reason or "remediation is no longer frozen"})
