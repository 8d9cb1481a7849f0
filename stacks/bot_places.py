"""Settings → the places outside that the bot works with."""

from collections.abc import Iterator
from typing import Final

from components.bot_place import Place
from stacks.sections.bot import Bot, BotGitHub, BotJira, BotLogin, BotPagerDuty, BotSignOn, BotSlack

PAGERDUTY_TOKEN: Final = "pagerduty-token"
PAGERDUTY_WEBHOOK_SECRETS: Final = "pagerduty-webhook-secrets"
SLACK_TOKEN: Final = "slack-bot-token"
"""Not the key of Alertmanager's own token: the two may be of different apps."""
SLACK_SIGNING_SECRETS: Final = "slack-signing-secrets"
SLACK_APP_TOKEN: Final = "slack-app-token"
GITHUB_TOKEN: Final = "github-token"
GITHUB_APP_KEY: Final = "github-app-key"
GITHUB_WEBHOOK_SECRETS: Final = "github-webhook-secrets"
JIRA_TOKEN: Final = "jira-token"
SIGN_ON_CLIENT_SECRET: Final = "sign-on-client-secret"
GITHUB_LOGIN_SECRET: Final = "github-login-secret"
_PAGERDUTY_EU: Final = "https://api.eu.pagerduty.com"
"""https://support.pagerduty.com/main/docs/service-regions"""


def places(bot: Bot) -> list[Place]:
    """Those that the section names."""
    found = [] if bot.pagerduty is None else [_pagerduty(bot.pagerduty)]
    found += [] if bot.slack is None else [_slack(bot.slack)]
    found += [] if bot.github is None else [_github(bot.github)]
    found += [] if bot.jira is None else [_jira(bot.jira)]
    return found if bot.login is None else [*found, *_login(bot.login)]


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


def _jira(section: BotJira) -> Place:
    variables = {"TOCSIN_JIRA_URL": section.url, "TOCSIN_JIRA_EMAIL": section.email}
    return Place(name="jira", variables=variables, files={"TOCSIN_JIRA_TOKEN_FILE": JIRA_TOKEN})


def _login(section: BotLogin) -> Iterator[Place]:
    if section.sign_on is not None:
        yield _sign_on(section.sign_on)
    if section.github_client_id is not None:
        variables = {"TOCSIN_GITHUB_LOGIN_CLIENT_ID": section.github_client_id}
        files = {"TOCSIN_GITHUB_LOGIN_CLIENT_SECRET_FILE": GITHUB_LOGIN_SECRET}
        yield Place(name="github login", variables=variables, files=files)


def _sign_on(section: BotSignOn) -> Place:
    variables = {"TOCSIN_OIDC_ISSUER": section.issuer, "TOCSIN_OIDC_GROUPS_CLAIM": section.groups_claim}
    files = {}
    if section.audience is not None:
        variables["TOCSIN_OIDC_AUDIENCE"] = section.audience
    if section.client_id is not None:
        variables["TOCSIN_OIDC_CLIENT_ID"] = section.client_id
        files["TOCSIN_OIDC_CLIENT_SECRET_FILE"] = SIGN_ON_CLIENT_SECRET
    return Place(name="single sign-on", variables=variables, files=files)
