"""Settings → the places outside that the bot works with."""

from typing import Final

from components.bot_place import Place
from stacks.sections.bot import Bot, BotPagerDuty

PAGERDUTY_TOKEN: Final = "pagerduty-token"
PAGERDUTY_WEBHOOK_SECRETS: Final = "pagerduty-webhook-secrets"
_PAGERDUTY_EU: Final = "https://api.eu.pagerduty.com"
"""https://support.pagerduty.com/main/docs/service-regions"""


def places(bot: Bot) -> list[Place]:
    """Those that the section names."""
    return [] if bot.pagerduty is None else [_pagerduty(bot.pagerduty)]


def _pagerduty(section: BotPagerDuty) -> Place:
    variables = {"TOCSIN_PAGERDUTY_FROM": section.sender}
    if section.region == "eu":
        variables["TOCSIN_PAGERDUTY_URL"] = _PAGERDUTY_EU
    files = {"TOCSIN_PAGERDUTY_TOKEN_FILE": PAGERDUTY_TOKEN}
    if section.webhook:
        files["TOCSIN_PAGERDUTY_WEBHOOK_SECRETS_FILE"] = PAGERDUTY_WEBHOOK_SECRETS
    return Place(name="pagerduty", variables=variables, files=files)
