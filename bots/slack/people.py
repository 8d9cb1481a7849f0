"""People in Slack's messages: a mention of whom the policy knows, and a bare name of anybody else."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from alerting.model.policy import Policy
from alerting.oncall import on_call
from bots.directory import member
from bots.slack import rich
from bots.slack.rich import Element
from bots.timeline.state import Incident


def slack_of(policy: Policy, name: str) -> str:
    """A member's Slack id; empty if there is no such member, or the policy does not say."""
    found = member(policy, name)
    return (found.slack or "") if found else ""


def shown(policy: Policy, name: str) -> Element:
    """A person in a message."""
    slack_id = slack_of(policy, name)
    return rich.user(slack_id) if slack_id else rich.text(name, bold=True, limit=100)


def on_duty(policy: Policy, team: str, at: datetime) -> Mapping[str, str]:
    """Who is on call in each layer of a team that has somebody at the instant."""
    found = policy.teams.get(team)
    return {layer: who for layer, who in on_call(found, at).items() if who} if found and found.on_call else {}


def responders(policy: Policy, incident: Incident, duty: Iterable[str]) -> tuple[str, ...]:
    """Slack ids of whoever works on an incident: the assignee, the roles, who declared it, those on call; each once."""
    declared = incident.inputs.opened_by if incident.inputs.declared else None
    names = (incident.assignee, *incident.inputs.roles.values(), incident.acknowledged_by, declared, *duty)
    found = (slack_of(policy, name) for name in names if name)
    return tuple(dict.fromkeys(one for one in found if one))
