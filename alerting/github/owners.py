"""`.github/CODEOWNERS`: who must approve a change of which file. The last line that matches a file counts.

https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners
"""

from collections.abc import Iterable, Iterator

from alerting.model.policy import PLATFORM, Policy
from alerting.model.team import Team
from alerting.names import burn_alert
from alerting.rendering.header import HEADER

_RULES_FOR_ALL = ("/policies/access.yaml", "/policies/severity.yaml", "/policies/routing.yaml", "/policies/guardrails/")
_MACHINERY = ("/.github/", "/stacks/")


def codeowners(policy: Policy) -> str:
    """The whole file."""
    return HEADER + "".join(f"{' '.join([pattern, *owners])}\n" for pattern, owners in _lines(policy))


def owners_of(team: Team | None) -> list[str]:
    """The team on GitHub, or the accounts of its members where it is none there."""
    if team is None:
        return []
    if team.github is not None:
        return [f"@{team.github}"]
    return [f"@{member.github}" for member in team.members if member.github is not None]


def _lines(policy: Policy) -> Iterator[tuple[str, list[str]]]:
    """Patterns with their owners; without an owner nobody in particular must approve."""
    platform = owners_of(policy.teams.get(policy.services[PLATFORM].owner)) if PLATFORM in policy.services else []
    approvers = [f"@{team}" for team in policy.access.approvers] or platform
    yield "*", platform
    # What follows from other files is proved fresh by the checks.
    yield "/rendered/", []
    for pattern in (*_RULES_FOR_ALL, *_MACHINERY):
        yield pattern, approvers
    for name, team in sorted(policy.teams.items()):
        yield f"/policies/teams/{name}.yaml", owners_of(team)
    for name, service in sorted(policy.services.items()):
        yield f"/policies/services/{name}.yaml", owners_of(policy.teams.get(service.owner))
    for name, silence in sorted(policy.silences.items()):
        yield f"/policies/silences/{name}.yaml", owners_of(policy.teams.get(silence.owner))
    for name, teams in sorted(_runbooks(policy).items()):
        yield f"/runbooks/{name}.md", _together(owners_of(policy.teams.get(team)) for team in teams)


def _runbooks(policy: Policy) -> dict[str, list[str]]:
    """The teams whose objectives a runbook is for; runbooks of the catalogue's alerts are the platform's."""
    found: dict[str, list[str]] = {}
    for name, service in sorted(policy.services.items()):
        for slo in service.slos:
            found.setdefault(slo.runbook or burn_alert(name, slo.name), []).append(service.owner)
    return found


def _together(owners: Iterable[list[str]]) -> list[str]:
    """All of them, each once, in order."""
    return list(dict.fromkeys(owner for some in owners for owner in some))
