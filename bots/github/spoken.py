"""What somebody typed in a comment, as a command about the issue's incident. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from alerting.model.policy import Policy
from bots.commands import runbooks
from bots.commands.rights import members
from bots.commands.speech import Mistake, Spoken
from bots.directory import member_of_github
from bots.incident import History
from bots.timeline.intake import MISTAKEN
from bots.timeline.state import incident_name

_HELP: Final = (
    "/ack, /assign @login, /role ROLE @login, /priority P1, /mitigate, /resolve [VERDICT], /reopen, /close VERDICT, "
    "/handoff [@login], /note TEXT, /merge INC-3, /runbook run NAME, /approve N, /reject N, /postmortem, "
    "/freeze REASON, /unfreeze"
)
_ELSEWHERE: Final = frozenset({"declare", "list", "show", "help"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A command without who gives it."""

    name: str
    args: Mapping[str, Any] = field(default_factory=dict)


def asked(heard: Spoken | Mistake, policy: Policy, history: History, by: str) -> Asked:
    """The ledger's command; one that says what is wrong if it cannot be understood."""
    if isinstance(heard, Mistake):
        return mistaken(heard.message)
    if heard.command in _ELSEWHERE:
        return mistaken(f"here can be said: {_HELP}; everything that does not begin with a slash is a note")
    if heard.incident is not None and heard.incident != history.number:
        other = incident_name(heard.incident)
        return mistaken(f"this is the issue of {history.state.name}; what concerns {other} is said on its own issue")
    if heard.command == "runbook":
        return _runbook(heard.args, policy, history)
    if "to" in heard.args:
        said = str(heard.args["to"])
        to = _person(said, policy, by)
        if to is None:
            return mistaken(f"to: got {said[:60]!r}; expected the account on GitHub of a member of policies/teams")
        return Asked(name=heard.command, args={**heard.args, "to": to})
    return Asked(name=heard.command, args=heard.args)


def mistaken(message: str) -> Asked:
    """Something that the person has to be told."""
    return Asked(name=MISTAKEN, args={"message": message})


def _person(said: str, policy: Policy, by: str) -> str | None:
    name = said.removeprefix("@")
    if name.lower() == "me":
        return by
    return member_of_github(policy, name) or (name if name in members(policy) else None)


def _runbook(args: Mapping[str, Any], policy: Policy, history: History) -> Asked:
    if args["verb"] != "run":
        where = policy.routing.runbook_url
        return mistaken(f"a comment can only run one, such as /runbook run high-error-rate; they are at {where}")
    said = str(args["name"])
    name = runbooks.resolve(policy, said)
    if name is None:
        return mistaken(f"no runbook {said[:60]!r}; {runbooks.suggestion(policy, said)}")
    alert = runbooks.alert_of(policy, history.state, name)
    action = runbooks.action_for(policy, name, history.state.service, alert.name if alert else name)
    if not action:
        return mistaken(f"no action is bound to {name}; its page says what a person does")
    if alert is None:
        fired = ", ".join(dict.fromkeys(one.name for one in history.state.alerts_in_order)) or "none"
        return mistaken(f"{name} is about no alert of {history.state.name}; its alerts: {fired}")
    dry = {"dry_run": True} if args.get("dry_run") else {}
    return Asked(name="run", args={"action": action, "alert": alert.name, **dry})
