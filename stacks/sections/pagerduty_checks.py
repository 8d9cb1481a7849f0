"""What must fit together between `tocsin:pagerduty` and the policy."""

from collections.abc import Iterator
from typing import Final

from pydantic import SecretStr

from alerting.model.policy import Policy
from alerting.model.team import Member
from alerting.pagerduty.escalation import MINUTE, minutes, steps
from alerting.pagerduty.phone import parse_phone
from alerting.pagerduty.rotation import LONGEST_TURN
from alerting.spelling import did_you_mean
from alerting.syntax import Flaw
from stacks.sections.stack import Stack

UNREADABLE: Final = "a-secret-of-the-stack"
"""What `tools.program` puts in place of a secret that only Pulumi's engine can decrypt."""


def members(policy: Policy) -> dict[str, Member]:
    """Every member of every team, once."""
    return {member.name: member for team in policy.teams.values() for member in team.members}


def phones_are_complete(stack: Stack, policy: Policy) -> Iterator[Flaw]:
    """Every `phone_secret` has a number, and every number is one and somebody's."""
    if stack.pagerduty is None:
        return
    phones = stack.pagerduty.phones
    wanted = {member.phone_secret for member in members(policy).values() if member.phone_secret is not None}
    for name in sorted(wanted - phones.keys()):
        yield Flaw(
            path=("pagerduty", "phones"),
            wrong=f"{name} is missing",
            expected="expected the number of every phone_secret of policies/teams/",
            fix=f"run `pulumi config set --secret --path 'tocsin:pagerduty.phones[\"{name}\"]'`",
        )
    for name, phone in phones.items():
        if name not in wanted:
            yield Flaw(
                path=("pagerduty", "phones", name),
                wrong=f"{name} is not a key here",
                expected="expected a phone_secret of policies/teams/",
                fix=did_you_mean(name, wanted, "remove it"),
            )
        elif wrong := _no_phone(phone):
            yield Flaw(
                path=("pagerduty", "phones", name),
                wrong=wrong,
                expected="expected one such as +351 912 345 678, with its country and no 0 after it",
                fix="set it anew with `pulumi config set --secret`",
            )


def _no_phone(phone: SecretStr) -> str | None:
    text = phone.get_secret_value()
    if text == UNREADABLE:
        return None
    try:
        parse_phone(text)
    except ValueError:
        return "got something that is no phone number"
    return None


def members_are_known(stack: Stack, policy: Policy) -> Iterator[Flaw]:
    """Users and devices are those of members."""
    if stack.pagerduty is None:
        return
    known = members(policy).keys()
    for key, listed in (("users", stack.pagerduty.users), ("devices", stack.pagerduty.devices)):
        for name in listed.keys() - known:
            yield Flaw(
                path=("pagerduty", key, name),
                wrong=f"{name} is not a key here",
                expected="expected a member of policies/teams/",
                fix=did_you_mean(name, known, "remove it"),
            )


def notifications_are_in_minutes(stack: Stack, policy: Policy) -> Iterator[Flaw]:
    """PagerDuty counts minutes."""
    if stack.pagerduty is None:
        return
    for key, rules in (("high_urgency", stack.pagerduty.high_urgency), ("low_urgency", stack.pagerduty.low_urgency)):
        for at, rule in enumerate(rules):
            if rule.after.ms % MINUTE.ms:
                yield Flaw(
                    path=("pagerduty", key, at, "after"),
                    wrong=f"got {rule.after}",
                    expected="expected whole minutes, since PagerDuty counts them",
                    fix=f"write {minutes(rule.after)}m",
                )


def rotations_are_taken(stack: Stack, policy: Policy) -> Iterator[Flaw]:
    """Turns and waits of teams are such as PagerDuty takes."""
    if stack.pagerduty is None:
        return
    for name, team in policy.teams.items():
        for layer in team.on_call.layers if team.on_call else ():
            if layer.every > LONGEST_TURN:
                yield Flaw(
                    path=("pagerduty",),
                    wrong=f"a turn of layer {layer.name} of team {name} lasts {layer.every}",
                    expected=f"expected at most {LONGEST_TURN}, the most that PagerDuty takes",
                    fix=f"shorten it in policies/teams/{name}.yaml",
                )
        for step in steps(team):
            if step.wait is not None and step.wait.ms % MINUTE.ms:
                yield Flaw(
                    path=("pagerduty",),
                    wrong=f"a step of the escalation of team {name} waits {step.wait}",
                    expected="expected whole minutes, since PagerDuty counts them",
                    fix=f"write {minutes(step.wait)}m in policies/teams/{name}.yaml",
                )
