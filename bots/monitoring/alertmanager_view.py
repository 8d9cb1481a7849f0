"""What an Alertmanager lists now, and which silences it knows (API v2).

https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import requests

from bots.errors import Unreachable

_TIMEOUT_S: Final = (3.0, 15.0)
# https://github.com/prometheus/common/blob/main/model/fnv.go: FNV-1a of 64 bits
_FNV_START: Final = 14695981039346656037
_FNV_PRIME: Final = 1099511628211
_U64: Final = 2**64 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedAlert:
    """One alert that Alertmanager holds as firing."""

    fingerprint: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    starts_at: datetime
    active: bool
    """Neither silenced, inhibited nor muted: its receivers are notified."""
    generator_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Matcher:
    """One condition on a label."""

    name: str
    value: str
    regex: bool
    equal: bool

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether labels fulfil it; a missing label is an empty one."""
        actual = labels.get(self.name, "")
        found = re.fullmatch(self.value, actual) is not None if self.regex else actual == self.value
        return found is self.equal


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownSilence:
    """A silence, also one that has ended."""

    matchers: tuple[Matcher, ...]
    starts_at: datetime
    ends_at: datetime

    def mutes(self, labels: Mapping[str, str], start: datetime, end: datetime) -> bool:
        """Whether an alert with these labels was silenced from start to end, so that nobody was told of it."""
        return (
            self.starts_at <= start
            and end <= self.ends_at
            and all(matcher.matches(labels) for matcher in self.matchers)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertmanagerView:
    """What one Alertmanager said."""

    up_since: datetime
    alerts: tuple[ListedAlert, ...]
    silences: tuple[KnownSilence, ...]


class Alertmanager:
    """A small client of one server."""

    def __init__(self, url: str, authority: Path | None = None) -> None:
        """`url` is where its pages are, such as http://127.0.0.1:9093; `authority` has signed its certificate."""
        self.url = url
        self._session = requests.Session()
        self._session.verify = True if authority is None else str(authority)

    def view(self) -> AlertmanagerView:
        """Everything it lists now; raises Unreachable."""
        try:
            return AlertmanagerView(
                up_since=datetime.fromisoformat(self._get("/api/v2/status")["uptime"]),
                alerts=tuple(_alert(one) for one in self._get("/api/v2/alerts")),
                silences=tuple(_silence(one) for one in self._get("/api/v2/silences")),
            )
        except (requests.RequestException, ValueError, KeyError, re.error) as error:
            raise Unreachable(f"Alertmanager {self.url}: {error}") from error

    def _get(self, path: str) -> Any:
        response = self._session.get(self.url + path, timeout=_TIMEOUT_S)
        response.raise_for_status()
        return response.json()


def fingerprint(labels: Mapping[str, str]) -> str:
    """The name that Alertmanager gives an alert with exactly these labels."""
    total = _FNV_START
    for name, value in sorted(labels.items()):
        for byte in name.encode() + b"\xff" + value.encode() + b"\xff":
            total = ((total ^ byte) * _FNV_PRIME) & _U64
    return f"{total:016x}"


def merged(views: Iterable[AlertmanagerView]) -> dict[str, ListedAlert]:
    """What any of a cluster lists, by fingerprint; active if it is so anywhere."""
    found: dict[str, ListedAlert] = {}
    for view in views:
        for alert in view.alerts:
            if alert.fingerprint not in found or alert.active:
                found[alert.fingerprint] = alert
    return found


def _alert(value: Mapping[str, Any]) -> ListedAlert:
    return ListedAlert(
        fingerprint=value["fingerprint"],
        labels=value["labels"],
        annotations=value["annotations"],
        starts_at=datetime.fromisoformat(value["startsAt"]),
        active=value["status"]["state"] == "active",
        generator_url=value.get("generatorURL", ""),
    )


def _silence(value: Mapping[str, Any]) -> KnownSilence:
    return KnownSilence(
        matchers=tuple(
            Matcher(name=one["name"], value=one["value"], regex=one["isRegex"], equal=one.get("isEqual", True))
            for one in value["matchers"]
        ),
        starts_at=datetime.fromisoformat(value["startsAt"]),
        ends_at=datetime.fromisoformat(value["endsAt"]),
    )
