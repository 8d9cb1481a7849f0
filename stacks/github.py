"""Settings → the finished values that the component of GitHub takes."""

import pulumi
import pulumi_github

from alerting.github.labels import labels
from components.github import Bot, GitHub, GitHubArgs
from stacks.sections.github import GitHub as Section
from stacks.sections.github import GitHubBot
from stacks.settings import Settings


def repository(settings: Settings) -> None:
    """Registers what belongs to the repository, if the stack looks after it."""
    section = settings.stack.github
    if section is None:
        return
    account = pulumi_github.Provider(
        "github",
        owner=section.owner,
        token=pulumi.Output.secret(section.token.get_secret_value()),
        base_url=section.url,
    )
    GitHub("github", arguments(settings, section), pulumi.ResourceOptions(providers=[account]))


def arguments(settings: Settings, section: Section) -> GitHubArgs:
    """Of the repository."""
    return GitHubArgs(
        repository=section.repository,
        labels=labels(settings.policy),
        webhook_url=f"{settings.policy.routing.public_bot_url.rstrip('/')}/github",
        webhook_secret=pulumi.Output.secret(section.webhook_secret.get_secret_value()),
        bots=_bots(section.bot),
        approvals=section.approvals,
        checks=section.required_checks,
    )


def _bots(section: GitHubBot) -> list[Bot]:
    """Everyone as whom the bot pushes."""
    found = []
    if section.app is not None:
        found.append(Bot(kind="Integration", id=section.app))
    if section.user is not None:
        found.append(Bot(kind="User", id=section.user))
    if section.deploy_key:
        found.append(Bot(kind="DeployKey", id=None))
    return found
