"""PagerDuty's REST API, as far as overrides of schedules go: https://developer.pagerduty.com/api-reference

PagerDutyError         whoever gave the token or runs the account: the message says what to look at
"""

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import requests

from alerting.errors import TocsinError
from alerting.model.quantities import parse_instant
from alerting.pagerduty.overrides import Held, Override

URL: Final = "https://api.pagerduty.com"
TIMEOUT_S: Final = 30
PAGE: Final = 100
"""Entries of a page, the most there are: https://developer.pagerduty.com/docs/pagination"""
WINDOW: Final = timedelta(days=90)
"""How much of a schedule is asked for at once; reports on schedules go back and forth three months at most."""
MOST_WAITS: Final = 5
LONGEST_WAIT_S: Final = 60.0


class PagerDutyError(TocsinError):
    """PagerDuty did not do what it was asked; the message is for people."""


class PagerDuty:
    """One account."""

    def __init__(
        self, token: str, url: str = URL, *, dry_run: bool = False, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        """Reads only, if `dry_run`: then `create` and `remove` do nothing."""
        self._url = url.rstrip("/")
        self._dry_run = dry_run
        self._sleep = sleep
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Token token={token}"
        self._session.headers["Accept"] = "application/vnd.pagerduty+json;version=2"

    def schedules(self) -> dict[str, str]:
        """The id of every schedule by its name; raises PagerDutyError."""
        return {str(one["name"]): str(one["id"]) for one in self._pages("schedules")}

    def users(self) -> dict[str, str]:
        """The id of every user by the address in lower case; raises PagerDutyError."""
        return {str(one["email"]).lower(): str(one["id"]) for one in self._pages("users")}

    def overrides(
        self, name: str, schedule: str, since: datetime, until: datetime, emails: dict[str, str]
    ) -> list[Held]:
        """Those of a schedule that have an instant in [since, until), whole; `emails` by user id.

        Raises PagerDutyError.
        """
        found: dict[str, Held] = {}
        while since < until:
            end = min(since + WINDOW, until)
            for one in self._between(schedule, since, end):
                try:
                    held = _held(one, name, emails)
                except (KeyError, TypeError, ValueError) as error:
                    raise self._not_pagerduty() from error
                found[held.id] = held
            since = end
        return sorted(found.values())

    def create(self, schedule: str, override: Override, user: str) -> None:
        """Makes an override; nothing on a dry run. Raises PagerDutyError."""
        if self._dry_run:
            return
        wish = {
            "start": override.start.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "end": override.end.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "user": {"id": user, "type": "user_reference"},
        }
        path = f"/schedules/{schedule}/overrides"
        answer = self._call("POST", path, json={"overrides": [wish]})
        # Each override of a request has a status of its own, whatever that of the answer is.
        for one in answer if isinstance(answer, list) else []:
            if one.get("status") != 201:
                raise self._failed(f"POST {path} was refused, saying {one.get('errors')}", "expected an override")

    def remove(self, schedule: str, override: str) -> None:
        """Removes an override, or ends one that has begun; nothing on a dry run. Raises PagerDutyError."""
        if not self._dry_run:
            self._call("DELETE", f"/schedules/{schedule}/overrides/{override}")

    def incidents(self, key: str, since: datetime) -> list[dict[str, Any]]:
        """Incidents with that de-duplication key that were created since, newest first; raises PagerDutyError."""
        ask = {"incident_key": key, "since": since.isoformat(), "sort_by": "created_at:desc", "limit": str(PAGE)}
        ask["until"] = (datetime.now(UTC) + timedelta(minutes=1)).isoformat()
        try:
            found: list[dict[str, Any]] = self._call("GET", "/incidents", params=ask)["incidents"]
        except (KeyError, TypeError) as error:
            raise self._not_pagerduty() from error
        return found

    def _between(self, schedule: str, since: datetime, until: datetime) -> list[dict[str, Any]]:
        # Without `overflow` entries are cut at the bounds. The documentation promises ids with `editable` only.
        ask = {"since": since.isoformat(), "until": until.isoformat(), "overflow": "true"}
        path = f"/schedules/{schedule}/overrides"
        try:
            found: list[dict[str, Any]] = self._call("GET", path, params=ask)["overrides"]
            if any("id" not in one for one in found):
                found = self._call("GET", path, params={**ask, "editable": "true"})["overrides"]
        except (KeyError, TypeError) as error:
            raise self._not_pagerduty() from error
        return found

    def _pages(self, what: str) -> Iterator[dict[str, Any]]:
        """Every entry of a list."""
        offset = 0
        while True:
            answer = self._call("GET", f"/{what}", params={"limit": str(PAGE), "offset": str(offset)})
            try:
                entries, more = list(answer[what]), answer["more"]
            except (KeyError, TypeError) as error:
                raise self._not_pagerduty() from error
            yield from entries
            if not more or not entries:
                return
            offset += len(entries)  # a page may be shorter than what was asked for

    def _call(self, method: str, path: str, **request: Any) -> Any:
        """The answer to a request, as a value; None for an empty one. Waits where there were too many requests."""
        for _ in range(MOST_WAITS):
            answer = self._send(method, path, request)
            if answer.status_code != 429:
                break
            self._sleep(_wait_s(answer))
        if answer.status_code == 401:
            raise self._failed("the token was refused", "expected one of an account's REST API key that may write")
        if not answer.ok:
            raise self._failed(
                f"{method} {path} was answered {answer.status_code}, saying {_said(answer)}", "expected success"
            )
        if not answer.content:
            return None
        try:
            return answer.json()
        except requests.JSONDecodeError as error:
            raise self._not_pagerduty() from error

    def _send(self, method: str, path: str, request: dict[str, Any]) -> requests.Response:
        try:
            return self._session.request(method, self._url + path, timeout=TIMEOUT_S, allow_redirects=False, **request)
        except requests.ConnectionError as error:
            raise self._failed("nothing answers there", "expected PagerDuty") from error
        except requests.Timeout as error:
            raise self._failed(f"no answer within {TIMEOUT_S} s", "expected one sooner") from error
        except requests.RequestException as error:
            raise self._failed(str(error)[:200], f"expected an address such as {URL}") from error

    def _not_pagerduty(self) -> PagerDutyError:
        return self._failed("does not answer as PagerDuty does", "expected its REST API, version 2")

    def _failed(self, wrong: str, expected: str) -> PagerDutyError:
        return PagerDutyError(
            f"PagerDuty at {self._url}: {wrong}; {expected}; "
            "see --url, --token-file, TOCSIN_PAGERDUTY_URL and TOCSIN_PAGERDUTY_TOKEN_FILE"
        )


def _held(one: dict[str, Any], name: str, emails: dict[str, str]) -> Held:
    """An override of the API; raises KeyError, TypeError or ValueError for anything else."""
    user: Sequence[Any] | dict[str, Any] = one["user"]
    assert isinstance(user, dict)
    return Held(
        schedule=name,
        start=parse_instant(one["start"]),
        end=parse_instant(one["end"]),
        email=emails.get(user["id"]),
        id=one["id"],
        who=str(user.get("summary") or user["id"]),
    )


def _wait_s(answer: requests.Response) -> float:
    """https://developer.pagerduty.com/docs/rest-api-rate-limits: seconds until there may be more requests."""
    try:
        return min(max(float(answer.headers["ratelimit-reset"]), 1.0), LONGEST_WAIT_S)
    except (KeyError, ValueError):
        return LONGEST_WAIT_S / 2


def _said(answer: requests.Response) -> str:
    """The reasons that PagerDuty gives, or the beginning of what came."""
    try:
        error = answer.json()["error"]
        reasons = [error["message"], *error.get("errors", [])]
    except (requests.JSONDecodeError, KeyError, TypeError):
        reasons = [answer.text]
    said = " ".join("; ".join(map(str, reasons)).split())[:300]
    return "".join(char if char.isprintable() else "�" for char in said) or "nothing"
