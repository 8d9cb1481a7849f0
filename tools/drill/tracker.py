"""What the drill's people read on GitHub: the incident's issue, and what they say there."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from alerting.model.policy import Policy
from bots.directory import member
from tools.standins.github_hub import Hub
from tools.standins.github_repository import Issue, Pull, Repository
from tools.standins.github_webhook import Webhook

REPOSITORY: Final = "example/incidents"
SAID: Final = "The service is being started anew; orders that failed are tried again."


def new_hub() -> Hub:
    """A repository without issues, and a webhook that leads nowhere yet."""
    repository = Repository(name=REPOSITORY)
    return Hub(repository=repository, webhook=Webhook(repository=repository, secret=""))


@contextmanager
def telling(hub: Hub, secret: str, bot_url: str) -> Iterator[None]:
    """The bot hears what people do on GitHub while the context is open."""
    hub.webhook.secret, hub.webhook.target = secret, f"{bot_url}/github"
    hub.webhook.start()
    try:
        yield
    finally:
        hub.webhook.stop()


def issue_of(hub: Hub, incident: str) -> Issue | None:
    """The issue of an incident; None as long as there is none."""
    with hub.repository.lock:
        found = (one for one in hub.repository.issues.values() if one.title.startswith(f"{incident} "))
        return next(found, None)


def pull_of(hub: Hub, branch: str) -> Pull | None:
    """The pull request of a branch; None as long as there is none."""
    with hub.repository.lock:
        return next((one for one in hub.repository.pulls.values() if one.head == branch), None)


def say(hub: Hub, policy: Policy, who: str, issue: Issue, text: str) -> None:
    """A member of a team comments on an issue."""
    person = member(policy, who)
    login = person.github if person is not None and person.github else who
    hub.repository.comment(issue.number, login, text)


def heard(timeline: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The note that the comment became; the bot writes notes of its own before and after it."""
    return next((event for event in timeline if event["kind"] == "noted" and event["text"] == SAID), None)
