"""What the outbox needs of a place outside, and how an HTTP call ends in its words."""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Any, Final, Protocol

import requests

from bots.errors import KeyRefused, Limited, Undeliverable, Unreachable
from bots.outbound.sending import never_sent
from bots.outbox import Parcel

_TIMEOUT_S: Final = (5.0, 20.0)
"""To connect, and to wait for an answer."""


class Settled(Enum):
    """What a destination knows about a call whose outcome was unknown."""

    HAPPENED = "happened"
    REPEAT = "repeat"
    """It did not happen, or happening twice is the same as once."""


class Destination(Protocol):
    """One place outside, with its own queue, rate limit and threads."""

    @property
    def name(self) -> str:
        """What its queue and metrics are called."""

    @property
    def limits(self) -> tuple["Limit", ...]:
        """How often it may be called; all limits hold."""

    @property
    def workers(self) -> int:
        """How many calls may run at a time."""

    @property
    def merges(self) -> bool:
        """Whether it brings a whole line up to date at once: what was ready in a line before a call that succeeded is
        done with it, in whatever order."""

    def deliver(self, parcel: Parcel) -> None:
        """Makes it happen; raises Unreachable (try again), Postponed (not yet) or Undeliverable (never)."""

    def settle(self, parcel: Parcel) -> Settled:
        """Finds out how a call that was begun ended; raises Unreachable when that cannot be known yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """At most `calls` in any `per_s` seconds."""

    calls: int
    per_s: float


class Rate:
    """A sliding window for each limit."""

    def __init__(self, limits: Iterable[Limit], past: Iterable[float] = ()) -> None:
        """`past` holds the times (seconds, any clock) of calls made before."""
        self._limits = tuple(limits)
        self._longest_s = max((limit.per_s for limit in self._limits), default=0.0)
        self._calls = deque(past)

    def take(self, now_s: float) -> float:
        """0 and counts a call, or the seconds until one is allowed and counts none."""
        # Calls of the future were made before the clock was set back: they count as made now.
        self._calls = deque(min(at, now_s) for at in self._calls)
        while self._calls and self._calls[0] <= now_s - self._longest_s:
            self._calls.popleft()
        wait = max((self._wait(limit, now_s) for limit in self._limits), default=0.0)
        if wait <= 0 and self._limits:
            self._calls.append(now_s)
        return max(wait, 0.0)

    def _wait(self, limit: Limit, now_s: float) -> float:
        if len(self._calls) < limit.calls:
            return 0.0
        return self._calls[-limit.calls] + limit.per_s - now_s


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpCall:
    """One request of a destination."""

    method: str
    url: str
    json: Any = None
    headers: Mapping[str, str] | None = None


def send(session: requests.Session, call: HttpCall, key: str, now: datetime | None = None) -> requests.Response:
    """The 2xx answer to a call that carries its idempotency key.

    Raises Unreachable (away, 408, 425, 5xx) or Limited (429), with the wait the other side asks for, KeyRefused (401)
    or Undeliverable (other 4xx).
    """
    headers = {"Idempotency-Key": key, **(call.headers or {})}
    try:
        response = session.request(
            call.method, call.url, json=call.json, headers=headers, timeout=_TIMEOUT_S, allow_redirects=False
        )
    except requests.RequestException as error:
        raise Unreachable(f"{call.url}: {error}", unknown=not never_sent(error)) from error
    if response.status_code < 300:
        return response
    why = f"{call.method} {call.url}: {response.status_code} {response.reason}: {response.text[:200]}"
    wait_s = retry_after_s(response.headers.get("Retry-After"), now)
    if response.status_code == 429:
        raise Limited(why, after_s=wait_s)
    if response.status_code in (408, 425):
        raise Unreachable(why, unknown=False, after_s=wait_s)
    if response.status_code >= 500:
        # 503 says that the request was not handled; after other 5xx nobody knows.
        raise Unreachable(why, unknown=response.status_code != 503, after_s=wait_s)
    raise (KeyRefused if response.status_code == 401 else Undeliverable)(why)


def retry_after_s(header: str | None, now: datetime | None = None) -> float | None:
    """Seconds to wait, from either form of the header (RFC 9110, 10.2.3); None if it says nothing usable."""
    if not header:
        return None
    if header.strip().isdecimal():
        return float(header)
    try:
        at = parsedate_to_datetime(header)
    except ValueError:
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return max((at - (now or datetime.now(UTC))).total_seconds(), 0.0)
