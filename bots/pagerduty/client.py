"""PagerDuty's REST API, as far as incidents, people and priorities go: https://developer.pagerduty.com/api-reference"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final, TypeVar

import requests

from bots.configuration.secret_file import SecretFile
from bots.errors import Undeliverable, Unreachable
from bots.pagerduty.failure import NotFound, failure
from bots.timeline.event import parse_time

_TIMEOUT_S: Final = (5.0, 20.0)
_PAGE: Final = 100
"""Entries of a page, the most there are: https://developer.pagerduty.com/docs/pagination"""
_MOST_PAGES: Final = 20
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class RemotePage:
    """An incident of PagerDuty as it is there now."""

    id: str
    status: str
    """triggered, acknowledged or resolved."""
    url: str
    priority: str
    """The name of its priority; empty without one."""
    created_at: datetime | None
    assignees: tuple[str, ...]
    """Ids of users."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteAlert:
    """One of the alerts that an incident of PagerDuty was made from."""

    id: str
    key: str
    status: str
    """triggered or resolved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """What is to change about one page; what is empty stays."""

    id: str
    status: str = ""
    priority_id: str = ""
    escalation_level: int | None = None
    assignee: str = ""
    """The id of the user who gets it."""

    def to_dict(self) -> dict[str, Any]:
        """As `PUT /incidents` takes it."""
        found: dict[str, Any] = {"id": self.id, "type": "incident_reference"}
        if self.status:
            found["status"] = self.status
        if self.priority_id:
            found["priority"] = {"id": self.priority_id, "type": "priority_reference"}
        if self.escalation_level is not None:
            found["escalation_level"] = self.escalation_level
        if self.assignee:
            found["assignments"] = [{"assignee": {"id": self.assignee, "type": "user_reference"}}]
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
        """Incidents that were created in a time and have the key, or an alert that has it, newest first.

        Raises DestinationError.
        """
        ask = {
            "incident_key": key,
            "since": since.isoformat(),
            "until": until.isoformat(),
            "time_zone": "UTC",
            "sort_by": "created_at:desc",
            "limit": str(_PAGE),
        }
        return self._shaped("/incidents", lambda: tuple(map(_page, self._read("/incidents", "incidents", ask))))

    def alerts(self, page: str) -> tuple[RemoteAlert, ...]:
        """The alerts of an incident that have a key; raises NotFound, else DestinationError."""
        path = f"/incidents/{page}/alerts"
        found = self._read(path, "alerts", {"limit": str(_PAGE)})
        return self._shaped(path, lambda: tuple(_alert(one) for one in found if one.get("alert_key")))

    def update(self, updates: Sequence[Update], sender: str) -> tuple[RemotePage, ...]:
        """Changes several incidents at once, in somebody's name, and gives how they are then.

        Raises SenderRefused, AlreadyOver, CannotEscalate or NotFound, else DestinationError. Twice is the same as once.
        """
        body = {"incidents": [one.to_dict() for one in updates]}
        answer = self._call("PUT", "/incidents", json=body, headers={"From": sender})
        return self._shaped("/incidents", lambda: tuple(_page(one) for one in answer["incidents"]))

    def resolve_alerts(self, page: str, alerts: Sequence[str], sender: str) -> None:
        """Ends some alerts of an incident, which goes on with its others; raises as `update` does."""
        body = {"alerts": [{"id": one, "type": "alert", "status": "resolved"} for one in alerts]}
        self._call("PUT", f"/incidents/{page}/alerts", json=body, headers={"From": sender})

    def email(self, user: str) -> str:
        """A user's address in lower case; raises NotFound, else DestinationError."""
        answer = self._call("GET", f"/users/{user}")
        return self._shaped("/users", lambda: str(answer["user"]["email"]).lower())

    def user(self, email: str) -> str:
        """The id of the user with an address, where case does not matter; empty if nobody has it.

        Raises DestinationError.
        """
        found = self._read("/users", "users", {"query": email, "limit": str(_PAGE)})
        # The query also finds it within longer addresses, and in names.
        mine = [one for one in found if str(one.get("email")).lower() == email.lower()]
        return self._shaped("/users", lambda: str(mine[0]["id"]) if mine else "")

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
            part, more = self._shaped(path, partial(_entries, answer, name))
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
        answer = self._send(method, path, headers=headers, **request)
        if not answer.ok:
            raise failure(f"{method} {self._url + path}", answer)
        return self._shaped(path, answer.json)

    def _send(self, method: str, path: str, **request: Any) -> requests.Response:
        more = {"timeout": self._timeout_s, "allow_redirects": False, **request}
        try:
            try:
                return self._session.request(method, self._url + path, **more)
            except requests.ConnectTimeout:
                raise
            except requests.ConnectionError:
                # A connection that was kept open may have been closed there since; a new one shows who is away.
                return self._session.request(method, self._url + path, **more)
        except requests.RequestException as error:
            # Whatever became of the request: everything that is asked here may be asked again.
            raise Unreachable(f"{self._url}{path}: {error}") from error

    def _shaped(self, path: str, read: Callable[[], _T]) -> _T:
        """What is read from an answer; raises Undeliverable for one of another shape."""
        try:
            return read()
        except (requests.JSONDecodeError, KeyError, TypeError, AttributeError, ValueError) as error:
            why = f"{self._url}{path} does not answer as PagerDuty's REST API, version 2, does"
            raise Undeliverable(why) from error


def _entries(answer: Any, name: str) -> tuple[list[dict[str, Any]], bool]:
    """The entries of one page of a list, and whether there are more."""
    return [dict(one) for one in answer[name]], bool(answer.get("more"))


def _page(one: Mapping[str, Any]) -> RemotePage:
    """An incident of the API; raises KeyError, TypeError or ValueError for anything else."""
    priority = one.get("priority") or {}
    assigned = [each["assignee"] for each in one.get("assignments") or ()]
    return RemotePage(
        id=str(one["id"]),
        status=str(one["status"]),
        url=str(one.get("html_url") or ""),
        priority=str(priority.get("name") or priority.get("summary") or ""),
        created_at=parse_time(one["created_at"]) if one.get("created_at") else None,
        assignees=tuple(str(each["id"]) for each in assigned if str(each.get("type", "")).startswith("user")),
    )


def _alert(one: Mapping[str, Any]) -> RemoteAlert:
    return RemoteAlert(id=str(one["id"]), key=str(one["alert_key"]), status=str(one.get("status") or ""))
