"""The repository on GitHub: labels, the webhook to the bot, and who may push to which branch."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import pulumi
import pulumi_github as github

from alerting.github.labels import Label
from components.component import Component

RECORDS: Final = "refs/heads/records"
EVENTS: Final = ("issue_comment", "issues", "pull_request", "push")
"""What the bot hears of: https://docs.github.com/en/webhooks/webhook-events-and-payloads"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bot:
    """As whom the bot pushes to GitHub."""

    kind: Literal["Integration", "User", "DeployKey"]
    """An App, an account, or a key of the repository."""
    id: int | None
    """None for a key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GitHubArgs:
    """One repository."""

    repository: str
    labels: Sequence[Label]
    webhook_url: str
    webhook_secret: pulumi.Input[str]
    bots: Sequence[Bot]
    """Who alone may push to the branch `records`."""
    approvals: int
    """Of a change of the main branch, besides those of its owners."""
    checks: Sequence[str]
    """Names of the checks that must succeed before a merge."""


class GitHub(Component):
    """Everything about the repository but the repository itself."""

    def __init__(
        self,
        name: str,
        args: GitHubArgs,
        opts: pulumi.ResourceOptions | None = None,
        after: Iterable[pulumi.Resource] = (),
    ) -> None:
        """Registers all of it."""
        super().__init__("GitHub", name, opts, after)
        self._repository = args.repository
        for label in args.labels:
            self._label(label)
        self._webhook(args)
        self._ruleset("records", [RECORDS], _bot_only(), args.bots)
        self._ruleset("main", ["~DEFAULT_BRANCH"], _reviewed(args), [])
        self.finish(repository=args.repository)

    def _label(self, label: Label) -> None:
        github.IssueLabel(
            f"label-{label.name.replace(': ', '-').replace(' ', '-')}",
            repository=self._repository,
            name=label.name,
            color=label.color,
            description=label.description,
            opts=self.child_options(),
        )

    def _webhook(self, args: GitHubArgs) -> None:
        github.RepositoryWebhook(
            "webhook-bot",
            repository=self._repository,
            active=True,
            events=list(EVENTS),
            configuration=github.RepositoryWebhookConfigurationArgs(
                url=args.webhook_url, content_type="json", insecure_ssl=False, secret=args.webhook_secret
            ),
            opts=self.child_options(),
        )

    def _ruleset(self, name: str, branches: list[str], rules: Any, bypass: Sequence[Bot]) -> None:
        github.RepositoryRuleset(
            f"ruleset-{name}",
            repository=self._repository,
            name=f"tocsin {name}",
            target="branch",
            enforcement="active",
            conditions=github.RepositoryRulesetConditionsArgs(
                ref_name=github.RepositoryRulesetConditionsRefNameArgs(includes=branches, excludes=[])
            ),
            rules=rules,
            bypass_actors=[
                github.RepositoryRulesetBypassActorArgs(actor_type=bot.kind, actor_id=bot.id, bypass_mode="always")
                for bot in bypass
            ],
            opts=self.child_options(),
        )


def _bot_only() -> github.RepositoryRulesetRulesArgs:
    """Nobody makes, moves, rewrites or removes the branch but who bypasses the rules."""
    return github.RepositoryRulesetRulesArgs(creation=True, update=True, deletion=True, non_fast_forward=True)


def _reviewed(args: GitHubArgs) -> github.RepositoryRulesetRulesArgs:
    """Changes come by pull request, approved by the owners of what they change, after the checks."""
    checks = [github.RepositoryRulesetRulesRequiredStatusChecksRequiredCheckArgs(context=name) for name in args.checks]
    required = github.RepositoryRulesetRulesRequiredStatusChecksArgs(
        required_checks=checks, strict_required_status_checks_policy=True
    )
    return github.RepositoryRulesetRulesArgs(
        deletion=True,
        non_fast_forward=True,
        pull_request=github.RepositoryRulesetRulesPullRequestArgs(
            required_approving_review_count=args.approvals,
            require_code_owner_review=True,
            dismiss_stale_reviews_on_push=True,
            require_last_push_approval=True,
            required_review_thread_resolution=True,
        ),
        required_status_checks=required if checks else None,
    )
