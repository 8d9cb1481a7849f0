"""What the bot must know to tell people of the company's single sign-on, or of GitHub, from strangers."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bots.configuration.environment import Reader, file, url

ISSUER: Final = "TOCSIN_OIDC_ISSUER"
AUDIENCE: Final = "TOCSIN_OIDC_AUDIENCE"
GROUPS_CLAIM: Final = "TOCSIN_OIDC_GROUPS_CLAIM"
CLIENT_ID: Final = "TOCSIN_OIDC_CLIENT_ID"
CLIENT_SECRET_FILE: Final = "TOCSIN_OIDC_CLIENT_SECRET_FILE"
GITHUB_CLIENT_ID: Final = "TOCSIN_GITHUB_LOGIN_CLIENT_ID"
GITHUB_CLIENT_SECRET_FILE: Final = "TOCSIN_GITHUB_LOGIN_CLIENT_SECRET_FILE"
GITHUB_LOGIN_URL: Final = "TOCSIN_GITHUB_LOGIN_URL"
GITHUB_API_URL: Final = "TOCSIN_GITHUB_LOGIN_API_URL"
_NAME: Final = re.compile(r"[\x21-\x7e]{1,200}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """What the bot is to a provider of logins."""

    id: str
    secret_file: Path
    """One secret a line; the first is used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOnSettings:
    """An OpenID Connect issuer such as Okta or Google."""

    issuer: str
    audience: str
    """Whom tokens on the API must be for; tokens of a login are for the client."""
    groups_claim: str
    client: Client | None
    """For logins in a browser; None where only the API takes tokens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GitHubLoginSettings:
    """An OAuth app of GitHub."""

    client: Client
    url: str
    api_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessSettings:
    """Everybody who vouches for people."""

    sign_on: SignOnSettings | None = None
    github: GitHubLoginSettings | None = None

    @property
    def logs_in(self) -> bool:
        """Whether the pages ask who is there."""
        return self.github is not None or (self.sign_on is not None and self.sign_on.client is not None)


def take(reader: Reader) -> AccessSettings:
    """What the environment describes. Mistakes are kept by the reader."""
    return AccessSettings(sign_on=_sign_on(reader), github=_github(reader))


def _sign_on(reader: Reader) -> SignOnSettings | None:
    if not reader.has(ISSUER, AUDIENCE, CLIENT_ID, CLIENT_SECRET_FILE, GROUPS_CLAIM):
        return None
    client = None
    if reader.has(CLIENT_ID, CLIENT_SECRET_FILE):
        client = _client(reader, CLIENT_ID, CLIENT_SECRET_FILE, "the single sign-on")
    issuer = reader.need(ISSUER, url, "", "the issuer's address, such as https://example.okta.com")
    audience = reader.take(AUDIENCE, _name, client.id if client else "")
    if not audience:
        reader.problems.append(f"{AUDIENCE}: not set; expected whom the tokens are for, or a {CLIENT_ID}")
    claim = reader.take(GROUPS_CLAIM, _name, "groups")
    return SignOnSettings(issuer=issuer, audience=audience, groups_claim=claim, client=client)


def _github(reader: Reader) -> GitHubLoginSettings | None:
    if not reader.has(GITHUB_CLIENT_ID, GITHUB_CLIENT_SECRET_FILE):
        return None
    return GitHubLoginSettings(
        client=_client(reader, GITHUB_CLIENT_ID, GITHUB_CLIENT_SECRET_FILE, "GitHub"),
        url=reader.take(GITHUB_LOGIN_URL, url, "https://github.com"),
        api_url=reader.take(GITHUB_API_URL, url, "https://api.github.com"),
    )


def _client(reader: Reader, identifier: str, secret: str, where: str) -> Client:
    return Client(
        id=reader.need(identifier, _name, "", f"the client id that {where} gave to the bot"),
        secret_file=reader.need(secret, file, Path(), f"a file with the client secret that {where} gave to the bot"),
    )


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError(f"{text[:60]!r} is no name; expected printable characters without spaces")
    return text
