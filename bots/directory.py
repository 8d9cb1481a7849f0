"""Which member an account outside belongs to; people are known by the files of their teams, and by nothing else."""

from collections.abc import Callable, Iterator
from typing import Final

from alerting.model.policy import Policy
from alerting.model.team import Member

GITHUB: Final = "github:"
"""Before the name of an account on GitHub, where accounts of several places stand together."""


def member_of_github(policy: Policy, login: str) -> str | None:
    """The member with a user name on GitHub, where case does not matter; None if it is nobody's."""
    return _found(policy, lambda member: bool(member.github) and str(member.github).lower() == login.lower())


def member_of_slack(policy: Policy, user: str) -> str | None:
    """The member with an id of Slack, such as U01ANA; None if it is nobody's."""
    return _found(policy, lambda member: bool(member.slack) and member.slack == user)


def member_of_email(policy: Policy, email: str) -> str | None:
    """The member with an e-mail address, where case does not matter; None if it is nobody's."""
    return _found(policy, lambda member: member.email.lower() == email.lower())


def known_as(policy: Policy, account: str) -> str:
    """The member that an account of a login (`github:ana`, `ana@example.com`) belongs to now; itself if nobody's."""
    if account.startswith(GITHUB):
        return member_of_github(policy, account.removeprefix(GITHUB)) or account
    return (member_of_email(policy, account) if "@" in account else None) or account


def member(policy: Policy, name: str) -> Member | None:
    """The person with a name; None if nobody has it."""
    return next((one for one in _everybody(policy) if one.name == name), None)


def _found(policy: Policy, fits: Callable[[Member], bool]) -> str | None:
    return next((one.name for one in _everybody(policy) if fits(one)), None)


def _everybody(policy: Policy) -> Iterator[Member]:
    for _, team in sorted(policy.teams.items()):
        yield from team.members
