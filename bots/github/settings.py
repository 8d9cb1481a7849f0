"""What the bot must know to mirror incidents to the issues of one GitHub repository."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bots.configuration.environment import Reader, file, url

REPOSITORY: Final = "TOCSIN_GITHUB_REPOSITORY"
TOKEN_FILE: Final = "TOCSIN_GITHUB_TOKEN_FILE"
APP_ID: Final = "TOCSIN_GITHUB_APP_ID"
APP_KEY_FILE: Final = "TOCSIN_GITHUB_APP_KEY_FILE"
WEBHOOK_SECRETS_FILE: Final = "TOCSIN_GITHUB_WEBHOOK_SECRETS_FILE"
URL: Final = "TOCSIN_GITHUB_URL"
DEFAULT_URL: Final = "https://api.github.com"
_REPOSITORY: Final = re.compile(r"[A-Za-z0-9](?:-?[A-Za-z0-9])*/[A-Za-z0-9._-]{1,100}")


@dataclass(frozen=True, slots=True, kw_only=True)
class GitHubSettings:
    """One repository, and who the bot is there: a GitHub App, or the account of a token."""

    repository: str
    """`owner/name`."""
    token_file: Path | None
    """A token that may write issues; None for an App."""
    app_id: str
    """The App's id or client id; empty for a token."""
    app_key_file: Path | None
    """The App's private key, as GitHub gave it (PEM)."""
    webhook_secrets_file: Path | None
    """The secrets of the webhook, one a line; None where GitHub tells the bot nothing."""
    url: str
    """The REST API; that of GitHub Enterprise Server ends in /api/v3."""


def repository(text: str) -> str:
    """`owner/name`; raises ValueError for anything else."""
    if not _REPOSITORY.fullmatch(text):
        raise ValueError(f"{text[:100]!r} is not a repository; expected owner/name, such as example/incidents")
    return text


def app_id(text: str) -> str:
    """An App's number or client id; raises ValueError for anything else."""
    if not re.fullmatch(r"[A-Za-z0-9.]{1,64}", text):
        raise ValueError(f"{text[:64]!r} is not the id of a GitHub App; expected one such as 123456")
    return text


def take(reader: Reader) -> GitHubSettings | None:
    """The repository that the environment names; None where it names none. Mistakes are kept by the reader."""
    if not reader.has(REPOSITORY, APP_ID, APP_KEY_FILE, WEBHOOK_SECRETS_FILE):
        # A token alone may serve other commands.
        return None
    if reader.has(TOKEN_FILE) and reader.has(APP_ID, APP_KEY_FILE):
        reader.problems.append(
            f"{TOKEN_FILE}, {APP_ID}: both set; expected one of them: the bot is an account or an App"
        )
    app = reader.has(APP_ID, APP_KEY_FILE)
    who = "a file with a token that may write issues, or a GitHub App's id and key"
    return GitHubSettings(
        repository=reader.need(REPOSITORY, repository, "", "the repository of the issues, as owner/name"),
        token_file=None if app else reader.need(TOKEN_FILE, file, None, who),
        app_id=reader.need(APP_ID, app_id, "", "the id of the GitHub App") if app else "",
        app_key_file=reader.need(APP_KEY_FILE, file, None, "the private key of the GitHub App") if app else None,
        webhook_secrets_file=reader.take(WEBHOOK_SECRETS_FILE, file, None),
        url=reader.take(URL, url, DEFAULT_URL),
    )
