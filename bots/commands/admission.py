"""Whether a person may give a command: pure, and the same for every place that people talk to the bot from."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from alerting.model.policy import Policy
from bots.commands.rights import Rights, rights
from bots.commands.rights import stranger as outsider
from bots.incident import History
from bots.timeline.event import BOT
from bots.timeline.intake import Command, Denial
from bots.timeline.state import Remediation

VERBS: Final = {
    **dict.fromkeys(("role", "handoff", "unassign"), "assign"),
    **dict.fromkeys(("link", "amend", "postmortem"), "note"),
    "unfreeze": "freeze",
}
"""The right that a command needs, where it is not that of its own name; `run` and `approve` need that of the action."""

APPROVING: Final = ("approve", "reject")
"""Commands that answer a request for a remediation."""


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
    return "" if name == BOT else outsider(policy, name)


def forbidden(allowed: Rights, command: Command, history: History | None) -> str:
    """What is wrong if no role of the person's allows the command; nothing otherwise."""
    if command.name == "run":
        action = str(command.args.get("action", ""))
        return "" if allowed.may_run(action) else _no_role(command.by, f"run {action}")
    if command.name in APPROVING:
        if may_answer(allowed, command.by, command.name, command.args, history):
            return ""
        return _no_role(command.by, f"{command.name} {action_of(command.args, history) or 'a remediation'}")
    verb = VERBS.get(command.name, command.name)
    return "" if allowed.may(verb) else _no_role(command.by, verb)


def may_answer(allowed: Rights, who: str, command: str, args: Mapping[str, Any], history: History | None) -> bool:
    """Whether somebody may approve or reject an attempt; what one asked for oneself one may take back."""
    attempt = _attempt(args, history)
    if command == "reject" and attempt is not None and attempt.requested_by == who:
        return True
    return bool(allowed.approve & {attempt.action if attempt else "", "*"})


def action_of(args: Mapping[str, Any], history: History | None) -> str:
    """The action of the attempt that is meant; empty if there is none."""
    attempt = _attempt(args, history)
    return attempt.action if attempt else ""


def _attempt(args: Mapping[str, Any], history: History | None) -> Remediation | None:
    return history.state.attempt(args.get("attempt")) if history else None


def _no_role(who: str, what: str) -> str:
    return f"no role of {who} may {what}; policies/access.yaml says who may"


def addressed(command: Command, reply: Mapping[str, Any]) -> Command:
    """The command whose answer goes somewhere."""
    return replace(command, reply=dict(reply))
