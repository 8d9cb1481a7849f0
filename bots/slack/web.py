"""Slack's Web API, as far as the bot uses it: https://docs.slack.dev/apis/web-api

Writes are JSON, reads are queries. What Slack says about a call ends in the outbox's words: it is tried again, or it
cannot be helped.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

import requests

from bots.errors import Limited, Postponed, Undeliverable, Unreachable
from bots.outbound.destination import HttpCall, Limit, Rate, send

_log = logging.getLogger(__name__)
URL: Final = "https://slack.com/api"
# https://docs.slack.dev/apis/web-api/rate-limits: tier 2 is 20 a minute, tier 3 is 50, tier 4 is 100.
_TIER_2: Final = Limit(calls=18, per_s=60)
_TIER_3: Final = Limit(calls=45, per_s=60)
_TIER_4: Final = Limit(calls=90, per_s=60)
_POSTS: Final = Limit(calls=240, per_s=60)
"""Of a workspace: several hundred a minute."""
_POSTS_A_CHANNEL: Final = Limit(calls=1, per_s=1)
_READS: Final = frozenset(
    {"auth.test", "chat.getPermalink", "conversations.history", "conversations.list", "conversations.replies"}
)
LIMITS: Final[Mapping[str, Limit]] = {
    "auth.test": _POSTS,
    "chat.getPermalink": _POSTS,
    "chat.postEphemeral": _TIER_4,
    "chat.postMessage": _POSTS,
    "chat.update": _TIER_3,
    "conversations.create": _TIER_2,
    "conversations.history": _TIER_3,
    "conversations.invite": _TIER_3,
    "conversations.join": _TIER_3,
    "conversations.list": _TIER_2,
    "conversations.replies": _TIER_3,
    "conversations.setTopic": _TIER_2,
    "views.open": _TIER_4,
}
"""Every method that is called, and how often at most."""
LONGEST_LIMIT: Final = timedelta(seconds=max(limit.per_s for limit in LIMITS.values()))
_AGAIN: Final[Mapping[str, bool]] = {
    "fatal_error": True,
    "internal_error": True,
    "message_limit_exceeded": False,
    "rate_limited": False,
    "ratelimited": False,
    "request_timeout": True,
    "service_unavailable": False,
    "team_added_to_org": False,
}
"""Errors of Slack's own, and whether it may have happened all the same."""
_OPERATOR: Final = frozenset(
    {
        "account_inactive",
        "invalid_auth",
        "not_authed",
        "token_expired",
        "token_revoked",
        "no_permission",
        "ekm_access_denied",
    }
)
"""A token that is wrong now may be right soon: nothing is given up for it."""
_LIMITED_S: Final = 30.0
"""What is waited where Slack says that it is called too often, and not for how long."""
_PAGE: Final = 200
_CHANNELS_A_PAGE: Final = 999
"""The most that there may be: a large workspace has thousands, and listing them is allowed 20 times a minute."""
_MOST_PAGES: Final = 50
_CHANNEL: Final = "expected a channel that the app may write to; create it, unarchive it, or invite the app"
_CURES: Final[Mapping[str, str]] = {
    "channel_not_found": _CHANNEL,
    "is_archived": _CHANNEL,
    "not_in_channel": _CHANNEL,
    "restricted_action": _CHANNEL,
    "missing_scope": "expected the scopes of docs/slack-app-manifest.yaml; add it, and reinstall the app",
}
"""What the people of the workspace can do about a refusal."""


class SlackRefusal(Undeliverable):
    """Slack understood the call and will not do it."""

    def __init__(self, what: str, error: str, more: str = "") -> None:
        """`what` was not done, `error` is Slack's word for it (`channel_not_found`), `more` what it says beside."""
        self.error = error
        super().__init__(f"{what}: {error}{more}")

    @property
    def curable(self) -> str:
        """What the people of the workspace can do about it; empty if nothing."""
        kind = "restricted_action" if self.error.startswith("restricted_action") else self.error
        return _CURES.get(kind, "")


class Web:
    """The calls; any thread may make them."""

    def __init__(
        self, url: str, token: Callable[[], str], now: Callable[[], datetime], past: Iterable[datetime] = ()
    ) -> None:
        """`token` gives the bot's token as it is now; `past` is when an earlier process wrote to Slack.

        Which methods it called is not known: each counts for all that write messages.
        """
        earlier = [at.timestamp() for at in past]
        self._url = url
        self._token = token
        self._now = now
        self._lock = threading.Lock()
        self._rates = {
            method: Rate([limit], earlier if method.startswith("chat.") else ()) for method, limit in LIMITS.items()
        }
        self._channels: dict[str, Rate] = {}
        self._held: dict[tuple[str, str], float] = {}
        """What Slack itself holds back, and until when."""
        self._local = threading.local()

    def call(self, method: str, arguments: Mapping[str, Any], *, key: str = "", place: str = "") -> Mapping[str, Any]:
        """Slack's answer to a call that succeeded; `place` is the channel's id where it is called by its name.

        Raises Postponed (a limit, our own or Slack's), Unreachable (again later, possibly with an unknown outcome) or
        SlackRefusal.
        """
        channel = str(arguments.get("channel", ""))
        limited = (method, (place or channel) if method == "chat.postMessage" else "")
        self._wait(*limited)
        try:
            response = send(self._session(), self._http(method, arguments), key or method, self._now())
        except Limited as error:
            raise self._hold(limited, error) from error
        try:
            answer = response.json()
        except ValueError as error:
            raise Unreachable(f"{method}: the answer is not JSON", unknown=method not in _READS) from error
        if isinstance(answer, dict) and answer.get("ok") is True:
            return answer
        raise _failure(method, channel, answer if isinstance(answer, dict) else {})

    def pages(self, method: str, arguments: Mapping[str, Any], name: str) -> Iterator[Mapping[str, Any]]:
        """Everything in the list `name` of a read that comes in pages."""
        cursor, limit = "", _CHANNELS_A_PAGE if method == "conversations.list" else _PAGE
        for _ in range(_MOST_PAGES):
            asked = {**arguments, "limit": limit, **({"cursor": cursor} if cursor else {})}
            answer = self.call(method, asked)
            yield from answer.get(name) or ()
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return

    def respond(self, url: str, message: Mapping[str, Any], key: str) -> None:
        """Answers through a `response_url`, good for 30 minutes and 5 answers; raises as `call` does."""
        try:
            send(self._session(), HttpCall(method="POST", url=url, json=dict(message)), key, self._now())
        except Limited as error:
            raise Postponed(error.after_s or _LIMITED_S, str(error)) from error

    def _http(self, method: str, arguments: Mapping[str, Any]) -> HttpCall:
        headers = {"Authorization": f"Bearer {self._token()}"}
        url = f"{self._url}/{method}"
        if method in _READS:
            query = urlencode({name: _word(value) for name, value in arguments.items()})
            return HttpCall(method="GET", url=f"{url}?{query}" if query else url, headers=headers)
        headers["Content-Type"] = "application/json; charset=utf-8"
        return HttpCall(method="POST", url=url, json=dict(arguments), headers=headers)

    def _session(self) -> requests.Session:
        # A session is for one thread; keeping one each keeps the connections open.
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
        session: requests.Session = self._local.session
        return session

    def _hold(self, limited: tuple[str, str], error: Limited) -> Postponed:
        """Slack limits each method, and posting in each channel, on its own: everything else goes on."""
        wait_s = error.after_s or _LIMITED_S
        why = f"Slack takes no {' in '.join(filter(None, limited))} for {wait_s:.0f} s"
        _log.warning("%s", why)
        with self._lock:
            self._held[limited] = self._now().timestamp() + wait_s
        return Postponed(wait_s, why)

    def _wait(self, method: str, channel: str) -> None:
        now_s = self._now().timestamp()
        with self._lock:
            held_s = self._held.pop((method, channel), 0.0) - now_s
            if held_s > 0:
                self._held[method, channel] = now_s + held_s
                raise Postponed(held_s, f"Slack takes no {method} yet")
            if method == "chat.postMessage":
                # Looked at first: what is not allowed for the channel does not count for the workspace.
                of_channel = self._channels.setdefault(channel, Rate([_POSTS_A_CHANNEL]))
                wait_s = of_channel.take(now_s)
                if wait_s > 0:
                    raise Postponed(wait_s, f"one message a second in {channel}")
            wait_s = self._rates[method].take(now_s)
        if wait_s > 0:
            raise Postponed(wait_s, f"{method} is called as often as Slack allows")


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _failure(method: str, channel: str, answer: Mapping[str, Any]) -> Exception:
    error = str(answer.get("error", "no reason given"))[:100]
    if error in _AGAIN:
        return Unreachable(f"{method}: {error}", unknown=_AGAIN[error] and method not in _READS)
    if error in _OPERATOR:
        return Unreachable(
            f"{method}: {error}; correct the token in TOCSIN_SLACK_TOKEN_FILE: it is read again by itself"
        )
    needed = f", needs the scope {str(answer['needed'])[:100]}" if answer.get("needed") else ""
    told = (answer.get("response_metadata") or {}).get("messages") or ()
    more = f" ({'; '.join(str(one)[:200] for one in told[:3])})" if told else ""
    return SlackRefusal(f"{method} in {channel}" if channel else method, error, needed + more)
