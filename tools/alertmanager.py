"""Alertmanager's API, as far as silences go: https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml

AlertmanagerError      whoever runs Alertmanager, or named it: the message says what to look at
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

import requests

from alerting.errors import TocsinError
from alerting.model.matcher import Matcher, Operator
from alerting.model.quantities import parse_instant
from alerting.silence_plan import Body, Held

TIMEOUT_S: Final = 10
_OPERATORS: Final[Mapping[tuple[bool, bool], Operator]] = {
    (False, True): "=",
    (False, False): "!=",
    (True, True): "=~",
    (True, False): "!~",
}
"""By (isRegex, isEqual)."""


class AlertmanagerError(TocsinError):
    """Alertmanager did not do what it was asked; the message is for people."""


class Alertmanager:
    """One Alertmanager; of a cluster any member will do, they tell each other."""

    def __init__(self, url: str, *, dry_run: bool = False, session: requests.Session | None = None) -> None:
        """Reads only, if `dry_run`: then `put` and `expire` do nothing. `session` knows whom to trust, say."""
        self._url = url.rstrip("/")
        self._dry_run = dry_run
        self._session = session or requests.Session()

    def silences(self) -> tuple[Held, ...]:
        """Every silence that is active or to come; raises AlertmanagerError."""
        answer = self._call("GET", "/api/v2/silences")
        try:
            return tuple(
                Held(id=each["id"], body=_body(each)) for each in answer if each["status"]["state"] != "expired"
            )
        except (KeyError, TypeError, ValueError) as error:
            raise self._not_alertmanager() from error

    def put(self, body: Body, replaces: str | None = None) -> str | None:
        """Creates or replaces a silence and gives its id; None on a dry run. Raises AlertmanagerError."""
        if self._dry_run:
            return None
        document = {
            "matchers": [
                {
                    "name": matcher.label,
                    "value": matcher.value,
                    "isRegex": matcher.operator in ("=~", "!~"),
                    "isEqual": matcher.operator in ("=", "=~"),
                }
                for matcher in body.matchers
            ],
            "startsAt": _written(body.starts_at),
            "endsAt": _written(body.ends_at),
            "createdBy": body.created_by,
            "comment": body.comment,
            **({"id": replaces} if replaces else {}),
        }
        try:
            return str(self._call("POST", "/api/v2/silences", document)["silenceID"])
        except (KeyError, TypeError) as error:
            raise self._not_alertmanager() from error

    def expire(self, silence: str) -> None:
        """Ends a silence now; nothing on a dry run. Raises AlertmanagerError."""
        if not self._dry_run:
            self._call("DELETE", f"/api/v2/silence/{silence}")

    def _call(self, method: str, path: str, document: Any = None) -> Any:
        """The answer to a request, as a value; None for an empty one."""
        try:
            answer = self._session.request(method, self._url + path, json=document, timeout=TIMEOUT_S)
        except requests.ConnectionError as error:
            raise self._failed("nothing answers there", "expected a running Alertmanager") from error
        except requests.Timeout as error:
            raise self._failed(f"no answer within {TIMEOUT_S} s", "expected one sooner") from error
        except requests.RequestException as error:
            raise self._failed(str(error)[:200], "expected an address such as http://alertmanager:9093") from error
        if not answer.ok:
            said = " ".join(answer.text.split())[:300] or "nothing"
            raise self._failed(f"{method} {path} was answered {answer.status_code}, saying {said}", "expected success")
        if not answer.content:
            return None
        try:
            return answer.json()
        except requests.JSONDecodeError as error:
            raise self._not_alertmanager() from error

    def _not_alertmanager(self) -> AlertmanagerError:
        return self._failed("does not answer as Alertmanager does", "expected its API, version 2")

    def _failed(self, wrong: str, expected: str) -> AlertmanagerError:
        """The message, without a password that the address may hold."""
        parts = urlsplit(self._url)
        shown = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
        return AlertmanagerError(
            f"Alertmanager at {shown}: {wrong}; {expected}; name another one with --alertmanager or "
            "TOCSIN_ALERTMANAGER_URL"
        )


def _body(silence: Mapping[str, Any]) -> Body:
    """A silence of the API; raises KeyError, TypeError or ValueError for anything else."""
    return Body(
        matchers=tuple(sorted(_matcher(each) for each in silence["matchers"])),
        starts_at=parse_instant(silence["startsAt"]),
        ends_at=parse_instant(silence["endsAt"]),
        comment=silence["comment"],
        created_by=silence["createdBy"],
    )


def _matcher(matcher: Mapping[str, Any]) -> Matcher:
    # Releases before 0.22 have no isEqual, which means that it is true.
    operator = _OPERATORS[matcher["isRegex"], matcher.get("isEqual", True)]
    return Matcher(label=matcher["name"], value=matcher["value"], operator=operator)


def _written(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
