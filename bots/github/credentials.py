"""Who the bot is on GitHub: the account of a token, or an App that proves itself with its key.

An App signs a short JWT (https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app) and
gets for it a token of its installation, which lasts an hour and is kept until shortly before its end.
"""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, Protocol

import jwt

from bots.configuration.secret_file import SecretFile
from bots.errors import SettingsError, Unreachable
from bots.github.settings import APP_KEY_FILE
from bots.timeline.event import parse_time

_JWT_LASTS: Final = timedelta(minutes=9)
"""GitHub accepts ten at most."""
_CLOCKS_DIFFER: Final = timedelta(seconds=60)
"""GitHub's advice: a clock that is ahead would date the token into the future."""
_RENEW_BEFORE: Final = timedelta(minutes=5)

Call = Callable[[str, str, str], Any]
"""(method, path, token) → the JSON of the answer; raises as the client does."""


class Credentials(Protocol):
    """What a request is authorised with."""

    def token(self, call: Call) -> str:
        """For requests about the repository. Raises Unreachable while there is none."""

    def owner(self, call: Call) -> str:
        """The login that what the bot writes has."""

    def forget(self) -> None:
        """GitHub did not accept the token."""

    def app_token(self) -> str:
        """For requests about the App itself; empty where the bot is none. Raises Unreachable."""


class TokenCredentials:
    """The account of a token; the file may change while the bot runs."""

    def __init__(self, secrets: SecretFile) -> None:
        """The first line is used."""
        self._secrets = secrets

    def token(self, call: Call) -> str:
        """The token as it is now."""
        return self._secrets.first

    def owner(self, call: Call) -> str:
        """https://docs.github.com/en/rest/users/users#get-the-authenticated-user"""
        return str(call("GET", "/user", self._secrets.first)["login"])

    def forget(self) -> None:
        """The file is looked at again anyway."""

    def app_token(self) -> str:
        """None: an account is no App."""
        return ""


class AppCredentials:
    """A GitHub App, installed in the repository."""

    def __init__(self, app_id: str, key_file: Path, repository: str, now: Callable[[], datetime]) -> None:
        """Raises SettingsError if the key cannot be used."""
        self._app_id = app_id
        self._key_file = key_file
        self._repository = repository
        self._now = now
        self._lock = threading.Lock()
        self._token: tuple[str, datetime] | None = None
        try:
            self.signed()
        except (OSError, ValueError, jwt.exceptions.PyJWTError) as error:
            expected = "expected the private key that GitHub made for the App, a PEM file"
            raise SettingsError([f"{APP_KEY_FILE}: {key_file}: {error}; {expected}"]) from error

    def signed(self) -> str:
        """A JWT of this moment. The key is read each time: it is changed without a restart."""
        now = self._now()
        claims = {"iat": now - _CLOCKS_DIFFER, "exp": now + _JWT_LASTS, "iss": self._app_id}
        return jwt.encode(claims, self._key_file.read_text(encoding="utf-8"), algorithm="RS256")

    def token(self, call: Call) -> str:
        """The installation's token, from memory while it lasts."""
        with self._lock:
            if self._token is None or self._now() >= self._token[1] - _RENEW_BEFORE:
                self._token = self._fetch(call)
            return self._token[0]

    def owner(self, call: Call) -> str:
        """Apps write as `<slug>[bot]`: https://docs.github.com/en/rest/apps/apps#get-the-authenticated-app"""
        return f"{call('GET', '/app', self.app_token())['slug']}[bot]"

    def forget(self) -> None:
        """The next request gets a new one."""
        with self._lock:
            self._token = None

    def app_token(self) -> str:
        """The JWT of this moment."""
        try:
            return self.signed()
        except (OSError, ValueError, jwt.exceptions.PyJWTError) as error:
            raise Unreachable(f"{self._key_file}: {error}; expected the private key of the App") from error

    def _fetch(self, call: Call) -> tuple[str, datetime]:
        own = self.app_token()
        installation = call("GET", f"/repos/{self._repository}/installation", own)["id"]
        made = call("POST", f"/app/installations/{int(installation)}/access_tokens", own)
        return str(made["token"]), parse_time(made["expires_at"])
