"""What the bot must know to open issues in one Jira."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bots.configuration.environment import Reader, file, url

URL: Final = "TOCSIN_JIRA_URL"
EMAIL: Final = "TOCSIN_JIRA_EMAIL"
TOKEN_FILE: Final = "TOCSIN_JIRA_TOKEN_FILE"


@dataclass(frozen=True, slots=True, kw_only=True)
class JiraSettings:
    """One site and one account."""

    url: str
    """Such as https://example.atlassian.net."""
    email: str
    """Of the account that the token belongs to."""
    token_file: Path
    """An API token of that account, one a line; the first is used."""


def take(reader: Reader) -> JiraSettings | None:
    """The site that the environment describes; None where it describes none. Mistakes are kept by the reader."""
    if not reader.has(URL, EMAIL, TOKEN_FILE):
        return None
    return JiraSettings(
        url=reader.need(URL, url, "", "the address of your Jira, such as https://example.atlassian.net"),
        email=reader.need(EMAIL, str, "", "the e-mail of the account that opens issues"),
        token_file=reader.need(TOKEN_FILE, file, Path(), "a file with an API token of that account"),
    )
