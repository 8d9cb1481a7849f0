"""The bot's API, for the command line: small, synchronous, and clear about what went wrong.

BotError            whoever typed the command: the message says what to do
"""

import os
import uuid
from collections.abc import Mapping
from typing import Any, Final

import requests

from alerting.errors import TocsinError
from bots.settings import ClientSettings, read_client_settings

_TIMEOUT_S: Final = (3.05, 30.0)
_TRIES: Final = 3


class BotError(TocsinError):
    """The bot did not do it; the message is for people."""


class Client:
    """One bot, as one member."""

    def __init__(self, settings: ClientSettings) -> None:
        """Talks to the bot only when asked something."""
        self._settings = settings
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {settings.token}"

    def get(self, path: str, parameters: Mapping[str, Any] | None = None) -> Any:
        """What the bot says; raises BotError."""
        return self._call("GET", path, parameters=parameters).json()

    def post(self, path: str, document: Mapping[str, Any]) -> Any:
        """What came of a request, which gets a key of its own; raises BotError.

        The key makes it harmless to send it again when the answer is lost on the way.
        """
        return self._call("POST", path, document={**document, "key": f"cli-{uuid.uuid4()}"}).json()

    def _call(
        self,
        method: str,
        path: str,
        parameters: Mapping[str, Any] | None = None,
        document: Mapping[str, Any] | None = None,
    ) -> requests.Response:
        url = self._settings.url + path
        for attempt in range(_TRIES):
            try:
                response = self._session.request(method, url, params=parameters, json=document, timeout=_TIMEOUT_S)
            except (requests.ConnectionError, requests.Timeout) as error:
                if attempt + 1 < _TRIES and not isinstance(error, requests.ConnectTimeout):
                    continue
                raise BotError(self._away(error)) from error
            except requests.RequestException as error:
                raise BotError(f"{url}: {error}; set TOCSIN_URL to the bot's address") from error
            if response.ok:
                return response
            raise BotError(_refusal(response))
        raise AssertionError("the last try returns or raises")

    def _away(self, error: Exception) -> str:
        what = "no answer in time" if isinstance(error, requests.Timeout) else "nothing answers there"
        return (
            f"the bot at {self._settings.url}: {what}; people are paged all the same, since paging does not need it; "
            "start it with `tocsin serve`, or set TOCSIN_URL to where it runs"
        )


def connect() -> Client:
    """The client that the environment describes; raises SettingsError with everything that is missing."""
    return Client(read_client_settings(os.environ))


def _refusal(response: requests.Response) -> str:
    try:
        value = response.json()
        lines = [str(value["detail"]), *(f"  {line}" for line in value.get("problems", ()))]
        if response.status_code == 401:
            lines.append(
                "  it is the one in the file of TOCSIN_TOKEN_FILE; `tocsin incident token NAME` makes a new one"
            )
    except (ValueError, KeyError, TypeError):
        return f"{response.url}: {response.status_code} {response.reason}; expected a Tocsin bot; check TOCSIN_URL"
    return "\n".join(lines)
