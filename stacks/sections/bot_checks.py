"""What must fit together about the bot and its remediations."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from alerting.model.policy import Policy
from alerting.syntax import Flaw
from components.bot import NAME, PORT
from stacks.sections.bot import ANYWHERE, Bot
from stacks.sections.stack import Stack


def remediation_needs_the_bot(stack: Stack, policy: Policy) -> Iterator[Flaw]:
    """The jobs run the bot's image, and nobody else would make them."""
    if stack.remediation is not None and stack.bot is None:
        yield Flaw(
            path=("remediation",),
            wrong="there is no bot that could make the jobs",
            expected="expected the section tocsin:bot beside it",
            fix="add tocsin:bot, or remove tocsin:remediation",
        )


def alertmanager_finds_the_bot(stack: Stack, policy: Policy) -> Iterator[Flaw]:
    """The policy's addresses of the bot are those that it gets."""
    if stack.bot is None:
        return
    wanted = f"http://{NAME}.{stack.cluster.namespace}.svc:{PORT}"
    if policy.routing.bot_url.rstrip("/") != wanted:
        yield Flaw(
            path=("bot",),
            wrong=f"policies/routing.yaml has Alertmanager look for the bot at {policy.routing.bot_url}",
            expected=f"expected bot_url: {wanted}, where it is in this stack",
            fix="change bot_url there, or tocsin:cluster.namespace here",
        )
    public = urlsplit(policy.routing.public_bot_url)
    if public.scheme != "https" or public.path.strip("/") or not public.hostname:
        yield Flaw(
            path=("bot",),
            wrong=f"policies/routing.yaml has people look for the bot at {policy.routing.public_bot_url}",
            expected="expected public_bot_url to be https and a host's name alone, which the ingress can serve",
            fix="change public_bot_url there",
        )


def networks_are_kept(stack: Stack, policy: Policy) -> Iterator[Flaw]:
    """The pages are shown to known networks by an annotation that only ingress-nginx reads."""
    if stack.bot is not None and stack.bot.networks and "nginx" not in stack.cluster.ingress_class:
        yield Flaw(
            path=("bot", "networks"),
            wrong=f"the ingress class {stack.cluster.ingress_class} would show the bot's pages to everybody",
            expected="expected a class of ingress-nginx, which keeps other networks out, or no networks",
            fix="remove the networks, and reach the pages through kubectl port-forward or a proxy with a login",
        )


def everybody_logs_in(stack: Stack, policy: Policy) -> Iterator[Flaw]:
    """Pages that everybody reaches and that ask nobody are published incidents."""
    bot = stack.bot
    if bot is None or ANYWHERE not in bot.networks:
        return
    login = bot.login
    if login is None or (login.github_client_id is None and (login.sign_on is None or login.sign_on.client_id is None)):
        yield Flaw(
            path=("bot", "networks"),
            wrong=f"{ANYWHERE} shows the bot's pages to everybody, and nothing asks who is there",
            expected="expected a login in tocsin:bot.login, with sign_on.client_id or github_client_id, "
            "or networks of yours",
            fix="set up a login (docs/setup-login.md), or name the networks whose people may read them",
        )


def bot_has_its_secrets(stack: Stack, policy: Policy) -> Iterator[Flaw]:
    """Its pod waits for them for ever."""
    wanted = stack.bot is not None and stack.bot.secrets is None and not stack.secrets.outside
    if wanted and stack.secrets.missing == "refuse":
        yield Flaw(
            path=("bot", "secrets"),
            wrong="is missing",
            expected="expected tokens and what lets git in, a store outside (vault or aws) in tocsin:secrets, or "
            "`missing: empty` there and a Secret tocsin-bot of your own",
            fix="run `pulumi config set --secret --path tocsin:bot.secrets.alertmanager_tokens`, and so on",
        )


def places_have_their_secrets(stack: Stack, policy: Policy) -> Iterator[Flaw]:
    """A file that is named and not there would keep the bot from starting."""
    bot = stack.bot
    if bot is None or bot.secrets is None:
        return
    for place, name in _needed(bot):
        if getattr(bot.secrets, name) is None:
            yield Flaw(
                path=("bot", "secrets"),
                wrong=f"{name} is missing",
                expected=f"expected it beside tocsin:bot.{place}",
                fix=f"pulumi config set --secret --path tocsin:bot.secrets.{name}",
            )


def _needed(bot: Bot) -> Iterator[tuple[str, str]]:
    """Places that are used, each with a secret that it needs."""
    if bot.pagerduty is not None:
        yield "pagerduty", "pagerduty_token"
        if bot.pagerduty.webhook:
            yield "pagerduty", "pagerduty_webhook_secrets"
    if bot.slack is not None:
        yield "slack", "slack_token"
        yield "slack", "slack_app_token" if bot.slack.socket else "slack_signing_secrets"
    if bot.github is not None:
        yield "github", "github_token" if bot.github.app is None else "github_app_key"
        if bot.github.webhook:
            yield "github", "github_webhook_secrets"
    if bot.jira is not None:
        yield "jira", "jira_token"
    if bot.login is not None and bot.login.sign_on is not None and bot.login.sign_on.client_id is not None:
        yield "login.sign_on", "sign_on_client_secret"
    if bot.login is not None and bot.login.github_client_id is not None:
        yield "login", "github_login_secret"


def git_is_let_in(stack: Stack, policy: Policy) -> Iterator[Flaw]:
    """The secrets of the configuration fit the kind of remote."""
    bot = stack.bot
    if bot is None or bot.secrets is None:
        return
    needed = ("git_credentials",) if bot.remote.startswith("https://") else ("ssh_key", "known_hosts")
    for name in needed:
        if getattr(bot.secrets, name) is None:
            yield Flaw(
                path=("bot", "secrets"),
                wrong=f"{name} is missing",
                expected=f"expected it for a remote such as {bot.remote}",
                fix=f"pulumi config set --secret --path tocsin:bot.secrets.{name}",
            )
