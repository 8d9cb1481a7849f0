"""Teams: people who can be told apart and reached."""

import re
from collections.abc import Iterator
from typing import Final

from alerting.checks.given import Given
from alerting.model.team import Member
from alerting.problem import Problem
from alerting.sources import TEAM

_EMAIL: Final = re.compile(r"[^@\s<>,;:\"()]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_CHANNEL: Final = re.compile(r"#[^\s#A-Z]{1,80}")
# https://docs.slack.dev/reference/objects/user-object
_SLACK_ID: Final = re.compile(r"[UW][A-Z0-9]{2,}")
GITHUB_TEAM: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,37}[A-Za-z0-9])?/[a-z0-9]([a-z0-9_-]*[a-z0-9])?")
"""An organisation and the slug of one of its teams."""
_GITHUB: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,37}[A-Za-z0-9])?")
_PHONE: Final = re.compile(r"\+?[0-9][0-9 ()./-]{4,}")


def members_are_unique(given: Given) -> Iterator[Problem]:
    """In a team each member has a name, an e-mail address, a GitHub and a Slack account of their own."""
    for name, team in given.policy.teams.items():
        for at, member in enumerate(team.members):
            for key in ("name", "email", "github", "slack"):
                value = getattr(member, key)
                if value is not None and any(getattr(other, key) == value for other in team.members[:at]):
                    yield given.error(
                        TEAM,
                        name,
                        ("members", at, key),
                        f"another member has {value} too",
                        "expected one of their own for each member",
                        "correct one of them, or remove the member who is here twice",
                    )


def a_name_is_one_person(given: Given) -> Iterator[Problem]:
    """A name that is in several teams is the same person in all: it says who did what in every incident."""
    first: dict[str, tuple[str, Member]] = {}
    for name, team in given.policy.teams.items():
        for at, member in enumerate(team.members):
            other_team, other = first.setdefault(member.name, (name, member))
            if other_team != name and other.email != member.email:
                yield given.error(
                    TEAM,
                    name,
                    ("members", at, "email"),
                    f"{member.name} is {member.email} here and {other.email} in team {other_team}",
                    "expected one person by that name",
                    "correct the address, or give one of them another name",
                )


def addresses_are_sane(given: Given) -> Iterator[Problem]:
    """Addresses look like what they are: e-mail, Slack's channel and member id, GitHub's user name."""
    for name, team in given.policy.teams.items():
        if not _CHANNEL.fullmatch(team.slack):
            yield given.error(
                TEAM,
                name,
                ("slack",),
                f"got {team.slack!r}",
                "expected a channel such as #payments, in lower case",
                "write it with its # and in quotes",
            )
        if team.github is not None and not GITHUB_TEAM.fullmatch(team.github):
            yield given.error(
                TEAM,
                name,
                ("github",),
                f"got {team.github!r}",
                "expected a team of an organisation on GitHub such as example/payments, without @",
                "write the organisation, a slash and the team's slug",
            )
        for at, member in enumerate(team.members):
            for key, form, example in (
                ("email", _EMAIL, "an address such as ana@example.com"),
                ("slack", _SLACK_ID, "Slack's member id such as U01ANA"),
                ("github", _GITHUB, "a user name of GitHub, without @"),
            ):
                value = getattr(member, key)
                if value is not None and not form.fullmatch(value):
                    yield given.error(
                        TEAM, name, ("members", at, key), f"got {value!r}", f"expected {example}", "correct it"
                    )


def phone_numbers_are_secret(given: Given) -> Iterator[Problem]:
    """`phone_secret` names a secret; a number in a file would be in git's history for ever."""
    for name, team in given.policy.teams.items():
        for at, member in enumerate(team.members):
            if member.phone_secret is not None and _PHONE.fullmatch(member.phone_secret):
                yield given.error(
                    TEAM,
                    name,
                    ("members", at, "phone_secret"),
                    "this is a phone number",
                    "expected the name of a secret that holds it",
                    f"store the number as a secret and write its name, such as {member.name}-phone",
                )
