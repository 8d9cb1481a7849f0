"""Teams on GitHub as grants: who is in them, and for how long that is believed."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from alerting.model.access import Grant, Grantee
from alerting.model.policy import Policy
from alerting.policy import load
from bots.access.github_teams import GitHubTeams
from bots.access.memberships import Resolver, resolved, wanted
from bots.commands.rights import rights
from bots.errors import Unreachable
from tests.bots.office import at


class Hub:
    """Lists members, or is away."""

    repository = "example/incidents"

    def __init__(self) -> None:
        self.members = {"sre": ["Ana", "stranger"]}
        self.away = False
        self.asked: list[str] = []

    def pages(self, path: str) -> Iterator[dict[str, str]]:
        """As the client does."""
        self.asked.append(path)
        if self.away:
            raise Unreachable("GET /orgs/example/teams/sre/members: 503")
        for login in self.members[path.split("/")[4]]:
            yield {"login": login}


class Facts:
    """Texts in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def fact(self, name: str) -> str | None:
        """One of them."""
        return self.kept.get(name)

    def remember(self, name: str, value: str) -> None:
        """Keeps one."""
        self.kept[name] = value


class Clock:
    """An hour that a test sets."""

    def __init__(self) -> None:
        self.hours = 0.0

    def __call__(self) -> datetime:
        return at(60 * self.hours)


@pytest.fixture
def policy(mini: Path) -> Policy:
    """The miniature company, in which only the team sre on GitHub may redact."""
    found = load(mini)
    roles = dict(found.access.roles)
    name = next(iter(roles))
    roles["keeper"] = roles[name].model_copy(update={"may": ("redact",), "extends": None})
    grants = (Grant(role="keeper", to=Grantee(github_team="SRE")),)
    access = found.access.model_copy(update={"roles": roles, "grants": grants})
    return replace(found, access=access)


def test_members_of_a_team_on_github_have_its_rights(policy: Policy) -> None:
    """By their user name, whatever its case; who is no member here has none."""
    assert not rights(policy, "ana").may("redact")
    changed = resolved(policy, {"sre": ("ana", "stranger")})
    assert rights(changed, "ana").may("redact")
    assert not rights(changed, "ben").may("redact")
    assert not rights(changed, "stranger").may("redact")


def test_nothing_known_changes_nothing(policy: Policy) -> None:
    """A bot without GitHub has the policy as it is."""
    assert resolved(policy, {}) is policy
    assert wanted(policy) == ("sre",)


def test_the_same_policy_and_teams_give_the_same_value(policy: Policy) -> None:
    """Whoever holds one sees that nothing changed; a new member is seen at once."""
    teams = {"sre": ("ana",)}
    resolver = Resolver(lambda: dict(teams))
    first = resolver(policy)
    assert resolver(policy) is first
    teams["sre"] = ("ana", "ben")
    assert rights(resolver(policy), "ben").may("redact")


def test_members_are_asked_for_and_kept_over_a_restart(policy: Policy) -> None:
    """A bot that starts while GitHub is away knows them still."""
    hub, facts, clock = Hub(), Facts(), Clock()
    GitHubTeams(hub, facts, lambda: policy, clock).look()
    assert hub.asked == ["/orgs/example/teams/sre/members"]
    assert GitHubTeams(hub, facts, lambda: policy, clock).teams == {"sre": ("ana", "stranger")}


def test_members_that_cannot_be_asked_for_are_believed_for_a_day(
    policy: Policy, caplog: pytest.LogCaptureFixture
) -> None:
    """Then somebody who has left has no right any more; it is said once."""
    hub, facts, clock = Hub(), Facts(), Clock()
    teams = GitHubTeams(hub, facts, lambda: policy, clock)
    teams.look()
    hub.away = True
    with caplog.at_level(logging.WARNING):
        for clock.hours in (12, 23.9):
            teams.look()
            assert teams.teams == {"sre": ("ana", "stranger")}
    clock.hours = 24.1
    assert teams.teams == {}
    assert caplog.messages == [
        "the members of the GitHub team sre cannot be asked for: GET /orgs/example/teams/sre/members: 503"
    ]


def test_a_team_that_no_grant_names_any_more_is_forgotten(policy: Policy) -> None:
    """Nothing is kept of people for whom there is no reason."""
    hub, facts, clock = Hub(), Facts(), Clock()
    holds = [policy]
    teams = GitHubTeams(hub, facts, lambda: holds[0], clock)
    teams.look()
    access = policy.access.model_copy(update={"grants": ()})
    holds[0] = replace(policy, access=access)
    teams.look()
    assert teams.teams == {}
    assert facts.kept["github teams"] == "{}"
