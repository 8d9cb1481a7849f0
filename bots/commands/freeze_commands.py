"""`freeze` and `unfreeze`: the switch of the night, which stops every action at once. Pure."""

from datetime import datetime, timedelta
from typing import Any, Final

from alerting.model.quantities import Duration
from bots.commands.arguments import Arguments
from bots.commands.command import event
from bots.guards.freeze import Freeze
from bots.timeline.answer import Refusal
from bots.timeline.event import Event, Kind, parse_time, time_text
from bots.timeline.intake import Command

VERBS: Final = ("freeze", "unfreeze")


def switch(command: Command, frozen: Freeze | None, in_file: Freeze | None, now: datetime) -> Event | Refusal:
    """The event for the audit trail, or why there is none; `in_file` is the other switch, which no command moves."""
    arguments = Arguments(command)
    reason, until = arguments.text("reason", needed=command.name == "freeze", limit=500), arguments.time("until")
    until = until or _after(arguments, command)
    if until and parse_time(until) <= now:
        arguments.problem("until", until, "a time that is still to come")
    if arguments.problems:
        return Refusal(code="invalid", message="; ".join(arguments.problems))
    data: dict[str, Any] = {"freeze": command.name == "freeze"}
    if command.name == "freeze":
        data |= {"text": reason} | ({"until": until} if until else {})
        return event(command, Kind.NOTED, data)
    if frozen is None or not frozen.holds(now):
        return Refusal(code="illegal", message=_nothing_to_lift(in_file, now))
    return event(command, Kind.NOTED, data | {"text": reason or "remediation is no longer frozen"})


def _nothing_to_lift(in_file: Freeze | None, now: datetime) -> str:
    if in_file is not None and in_file.holds(now):
        return f"{in_file}; only a pull request lifts that"
    return "remediation is not frozen; nothing is left to lift"


def _after(arguments: Arguments, command: Command) -> str:
    """The end where somebody said how long; empty if nobody did."""
    span = arguments.text("for")
    try:
        return time_text(command.received_at + timedelta(milliseconds=Duration.parse(span).ms)) if span else ""
    except (ValueError, OverflowError):
        arguments.problem("for", span, "how long, such as 8h")
        return ""
