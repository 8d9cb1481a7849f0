"""What follows an incident: drafts, follow-ups and reminders, made from the places that they go to."""

from collections.abc import Iterator, Sequence
from typing import Final

from alerting.timescale import Timescale
from bots.configuration.secret_file import SecretFile
from bots.errors import Postponed
from bots.figure_metrics import PostmortemMetrics
from bots.git import git_remote
from bots.github.client import GitHub
from bots.github.follow_ups import GitHubTracker
from bots.github.pulls import Pulls
from bots.integration import Integration, Toolbox
from bots.jira import settings as jira_settings
from bots.jira.tracker import JiraTracker
from bots.monitoring.prometheus import Prometheus
from bots.postmortems.branches import Drafts
from bots.postmortems.drafting import Postmortems
from bots.postmortems.due import PostmortemsDue
from bots.postmortems.evidence import Gathering
from bots.postmortems.follow_up import Tracker, Wanted, wanted
from bots.postmortems.issues import FollowUps
from bots.postmortems.patience import CALL_S
from bots.postmortems.shelf import Shelf
from bots.settings import Settings
from bots.store import Store

_LOOK_S: Final = 60.0


def postmortems(settings: Settings, tools: Toolbox, store: Store, github: GitHub | None) -> Integration:
    """Raises SettingsError for a file of secrets that cannot be used."""
    servers = [Prometheus(url, tools.now, settings.ca_file, timeout_s=CALL_S) for url in settings.prometheus_urls]
    gathering = Gathering(servers, tools.policy, tools.now, scale=Timescale(factor=settings.time_lapse))
    drafts = Drafts(store, gathering)
    pulls = Pulls(github, lambda: git_remote.default_branch(store.path)) if github is not None else None
    shelf = Shelf(store, changed=lambda: None)
    trackers = _trackers(settings, github)
    configured = [tracker.name for tracker in trackers]
    due = PostmortemsDue(lambda: shelf.known, lambda number: _page(tools, number), configured, lambda: shelf.unreadable)
    figures = PostmortemMetrics(tools.reading.figures, tools.policy, tools.now, lambda: shelf.completed)
    tools.metrics.registry.register(figures)
    return Integration(
        name="postmortems",
        destinations=(
            Postmortems(drafts, tools.reading.get, tools.inbox, tools.now, pulls),
            *_follow_ups(trackers, shelf, tools),
        ),
        clocks=(due,),
        parts=(shelf,),
    )


def _page(tools: Toolbox, number: int) -> str:
    return f"{tools.public_url()}/incidents/INC-{number}"


def _follow_ups(trackers: Sequence[Tracker], shelf: Shelf, tools: Toolbox) -> Iterator[FollowUps]:
    """One for each tracker."""

    def now_wanted(number: int, title: str) -> Wanted | None:
        merged = shelf.known
        if merged is None:
            raise Postponed(_LOOK_S, "the main branch has not been read yet")
        postmortem, history = merged.get(number), tools.reading.get(number)
        if postmortem is None or history is None:
            return None
        asked = wanted(postmortem, history.state, tools.policy(), _page(tools, number))
        return next((one for one in asked if one.title == title), None)

    for tracker in trackers:
        yield FollowUps(tracker, now_wanted, tools.inbox, tools.now)


def _trackers(settings: Settings, github: GitHub | None) -> list[Tracker]:
    found: list[Tracker] = [GitHubTracker(github)] if github is not None else []
    if settings.jira is not None:
        token = SecretFile(settings.jira.token_file, jira_settings.TOKEN_FILE)
        found.append(JiraTracker(settings.jira.url, settings.jira.email, token))
    return found
