"""GitHub's REST API for one repository: authorised, within its limits, every ending in the outbox's words."""

import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import requests

from bots.errors import Postponed, Unreachable
from bots.github import answers
from bots.github.budget import Budget, Urgency
from bots.github.credentials import Credentials
from bots.github.errors import Unauthorized
from bots.inbox import Inbox
from bots.sending import never_sent

_VERSION: Final = "2022-11-28"
"""https://docs.github.com/en/rest/about-the-rest-api/api-versions"""
_TIMEOUT_S: Final = (5.0, 15.0)
_PAGE: Final = 100
_MOST_PAGES: Final = 20
_RESERVE: Final = 200
"""Requests of the hour that only what is urgent may use."""
_OWNER: Final = "github_login"


class GitHub:
    """Several threads may use it."""

    def __init__(
        self,
        *,
        url: str,
        repository: str,
        credentials: Credentials,
        budget: Budget,
        inbox: Inbox,
        now: Callable[[], datetime],
        timeout_s: tuple[float, float] = _TIMEOUT_S,
    ) -> None:
        """`timeout_s` is how long a connection, then an answer is waited for.

        `inbox` keeps the bot's own login, which tells its own doings from people's.
        """
        self._url = url
        self._timeout_s = timeout_s
        self.repository = repository
        self.budget = budget
        self._credentials = credentials
        self._inbox = inbox
        self._now = now
        self._local = threading.local()
        self._spent_s = 0.0
        self._spent_at = now()
        self._login = inbox.fact(_OWNER) or ""

    @property
    def login(self) -> str:
        """The bot's login as far as it is known: it always is once the bot has written anything."""
        return self._login

    @property
    def is_app(self) -> bool:
        """Whether the bot is an App, which may have a webhook of its own."""
        return bool(self._credentials.app_token())

    def identify(self) -> str:
        """The bot's login, asked for if need be. Raises Unreachable or Refused."""
        if not self._login:
            login = self._credentials.owner(self._bare)
            self._inbox.remember(_OWNER, login)
            self._login = login
        return self._login

    def get(self, path: str, **parameters: str | int) -> Any:
        """A JSON document. `path` begins below the repository unless it begins with a slash."""
        return self._json("GET", path, parameters=parameters)

    def pages(self, path: str, **parameters: str | int) -> Iterator[Any]:
        """The items of a list, page after page, as far as anybody asks."""
        for page in range(1, _MOST_PAGES + 1):
            items = self.get(path, per_page=_PAGE, page=page, **parameters)
            yield from items
            if len(items) < _PAGE:
                return

    def write(
        self, method: str, path: str, body: Any, urgency: Urgency, *, before: Callable[[], None] = lambda: None
    ) -> Any:
        """A request that makes content. Raises Postponed when a limit holds it back, besides what `get` raises.

        `before` is called when nothing holds it back any more: the moment to write an intent down.
        """
        self.identify()
        if urgency is Urgency.ROUTINE and (wait_s := self._short_of_calls()) > 0:
            raise Postponed(wait_s, f"GitHub's hourly limit is nearly reached; {wait_s:.0f} s to go")
        self.budget.spend(urgency)
        before()
        return self._json(method, path, body=body)

    def hook(self, method: str, path: str, **parameters: str | int) -> Any:
        """A request about the webhook of the repository, or of the App below `/app`."""
        answer = self._send(method, self._full(path), self._token_for(path), parameters=parameters)
        return answer.json() if answer.content else None

    def hook_pages(self, path: str, **parameters: str | int) -> Iterator[Any]:
        """The items of a list about the webhook, newest first; its pages are found by the header Link."""
        for _ in range(_MOST_PAGES):
            answer = self._send("GET", self._full(path), self._token_for(path), parameters=parameters)
            yield from answer.json()
            following = urlsplit(answer.links.get("next", {}).get("url", ""))
            parameters = {**parameters, **dict(parse_qsl(following.query))}
            if not following.query:
                return

    def _token_for(self, path: str) -> str:
        app = path.startswith("/app/")
        return self._credentials.app_token() if app else self._credentials.token(self._bare)

    def _json(self, method: str, path: str, *, body: Any = None, parameters: Mapping[str, Any] | None = None) -> Any:
        full = self._full(path)
        token = self._credentials.token(self._bare)
        try:
            answer = self._send(method, full, token, body=body, parameters=parameters)
        except Unauthorized:
            # An installation's token ends early when the App's permissions change: one try with a new one.
            self._credentials.forget()
            answer = self._send(method, full, self._credentials.token(self._bare), body=body, parameters=parameters)
        return answer.json() if answer.content else None

    def _full(self, path: str) -> str:
        return path if path.startswith("/") else f"/repos/{self.repository}/{path}".rstrip("/")

    def _bare(self, method: str, path: str, token: str) -> Any:
        return self._send(method, path, token).json()

    def _send(
        self, method: str, path: str, token: str, *, body: Any = None, parameters: Mapping[str, Any] | None = None
    ) -> requests.Response:
        headers = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {token}",
            "X-GitHub-Api-Version": _VERSION,
            "User-Agent": "tocsin",
        }
        what = f"{method} {path}"
        try:
            answer = self._session().request(
                method,
                self._url + path,
                json=body,
                params=parameters,
                headers=headers,
                timeout=self._timeout_s,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            unknown = method != "GET" and not never_sent(error)
            raise Unreachable(f"{what}: {type(error).__name__}: {error}", unknown=unknown) from error
        answers.check(answer.status_code, answer.headers, answer.text, what, self._now())
        self._spent_s, self._spent_at = answers.spent_until(answer.headers, self._now(), _RESERVE), self._now()
        return answer

    def _short_of_calls(self) -> float:
        return max(self._spent_s - (self._now() - self._spent_at).total_seconds(), 0.0)

    def _session(self) -> requests.Session:
        # A session is not made for several threads.
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
        session: requests.Session = self._local.session
        return session
