"""Roles and grants."""

from collections.abc import Iterator

from alerting.actions import ACTIONS
from alerting.checks.given import Given
from alerting.checks.teams import GITHUB_TEAM
from alerting.problem import Problem
from alerting.sources import ACCESS, TEAM

_ALL = "*"


def roles_extend_known_ones(given: Given) -> Iterator[Problem]:
    """A role extends one that exists, and none extends itself, directly or through others."""
    roles = given.policy.access.roles
    for name, role in roles.items():
        path = ("roles", name, "extends")
        if role.extends is not None and role.extends not in roles:
            yield given.unknown(ACCESS, "", path, "role", role.extends, frozenset(roles) - {name})
        elif name in (way := _ancestors(given, name)) and name == min(way):
            yield given.error(
                ACCESS,
                "",
                path,
                f"the roles extend each other in a circle: {' → '.join([name, *way])}",
                "expected a role at the end that extends none",
                "remove one `extends`",
            )


def actions_are_known(given: Given) -> Iterator[Problem]:
    """What a role may run or approve are remediation actions, or `*` for all."""
    for name, role in given.policy.access.roles.items():
        for key, actions in (("run", role.run), ("approve", role.approve)):
            for at, action in enumerate(actions):
                if action != _ALL and action not in ACTIONS:
                    yield given.unknown(
                        ACCESS, "", ("roles", name, key, at), "action", action, frozenset({_ALL, *ACTIONS})
                    )


def grants_are_known(given: Given) -> Iterator[Problem]:
    """A grant gives a known role to exactly one of a team, a member by name or Slack id, a GitHub team or a group of
    the sign-on."""
    roles = frozenset(given.policy.access.roles)
    people = [member for team in given.policy.teams.values() for member in team.members]
    members = frozenset(member.name for member in people)
    in_slack = frozenset(member.slack for member in people if member.slack)
    for at, grant in enumerate(given.policy.access.grants):
        path = ("grants", at)
        if grant.role not in roles:
            yield given.unknown(ACCESS, "", (*path, "role"), "role", grant.role, roles)
        to = grant.to.model_dump(exclude_none=True)
        if len(to) != 1:
            yield given.error(
                ACCESS,
                "",
                (*path, "to"),
                f"got {', '.join(to)}" if to else "got nobody",
                "expected exactly one of team, github_team, member, slack_user, oidc_group",
                "write a grant for each",
            )
        if grant.to.team is not None and grant.to.team not in given.known(TEAM):
            yield given.unknown(ACCESS, "", (*path, "to", "team"), "team", grant.to.team, TEAM)
        if grant.to.member is not None and grant.to.member not in members and given.whole(TEAM):
            yield given.unknown(ACCESS, "", (*path, "to", "member"), "member", grant.to.member, members)
        if grant.to.slack_user is not None and grant.to.slack_user not in in_slack and given.whole(TEAM):
            yield given.unknown(ACCESS, "", (*path, "to", "slack_user"), "Slack id", grant.to.slack_user, in_slack)


def approvers_are_teams(given: Given) -> Iterator[Problem]:
    """Approvers are teams of an organisation on GitHub."""
    for at, team in enumerate(given.policy.access.approvers):
        if not GITHUB_TEAM.fullmatch(team):
            yield given.error(
                ACCESS,
                "",
                ("approvers", at),
                f"got {team!r}",
                "expected a team of an organisation on GitHub such as example/sre, without @",
                "write the organisation, a slash and the team's slug",
            )


def somebody_may_respond(given: Given) -> Iterator[Problem]:
    """At least one grant gives a role that may acknowledge: else nobody can work on an incident; a warning."""
    roles = given.policy.access.roles
    acknowledging = {name for name in roles if any("ack" in roles[one].may for one in (name, *_ancestors(given, name)))}
    if not any(grant.role in acknowledging for grant in given.policy.access.grants):
        yield given.warning(
            ACCESS,
            "",
            ("grants",),
            "nobody may acknowledge an incident",
            "expected a grant of a role with `ack` in `may`",
            "grant one to each team that is on call",
        )


def _ancestors(given: Given, name: str) -> list[str]:
    """The roles that a role extends, nearest first; ends where a role comes again."""
    roles = given.policy.access.roles
    way: list[str] = []
    step = roles[name].extends
    while step is not None and step in roles and step not in way:
        way.append(step)
        step = roles[step].extends
    return way
