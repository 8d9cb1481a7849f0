"""What PagerDuty's REST API answers when it does not do what was asked: https://developer.pagerduty.com/docs/errors

DestinationError
├── Unreachable        nobody, or the operator: away, too many calls, or a key that ran out; it is tried again
└── Undeliverable
    ├── NotFound           nobody: there is no such thing in the account
    ├── SenderRefused      nobody: somebody else has to ask; the account does not know them, or they may not
    ├── AlreadyOver        nobody: the page was resolved or merged meanwhile
    └── CannotEscalate     nobody: it has no such level, or its urgency is low
"""

from typing import Any, Final

import requests

from bots.errors import Limited, Undeliverable, Unreachable
from bots.outbound.destination import retry_after_s

_ALREADY_RESOLVED: Final = 1001
_ALREADY_MERGED: Final = 1019
_CANNOT_ESCALATE: Final = 1006
_REQUESTER_NOT_FOUND: Final = 1008
_REQUESTER_NOT_AUTHORIZED: Final = 1018
_EXPECTED_KEY: Final = "expected a key of the REST API that may write, in the file of the token"


class NotFound(Undeliverable):
    """There is no such thing in the account."""


class SenderRefused(Undeliverable):
    """The account has no user with the address of the From header, or one who may not do this."""


class AlreadyOver(Undeliverable):
    """The page was resolved, or merged into another one, since it was looked up."""


class CannotEscalate(Undeliverable):
    """The page has no such level of escalation, or is not urgent enough to have any."""


def failure(what: str, answer: requests.Response) -> Exception:
    """The error for an answer that is none of success; `what` is the call."""
    code, said = _said(answer)
    status = answer.status_code
    why = f"{what}: {status} {answer.reason}: {said}"
    # https://developer.pagerduty.com/docs/rest-api-rate-limits
    wait_s = retry_after_s(answer.headers.get("ratelimit-reset") or answer.headers.get("Retry-After"))
    if status == 429:
        return Limited(why, after_s=wait_s)
    if status in (408, 425) or status >= 500:
        return Unreachable(why, after_s=wait_s)
    kind = _kind(code, said.lower())
    if kind is not None:
        return kind(why)
    if status == 404:
        return NotFound(why)
    if status in (401, 402, 403):
        # The operator can mend it while the errand waits: nothing is lost over a key that ran out.
        return Unreachable(f"{why}; {_EXPECTED_KEY}", alone=status == 403)
    return Undeliverable(why)


def _kind(code: int | None, said: str) -> type[Undeliverable] | None:
    """By the code; where it is that of any wrong argument (2001), by the words."""
    if code in (_REQUESTER_NOT_FOUND, _REQUESTER_NOT_AUTHORIZED) or "requester" in said:
        return SenderRefused
    if code in (_ALREADY_RESOLVED, _ALREADY_MERGED) or "already resolved" in said or "already been resolved" in said:
        return AlreadyOver
    if code == _CANNOT_ESCALATE or "escalat" in said:
        return CannotEscalate
    return None


def _said(answer: requests.Response) -> tuple[int | None, str]:
    """The code and the reasons that PagerDuty gives, or the beginning of what came."""
    try:
        error: Any = answer.json()["error"]
        return error.get("code"), "; ".join(map(str, [error["message"], *error.get("errors", [])]))[:300]
    except (requests.JSONDecodeError, KeyError, TypeError, AttributeError):
        return None, " ".join(answer.text.split())[:200]
