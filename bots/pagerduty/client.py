"""PagerDuty's REST API, as far as incidents, people and priorities go: https://developer.pagerduty.com/api-reference"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import requests

from bots.destination import retry_after_s
from bots.errors import Undeliverable, Unreachable
from bots.secret_file import SecretFile

_TIMEOUT_S: Final = (5.0, 20.0)
_PAGE: Final = 100
"""Entries of a page, the most there are: https://developer.pagerduty.com/docs/pagination"""
_MOST_PAGES: Final = 20
_REQUESTER: Final = 2100
"""The code of an error for arguments that cannot be used, such as a sender that is no user of the account:
https://developer.pagerduty.com/docs/errors"""


class UnknownRequester(Undeliverable):
    """The account has no user with the address of the From header."""


class NotFound(Undeliverable):
    """There is no such thing in the account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemotePage:
    """An incident of PagerDuty as it is there now."""

    id: str
    key: str
    status: str
    """triggered, acknowledged or resolved."""
    url: str
    priority: str
    """The name of its priority; empty without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """What is to change about one page; what is empty stays."""

    id: str
    status: str = ""
    priority_id: str = ""
    escalation_level: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """As `PUT /incidents` takes it."""
        found: dict[str, Any] = {"id": self.id, "type": "incident_reference"}
        if self.status:
            found["status"] = self.status
        if self.priority_id:
            found["priority"] = {"id": self.priority_id, "type": "priority_reference"}
        if self.escalation_level is not None:
            found["escalation_level"] = self.escalation_level
        return found


class Client:
    """One account."""

    def __init__(self, url: str, tokens: SecretFile, timeout_s: tuple[float, float] = _TIMEOUT_S) -> None:
        """`timeout_s` is how long to wait for a connection, and for each part of an answer."""
        self._timeout_s = timeout_s
        self._url = url
        self._tokens = tokens
        self._session = requests.Session()

    def pages(self, key: str, since: datetime, until: datetime) -> tuple[RemotePage, ...]:
        """Incidents with that key that were created in a time, newest first; raises DestinationError."""
        ask = {
            "incident_key": key,
            "since": since.isoformat(),
            "until": until.isoformat(),
            "time_zone": "UTC",
            "sort_by": "created_at:desc",
            "limit": str(_PAGE),
        }
        found = self._read("/incidents", "incidents", ask)
        # One that was made from alerts need not carry the key itself: the filter looks at those of its alerts.
        return tuple(_page({**one, "incident_key": key}) for one in found if one.get("incident_key") in (key, None, ""))

    def alert_keys(self, page: str) -> tuple[str, ...]:
        """The keys of an incident's alerts; raises NotFound, else DestinationError."""
        found = self._read(f"/incidents/{page}/alerts", "alerts", {"limit": str(_PAGE)})
        return tuple(str(one["alert_key"]) for one in found if one.get("alert_key"))

    def update(self, updates: Sequence[Update], sender: str) -> tuple[RemotePage, ...]:
        """Changes several incidents at once, in somebody's name, and gives how they are then.

        Raises UnknownRequester if the account does not know the sender, else DestinationError. Twice is the same as
        once.
        """
        body = {"incidents": [one.to_dict() for one in updates]}
        answer = self._call("PUT", "/incidents", json=body, headers={"From": sender})
        try:
            return tuple(_page(one) for one in answer["incidents"])
        except (KeyError, TypeError) as error:
            raise self._strange("/incidents") from error

    def email(self, user: str) -> str:
        """A user's address in lower case; raises NotFound, else DestinationError."""
        answer = self._call("GET", f"/users/{user}")
        try:
            return str(answer["user"]["email"]).lower()
        except (KeyError, TypeError) as error:
            raise self._strange("/users") from error

    def priorities(self) -> Mapping[str, str]:
        """The id of every priority by its name; none for an account without priorities. Raises DestinationError."""
        try:
            found = self._read("/priorities", "priorities", {"limit": str(_PAGE)})
        except NotFound:
            return {}
        return {str(one.get("name") or one.get("summary")): str(one["id"]) for one in found if "id" in one}

    def _read(self, path: str, name: str, ask: Mapping[str, str]) -> list[dict[str, Any]]:
        """Every entry of a list."""
        found: list[dict[str, Any]] = []
        for _ in range(_MOST_PAGES):
            answer = self._call("GET", path, params={**ask, "offset": str(len(found))})
            try:
                part, more = list(answer[name]), bool(answer.get("more"))
            except (KeyError, TypeError, AttributeError) as error:
                raise self._strange(path) from error
            found += part
            if not more or not part:
                break
        return found

    def _call(self, method: str, path: str, **request: Any) -> Any:
        headers = {
            "Authorization": f"Token token={self._tokens.first}",
            "Accept": "application/vnd.pagerduty+json;version=2",
            **request.pop("headers", {}),
        }
        try:
            answer = self._session.request(
                method, self._url + path, headers=headers, timeout=self._timeout_s, allow_redirects=False, **request
            )
        except requests.RequestException as error:
            # Whatever became of the request: everything that is asked here may be asked again.
            raise Unreachable(f"{self._url}{path}: {error}") from error
        if answer.ok:
            try:
                return answer.json()
            except requests.JSONDecodeError as error:
                raise self._strange(path) from error
        raise _failure(method, self._url + path, answer)

    def _strange(self, path: str) -> Undeliverable:
        return Undeliverable(f"{self._url}{path} does not answer as PagerDuty's REST API, version 2, does")


def _failure(method: str, url: str, answer: requests.Response) -> Exception:
    code, said = _said(answer)
    why = f"{method} {url}: {answer.status_code} {answer.reason}: {said}"
    if answer.status_code in (408, 425, 429) or answer.status_code >= 500:
        # https://developer.pagerduty.com/docs/rest-api-rate-limits
        wait = answer.headers.get("ratelimit-reset") or answer.headers.get("Retry-After")
        return Unreachable(why, after_s=retry_after_s(wait))
    if answer.status_code == 404:
        return NotFound(why)
    if answer.status_code == 400 and code == _REQUESTER and "requester" in said.lower():
        return UnknownRequester(why)
    if answer.status_code in (401, 402, 403):
        # The operator can mend it while the errand waits: nothing is lost over a key that ran out.
        return Unreachable(f"{why}; expected a key of the REST API that may write, in the file of the token")
    return Undeliverable(why)


def _said(answer: requests.Response) -> tuple[int | None, str]:
    """The code and the reasons that PagerDuty gives, or the beginning of what came."""
    try:
        error = answer.json()["error"]
        return error.get("code"), "; ".join(map(str, [error["message"], *error.get("errors", [])]))[:300]
    except (requests.JSONDecodeError, KeyError, TypeError, AttributeError):
        return None, " ".join(answer.text.split())[:200]


def _page(one: Mapping[str, Any]) -> RemotePage:
    """An incident of the API; raises KeyError or TypeError for anything else."""
    priority = one.get("priority") or {}
    return RemotePage(
        id=str(one["id"]),
        key=str(one.get("incident_key") or ""),
        status=str(one["status"]),
        url=str(one.get("html_url") or ""),
        priority=str(priority.get("name") or priority.get("summary") or ""),
    )
