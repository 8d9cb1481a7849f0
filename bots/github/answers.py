"""What an answer of GitHub's REST API says about trying again: pure.

https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from bots.errors import Unreachable
from bots.github.errors import Gone, Refused, Unauthorized
from bots.outbound.destination import retry_after_s

_A_MINUTE_S: Final = 60.0
"""What GitHub asks to wait after a secondary limit where it names no time."""
_LONGEST_S: Final = 3600.0
_SHOWN: Final = 300
REDIRECTS: Final = (301, 302, 307, 308)


def check(status: int, headers: Mapping[str, str], text: str, what: str, now: datetime) -> None:
    """Returns for an answer that can be used.

    Raises Unreachable, with the wait that GitHub asks for, or Refused.
    """
    if status < 300 or status == 304:
        return
    why = f"{what}: {status}: {_message(text)}"
    if status in (403, 422, 429) and (wait_s := _limited(status, headers, text, now)) is not None:
        raise Unreachable(f"{why}; a rate limit", after_s=wait_s)
    if status == 401:
        raise Unauthorized(f"{why}; the token or the App's key is not valid", after_s=_A_MINUTE_S)
    if status in (408, 425) or status >= 500:
        raise Unreachable(why, unknown=status >= 500, after_s=retry_after_s(headers.get("Retry-After"), now))
    if status in REDIRECTS:
        raise Refused(f"{why}; the repository was renamed or moved: correct its name in the settings", status)
    raise (Gone if status in (404, 410) else Refused)(why, status)


def spent_until(headers: Mapping[str, str], now: datetime, reserve: int) -> float:
    """Seconds until the primary limit begins anew, if no more calls than the reserve are left; else 0."""
    left, reset = headers.get("x-ratelimit-remaining", ""), headers.get("x-ratelimit-reset", "")
    if not (left.isdecimal() and reset.isdecimal()) or int(left) > reserve:
        return 0.0
    return _until(reset, now)


def _limited(status: int, headers: Mapping[str, str], text: str, now: datetime) -> float | None:
    """How long to wait; None if it has nothing to do with limits."""
    if status == 422:
        # Said of issues and comments that come fast, as if something were wrong with them.
        return _A_MINUTE_S if "submitted too quickly" in text else None
    asked = retry_after_s(headers.get("Retry-After"), now)
    if asked is not None:
        return min(asked, _LONGEST_S)
    if headers.get("x-ratelimit-remaining") == "0" and headers.get("x-ratelimit-reset", "").isdecimal():
        return _until(headers["x-ratelimit-reset"], now)
    if status == 429 or "rate limit" in text.lower() or "abuse" in text.lower():
        return _A_MINUTE_S
    return None


def _until(reset: str, now: datetime) -> float:
    wait_s = int(reset[:12]) - now.astimezone(UTC).timestamp()
    return float(min(max(wait_s, 1.0), _LONGEST_S))


def _message(text: str) -> str:
    return " ".join(text[:_SHOWN].split())
