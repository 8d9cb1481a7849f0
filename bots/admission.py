"""Whether a person may give a command: pure, and the same for every place that people talk to the bot from."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from alerting.model.policy import Policy
from bots.event import BOT
from bots.incident import History
from bots.intake import Command, Denial
from bots.rights import Rights, members, rights

VERBS: Final = {"role": "assign", "link": "note", "handoff": "assign"}
"""The right that a command needs, where it is not that of its own name; `run` and `approve` need that of the action."""


def admit(policy: Policy, command: Command, history: History | None = None) -> Command | Denial:
    """The command, or that it is denied; `history` is its incident, which tells the action that is approved."""
    why = stranger(policy, command.by) or forbidden(rights(policy, command.by), command, history)
    return denial(command, why) if why else command


def denial(command: Command, reason: str) -> Denial:
    """That a command was not allowed; its key is not the command's own, so that the right may be given later."""
    return Denial(
        key=f"denied {command.key}",
        received_at=command.received_at,
        by=command.by,
        command=command.name,
        reason=reason,
        incident=command.incident,
        args=command.args,
        source=command.source,
        reply=command.reply,
    )


def stranger(policy: Policy, name: str) -> str:
    """What is wrong if somebody is in no team; nothing otherwise."""
    if name == BOT or name in members(policy):
        return ""
    return f"{name} is in no team; expected a member of one under policies/teams/"


def forbidden(allowed: Rights, command: Command, history: History | None) -> str:
    """What is wrong if no role of the person's allows the command; nothing otherwise."""
    if command.name == "run":
        action = str(command.args.get("action", ""))
        return "" if allowed.may_run(action) else _no_role(command.by, f"run {action}")
    if command.name in ("approve", "reject"):
        action = _action(command.args, history)
        may = bool(allowed.approve & {action, "*"})
        return "" if may else _no_role(command.by, f"{command.name} {action or 'a remediation'}")
    verb = VERBS.get(command.name, command.name)
    return "" if allowed.may(verb) else _no_role(command.by, verb)


def _action(args: Mapping[str, Any], history: History | None) -> str:
    attempts = history.state.inputs.remediations if history else ()
    return next((one.action for one in attempts if one.attempt == args.get("attempt")), "")


def _no_role(who: str, what: str) -> str:
    return f"no role of {who} may {what}; policies/access.yaml says who may"


def addressed(command: Command, reply: Mapping[str, Any]) -> Command:
    """The command whose answer goes somewhere."""
    return replace(command, reply=dict(reply))
