"""GitHub's REST API for one repository: authorised, within its limits, every ending in the outbox's words."""

import logging
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
from bots.github.errors import Refused, Unauthorized
from bots.inbox import Inbox
from bots.outbound.sending import never_sent
from bots.timeline.event import time_text

_VERSION: Final = "2022-11-28"
"""https://docs.github.com/en/rest/about-the-rest-api/api-versions"""
_TIMEOUT_S: Final = (5.0, 15.0)
_PAGE: Final = 100
_MOST_PAGES: Final = 100
_RESERVE: Final = 200
"""Requests of the hour that only what is urgent may use."""
_OWNER: Final = "github_login"
_NUMBER: Final = "github_repository"
_log = logging.getLogger(__name__)


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
        self._named = repository
        self.repository = repository
        """`owner/name`, as it is called now."""
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

    def is_own(self, name: str, number: int) -> bool:
        """Whether a repository is the bot's, whatever it is called by now: its number stays the same."""
        fact = f"{_NUMBER} {self._named.lower()}"
        known = self._inbox.fact(fact)
        if name.lower() != self.repository.lower():
            return known == str(number)
        if number and known != str(number):
            self._inbox.remember(fact, str(number))
        return True

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

    def own_issues(self, since: datetime) -> Iterator[Mapping[str, Any]]:
        """The issues that the bot opened since an instant, newest first.

        All are listed: filtering by creator finds nothing of an App's on some servers
        (https://github.com/renovatebot/renovate/issues/44730).
        """
        login, first = self.identify(), time_text(since.replace(microsecond=0))
        for one in self.pages("issues", state="all", sort="created", direction="desc", since=first):
            if str(one.get("created_at", first)) < first:
                # What follows is older: `since` is about the last change.
                return
            if "pull_request" not in one and (one.get("user") or {}).get("login") == login:
                yield one

    def write(
        self, method: str, path: str, body: Any, urgency: Urgency, *, before: Callable[[], None] = lambda: None
    ) -> Any:
        """A request that makes content. Raises Postponed when a limit holds it back, besides what `get` raises.

        `before` is called when nothing holds it back any more: the moment to write an intent down. So is `body` if it
        is a function, to look at what is there at the last moment; nothing is written if it gives nothing.
        """
        self.identify()
        if urgency is Urgency.ROUTINE and (wait_s := self._short_of_calls()) > 0:
            raise Postponed(wait_s, f"GitHub's hourly limit is nearly reached; {wait_s:.0f} s to go")
        self.budget.spend(urgency)
        before()
        wanted = body() if callable(body) else body
        return self._json(method, path, body=wanted) if wanted else None

    def hook(self, method: str, path: str, **parameters: str | int) -> Any:
        """A request about the webhook of the repository, or of the App below `/app`."""
        answer = self._answer(method, path, parameters=parameters)
        return answer.json() if answer.content else None

    def hook_pages(self, path: str, **parameters: str | int) -> Iterator[Any]:
        """The items of a list about the webhook, newest first, as far as anybody asks; the header Link finds pages."""
        while True:
            answer = self._answer("GET", path, parameters=parameters)
            yield from answer.json()
            following = urlsplit(answer.links.get("next", {}).get("url", ""))
            parameters = {**parameters, **dict(parse_qsl(following.query))}
            if not following.query:
                return

    def _token_for(self, path: str) -> str:
        app = path.startswith("/app/")
        return self._credentials.app_token() if app else self._credentials.token(self._bare)

    def _json(self, method: str, path: str, *, body: Any = None, parameters: Mapping[str, Any] | None = None) -> Any:
        answer = self._answer(method, path, body=body, parameters=parameters)
        return answer.json() if answer.content else None

    def _answer(
        self, method: str, path: str, *, body: Any = None, parameters: Mapping[str, Any] | None = None
    ) -> requests.Response:
        def ask() -> requests.Response:
            return self._send(method, self._full(path), self._token_for(path), body=body, parameters=parameters)

        try:
            return ask()
        except Unauthorized:
            # An installation's token ends early when the App's permissions change: one try with a new one.
            self._credentials.forget()
            return ask()
        except Refused as error:
            if error.status not in answers.REDIRECTS or path.startswith("/") or not self._renamed():
                raise
            return ask()

    def _renamed(self) -> bool:
        """Takes the name that the repository has now, if it is another one; an issue that moved is no such thing.

        https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#follow-redirects
        """
        found = str(self._bare("GET", f"/repos/{self.repository}", self._credentials.token(self._bare))["full_name"])
        if found.lower() == self.repository.lower():
            return False
        _log.warning("%s is called %s now: correct it in the settings", self.repository, found)
        self.repository = found
        return True

    def _full(self, path: str) -> str:
        return path if path.startswith("/") else f"/repos/{self.repository}/{path}".rstrip("/")

    def _bare(self, method: str, path: str, token: str) -> Any:
        # What only asks is asked again where the repository went; the token goes to no other host.
        return self._send(method, path, token, follow=method == "GET").json()

    def _send(
        self,
        method: str,
        path: str,
        token: str,
        *,
        body: Any = None,
        parameters: Mapping[str, Any] | None = None,
        follow: bool = False,
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
                allow_redirects=follow,
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
