"""The places outside that the settings name, each made from the same toolbox."""

from bots.access.github_teams import GitHubTeams
from bots.aftermath import postmortems
from bots.detection.integration import detection
from bots.github import integration as github_issues
from bots.github.client import GitHub
from bots.integration import Integration, Toolbox
from bots.pagerduty.integration import pagerduty
from bots.people import escalation, handoff
from bots.people.showing import showing
from bots.settings import Settings
from bots.slack.integration import slack
from bots.store import Store
from bots.verification.integration import verification


def integrations(settings: Settings, tools: Toolbox, store: Store) -> tuple[Integration, ...]:
    """Those that are configured; raises SettingsError for a file of secrets that cannot be used."""
    found: list[Integration] = [_people(), verification(settings, tools, store), detection(settings, tools)]
    api = None
    if settings.github is not None:
        api = github_issues.client(settings.github, tools)
        found.append(github_issues.github(settings.github, tools, api))
        found.append(_github_teams(api, tools))
    if settings.pagerduty is not None:
        found.append(pagerduty(settings.pagerduty, tools))
    if settings.slack is not None:
        found.append(slack(settings.slack, tools))
    found.append(postmortems(settings, tools, store, api))
    mirrors = [name for one in found for name in one.mirrors]
    return (*found, Integration(name="on call", clocks=(showing(mirrors),)))


def _github_teams(api: GitHub, tools: Toolbox) -> Integration:
    teams = GitHubTeams(api, tools.inbox, tools.policy, tools.now)
    return Integration(name="github teams", parts=(teams,), teams=lambda: teams.teams)


def _people() -> Integration:
    # Commands of the clock: so the record and every mirror know them.
    return Integration(name="people", clocks=(escalation.due, handoff.due))
