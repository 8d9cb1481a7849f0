"""Settings → the places outside that the bot works with."""

from typing import Final

from components.bot_place import Place
from stacks.sections.bot import Bot, BotGitHub, BotPagerDuty, BotSlack

PAGERDUTY_TOKEN: Final = "pagerduty-token"
PAGERDUTY_WEBHOOK_SECRETS: Final = "pagerduty-webhook-secrets"
SLACK_TOKEN: Final = "slack-bot-token"
"""Not the key of Alertmanager's own token: the two may be of different apps."""
SLACK_SIGNING_SECRETS: Final = "slack-signing-secrets"
SLACK_APP_TOKEN: Final = "slack-app-token"
GITHUB_TOKEN: Final = "github-token"
GITHUB_APP_KEY: Final = "github-app-key"
GITHUB_WEBHOOK_SECRETS: Final = "github-webhook-secrets"
_PAGERDUTY_EU: Final = "https://api.eu.pagerduty.com"
"""https://support.pagerduty.com/main/docs/service-regions"""


def places(bot: Bot) -> list[Place]:
    """Those that the section names."""
    found = [] if bot.pagerduty is None else [_pagerduty(bot.pagerduty)]
    found += [] if bot.slack is None else [_slack(bot.slack)]
    return found if bot.github is None else [*found, _github(bot.github)]


def _pagerduty(section: BotPagerDuty) -> Place:
    variables = {"TOCSIN_PAGERDUTY_FROM": section.sender}
    if section.region == "eu":
        variables["TOCSIN_PAGERDUTY_URL"] = _PAGERDUTY_EU
    files = {"TOCSIN_PAGERDUTY_TOKEN_FILE": PAGERDUTY_TOKEN}
    if section.webhook:
        files["TOCSIN_PAGERDUTY_WEBHOOK_SECRETS_FILE"] = PAGERDUTY_WEBHOOK_SECRETS
    return Place(name="pagerduty", variables=variables, files=files)


def _slack(section: BotSlack) -> Place:
    files = {"TOCSIN_SLACK_TOKEN_FILE": SLACK_TOKEN}
    if section.socket:
        files["TOCSIN_SLACK_APP_TOKEN_FILE"] = SLACK_APP_TOKEN
    else:
        files["TOCSIN_SLACK_SIGNING_SECRETS_FILE"] = SLACK_SIGNING_SECRETS
    return Place(name="slack", files=files)


def _github(section: BotGitHub) -> Place:
    variables = {"TOCSIN_GITHUB_REPOSITORY": section.repository, "TOCSIN_GITHUB_URL": section.url}
    files = {"TOCSIN_GITHUB_TOKEN_FILE": GITHUB_TOKEN}
    if section.app is not None:
        variables["TOCSIN_GITHUB_APP_ID"] = section.app
        files = {"TOCSIN_GITHUB_APP_KEY_FILE": GITHUB_APP_KEY}
    if section.webhook:
        files["TOCSIN_GITHUB_WEBHOOK_SECRETS_FILE"] = GITHUB_WEBHOOK_SECRETS
    return Place(name="github", variables=variables, files=files)
