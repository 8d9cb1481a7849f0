"""What the bot must know to work with one PagerDuty account."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bots.configuration.environment import Reader, file, url

TOKEN_FILE: Final = "TOCSIN_PAGERDUTY_TOKEN_FILE"
FROM: Final = "TOCSIN_PAGERDUTY_FROM"
WEBHOOK_SECRETS_FILE: Final = "TOCSIN_PAGERDUTY_WEBHOOK_SECRETS_FILE"
URL: Final = "TOCSIN_PAGERDUTY_URL"
DEFAULT_URL: Final = "https://api.pagerduty.com"
_EMAIL: Final = re.compile(r"[^@\s<>\",;]+@[^@\s<>\",;]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class PagerDutySettings:
    """One account."""

    token_file: Path
    """A key of the REST API that may write, one a line; the first is used."""
    sender: str
    """The e-mail of the PagerDuty user in whose name the bot acts where no member with an account there did."""
    webhook_secrets_file: Path | None
    """The signing secrets of the webhook subscription, one a line; None where PagerDuty tells the bot nothing."""
    url: str


def email(text: str) -> str:
    """An address; raises ValueError for anything else."""
    if not _EMAIL.fullmatch(text):
        raise ValueError(f"{text[:60]!r} is no e-mail address; expected that of a user in PagerDuty")
    return text


def take(reader: Reader) -> PagerDutySettings | None:
    """The account that the environment describes; None where it describes none. Mistakes are kept by the reader."""
    if not reader.has(FROM, WEBHOOK_SECRETS_FILE):
        # The token alone also serves `tocsin oncall apply` and the fire drill of a stack.
        return None
    return PagerDutySettings(
        token_file=reader.need(TOKEN_FILE, file, Path(), "a file with a key of PagerDuty's REST API that may write"),
        sender=reader.need(FROM, email, "", "the e-mail of the PagerDuty user in whose name the bot acts"),
        webhook_secrets_file=reader.take(WEBHOOK_SECRETS_FILE, file, None),
        url=reader.take(URL, url, DEFAULT_URL),
    )
