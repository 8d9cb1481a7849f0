"""What the bot needs to know of a Slack workspace, from its environment."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bots.configuration.environment import Reader, file, url
from bots.slack.web import URL as SLACK

TOKEN_FILE: Final = "TOCSIN_SLACK_TOKEN_FILE"
APP_TOKEN_FILE: Final = "TOCSIN_SLACK_APP_TOKEN_FILE"
SIGNING_SECRETS_FILE: Final = "TOCSIN_SLACK_SIGNING_SECRETS_FILE"
URL: Final = "TOCSIN_SLACK_URL"
_BOTH: Final = "expected one of them, or both: signed requests arrive by HTTP, Socket Mode needs no way in"


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackSettings:
    """One workspace."""

    token_file: Path
    """The bot's token, `xoxb-…`; read again when the file changes."""
    app_token_file: Path | None
    """The app-level token, `xapp-…`, for Socket Mode."""
    signing_secrets_file: Path | None
    """The app's signing secrets, one a line, for requests by HTTP."""
    url: str
    """Address of the Web API."""


def take(reader: Reader) -> SlackSettings | None:
    """The settings; None where Slack is not used. What is wrong is kept by the reader."""
    if not reader.has(APP_TOKEN_FILE, SIGNING_SECRETS_FILE, URL):
        # The token alone is also that of `tocsin drill --stack`, which only reads channels.
        return None
    if not reader.has(APP_TOKEN_FILE, SIGNING_SECRETS_FILE):
        reader.problems.append(f"{APP_TOKEN_FILE}, {SIGNING_SECRETS_FILE}: neither is set; {_BOTH}")
    return SlackSettings(
        token_file=reader.need(TOKEN_FILE, file, Path(), "a file with the app's bot token, xoxb-…"),
        app_token_file=reader.take(APP_TOKEN_FILE, file, None),
        signing_secrets_file=reader.take(SIGNING_SECRETS_FILE, file, None),
        url=reader.take(URL, url, SLACK),
    )
