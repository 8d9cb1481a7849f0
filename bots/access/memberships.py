"""Grants to teams on GitHub, made grants to their members: so that a right is looked up in one way everywhere. Pure."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace

from alerting.model.access import Grant, Grantee
from alerting.model.policy import Policy

Teams = Mapping[str, Collection[str]]
"""The logins of each team, by its slug; both in lower case."""


def wanted(policy: Policy) -> tuple[str, ...]:
    """The slugs of the teams that grants name, in lower case, each once."""
    named = (grant.to.github_team for grant in policy.access.grants if grant.to.github_team)
    return tuple(sorted({slug.lower() for slug in named}))


def resolved(policy: Policy, teams: Teams) -> Policy:
    """The policy with a grant for each member of each team that is known; the teams' own grants stay beside them."""
    more = [grant for grant in _grants(policy, teams) if grant not in policy.access.grants]
    if not more:
        return policy
    access = policy.access.model_copy(update={"grants": (*policy.access.grants, *more)})
    return replace(policy, access=access)


class Resolver:
    """Resolves again only when the policy or a team changed; several threads may use it."""

    def __init__(self, teams: Callable[[], Teams]) -> None:
        """`teams` gives the members that are known now."""
        self._teams = teams
        self._last: tuple[Policy, Teams, Policy] | None = None

    def __call__(self, policy: Policy) -> Policy:
        """The policy with the grants of the members."""
        teams, last = self._teams(), self._last
        if last is not None and last[0] is policy and last[1] == teams:
            return last[2]
        found = resolved(policy, teams)
        self._last = (policy, teams, found)
        return found


def _grants(policy: Policy, teams: Teams) -> Iterator[Grant]:
    logins = {
        member.github.lower(): member.name
        for _, team in sorted(policy.teams.items())
        for member in team.members
        if member.github
    }
    for grant in policy.access.grants:
        for login in sorted(teams.get((grant.to.github_team or "").lower(), ())):
            if login in logins:
                yield Grant(role=grant.role, to=Grantee(member=logins[login]))
