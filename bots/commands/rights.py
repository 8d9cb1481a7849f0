"""Who may do what: `policies/access.yaml` applied to one person."""

from collections.abc import Collection
from dataclasses import dataclass

from alerting.model.access import Role
from alerting.model.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """Everything one member may do."""

    verbs: frozenset[str]
    run: frozenset[str]
    """Remediation actions; `*` is all."""
    approve: frozenset[str]

    def may(self, verb: str) -> bool:
        """Whether a command is allowed."""
        return verb in self.verbs

    def may_run(self, action: str) -> bool:
        """Whether a remediation may be asked for."""
        return bool(self.run & {action, "*"})


def members(policy: Policy) -> frozenset[str]:
    """Everybody in any team."""
    return frozenset(member.name for team in policy.teams.values() for member in team.members)


def stranger(policy: Policy, name: str, groups: Collection[str] = ()) -> str:
    """What is wrong if somebody is no member now and no group of theirs has a role; nothing otherwise."""
    granted = {grant.to.oidc_group for grant in policy.access.grants if grant.to.oidc_group is not None}
    if name in members(policy) or granted.intersection(groups):
        return ""
    return f"{name} is in no team; expected a member of one under policies/teams/"


def rights(policy: Policy, member: str, groups: Collection[str] = ()) -> Rights:
    """What the roles that somebody has add up to: members by name, Slack id or team, anybody by a group of the sign-on.

    `groups` are those that the single sign-on vouches for. Without one, nobody outside the teams has any right.
    """
    known = {name: one for name, team in policy.teams.items() for one in team.members if one.name == member}
    in_slack = {one.slack for one in known.values() if one.slack}
    granted = {
        grant.role
        for grant in policy.access.grants
        if (known and grant.to.member == member)
        or grant.to.team in known
        or grant.to.slack_user in in_slack
        or (grant.to.oidc_group is not None and grant.to.oidc_group in groups)
    }
    roles = [role for name in granted for role in _with_parents(policy, name)]
    return Rights(
        verbs=frozenset(verb for role in roles for verb in role.may),
        run=frozenset(action for role in roles for action in role.run),
        approve=frozenset(action for role in roles for action in role.approve),
    )


def _with_parents(policy: Policy, name: str) -> list[Role]:
    """A role and those it extends; a circle (which `tocsin check` reports) ends where it began."""
    found: dict[str, Role] = {}
    current: str | None = name
    while current is not None and current not in found and current in policy.access.roles:
        found[current] = policy.access.roles[current]
        current = found[current].extends
    return list(found.values())
