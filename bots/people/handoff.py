"""Handing an incident over: a person's command, and what is said when the shift changes."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from alerting.model.policy import Policy
from bots.clock import View
from bots.commands.arguments import Arguments
from bots.commands.command import event, illegal
from bots.incident import History
from bots.people.duty import Change, last_change, responder
from bots.people.summary import summary
from bots.rulebook import Rules
from bots.timeline.answer import Refusal
from bots.timeline.event import BOT, Event, Kind, time_text
from bots.timeline.intake import Command
from bots.timeline.state import Incident, Status

TOPIC: Final = "handoff"
COMMAND: Final = "shift_change"
SOURCE: Final = "clock"
LATE: Final = timedelta(hours=12)
"""A shift change is worth being told for so long: after that the next one is near."""


def handoff(history: History, command: Command, rules: Rules) -> Event | Refusal:
    """The event of `handoff {to?, note?}`: assignment and roles pass to somebody, with what they have to know.

    Without `to` it is who a page of the team reaches first. Pure.
    """
    state = history.state
    arguments = Arguments(command)
    leaves = state.assignee or command.by
    note = arguments.text("note")
    to = arguments.member("to", rules) if command.args.get("to") is not None else ""
    if not arguments.problems and not to:
        team = rules.rotas.get(state.team)
        found = responder(team, command.received_at, but=leaves) if team is not None else None
        if found is None:
            arguments.problem("to", None, f"a member: nobody else of {state.team} is on call now")
        else:
            to = found[0]
    if refusal := _not_now(state):
        return refusal
    if arguments.problems:
        return Refusal(code="invalid", message="; ".join(arguments.problems))
    if to == state.assignee:
        return illegal(state, f"is {to}'s already; name somebody else to hand it over to")
    data: dict[str, Any] = {
        "to": to,
        "from": leaves,
        "handoff": True,
        "roles": sorted(role for role, who in state.inputs.roles.items() if who == leaves),
        "note": note,
        "summary": summary(history, command.received_at),
    }
    return event(command, Kind.ASSIGNED, {name: value for name, value in data.items() if value})


def due(view: View, policy: Policy, now: datetime) -> Iterable[Command]:
    """What is said in every incident that goes on when its team's shift changes. Pure; each change has its own key."""
    changes: dict[str, Change | None] = {}
    for history in view.active():
        team = policy.teams.get(history.state.team)
        if team is None or team.on_call is None:
            continue
        if team.team not in changes:
            changes[team.team] = last_change(team, now - LATE, now)
        change = changes[team.team]
        if change is not None and _since(history.state) < change.at:
            yield _command(history, change, now)


def _since(state: Incident) -> datetime:
    """Since when people are at it: what came back after the change reached whoever had come."""
    opened_at = state.inputs.opened_at
    return max(opened_at, state.phases[-1].start) if len(state.phases) > 1 else opened_at


def _command(history: History, change: Change, now: datetime) -> Command:
    args = {"to": change.comes, "from": change.leaves, "layer": change.layer, "text": _text(history, change, now)}
    return Command(
        key=f"shift change:{history.number}:{time_text(change.at)}:{change.comes or 'nobody'}",
        received_at=now,
        name=COMMAND,
        by=BOT,
        incident=history.number,
        args={name: value for name, value in args.items() if value is not None},
        source=SOURCE,
    )


def _text(history: History, change: Change, now: datetime) -> str:
    lines = [f"Shift change at {change.at:%H:%M} UTC: {_who(change, history.state.team)}"]
    assignee = history.state.assignee
    if assignee and assignee != change.comes:
        more = f"a handoff passes it to {change.comes}" if change.comes else "a handoff passes it to whom it names"
        lines.append(f"{assignee} still has it; {more}")
    return "\n".join([*lines, summary(history, now)])


def _who(change: Change, team: str) -> str:
    if change.comes is None:
        return f"{change.leaves} goes, and nobody of {team} is on call now"
    went = f"{change.leaves} goes and {change.comes}" if change.leaves else change.comes
    return f"{went} comes ({change.layer})"


def _not_now(state: Incident) -> Refusal | None:
    if state.status.active:
        return None
    word = "resolved" if state.status is Status.RESOLVED else "closed"
    return illegal(state, f"is {word}; there is nothing left to hand over")
