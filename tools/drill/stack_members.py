"""A deployed Alertmanager, or a cluster of them, asked and told as one."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import requests

from tools.drill.errors import DrillError
from tools.drill.stack_reach import Member

TIMEOUT_S: Final = 10
_REQUESTS: Final = "alertmanager_notification_requests_total"
"""Counted when a request to a receiver has ended; `alertmanager_notifications_total` counts when it begins."""
_REFUSED: Final = "alertmanager_notification_requests_failed_total"
_GIVEN_UP: Final = "alertmanager_notifications_failed_total"


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """What became of requests to one receiver, since these servers started."""

    taken: float = 0.0
    """Answered with success."""
    refused: float = 0.0
    """Answered otherwise, or not at all; Alertmanager tries again after some answers."""
    given_up: float = 0.0
    """Notifications that will not be tried again."""

    def __sub__(self, earlier: "Count") -> "Count":
        """What happened since."""
        return Count(
            taken=self.taken - earlier.taken,
            refused=self.refused - earlier.refused,
            given_up=self.given_up - earlier.given_up,
        )


Counts = Mapping[tuple[str, str], Count]
"""(integration, receiver) → count; the receiver is empty where the servers do not name it in their metrics."""


class Members:
    """All members of one cluster."""

    def __init__(self, members: Sequence[Member]) -> None:
        """Asks nothing yet."""
        self._members = members

    def post(self, alert: Mapping[str, Any]) -> list[str]:
        """Tells all members, as Prometheus does; gives who could not be told. Raises DrillError if nobody could."""
        failed = []
        for member in self._members:
            try:
                self._call(member, "POST", "/api/v2/alerts", json=[alert])
            except DrillError as error:
                failed.append(str(error))
        if len(failed) == len(self._members):
            raise DrillError("no Alertmanager took the alert:\n" + "\n".join(failed))
        return failed

    def counts(self) -> Counts:
        """What became of notifications, summed over all members; raises DrillError."""
        from prometheus_client.parser import text_string_to_metric_families

        sums: dict[str, dict[tuple[str, str], float]] = defaultdict(lambda: defaultdict(float))
        for member in self._members:
            for family in text_string_to_metric_families(self._call(member, "GET", "/metrics").text):
                for sample in family.samples:
                    if sample.name in (_REQUESTS, _REFUSED, _GIVEN_UP):
                        key = (sample.labels.get("integration", ""), sample.labels.get("receiver_name", ""))
                        sums[sample.name][key] += sample.value
        return {
            key: Count(
                taken=asked - sums[_REFUSED].get(key, 0.0),
                refused=sums[_REFUSED].get(key, 0.0),
                given_up=sums[_GIVEN_UP].get(key, 0.0),
            )
            for key, asked in sums[_REQUESTS].items()
        }

    def muted_by(self, label: str, value: str) -> tuple[str, ...]:
        """Silences and alerts that keep an alert from being sent, where any member says so; raises DrillError."""
        found: set[str] = set()
        for member in self._members:
            answer = self._call(member, "GET", "/api/v2/alerts", params={"filter": f'{label}="{value}"'})
            for alert in _listed(answer):
                found |= {f"silence {one}" for one in alert["status"].get("silencedBy", ())}
                found |= {f"alert {one}" for one in alert["status"].get("inhibitedBy", ())}
        return tuple(sorted(found))

    def _call(self, member: Member, method: str, path: str, **request: Any) -> requests.Response:
        try:
            answer = member.session.request(method, member.url + path, timeout=TIMEOUT_S, **request)
        except requests.RequestException as error:
            raise DrillError(
                f"Alertmanager {member.name}: {_reason(error)}; expected an answer; look at the pod and the network"
            ) from error
        if not answer.ok:
            said = " ".join(answer.text.split())[:200] or "nothing"
            raise DrillError(f"Alertmanager {member.name}: {method} {path} was answered {answer.status_code}: {said}")
        return answer


def _listed(answer: requests.Response) -> list[dict[str, Any]]:
    try:
        found = answer.json()
        assert isinstance(found, list)
    except (ValueError, AssertionError) as error:
        raise DrillError(f"{answer.url}: expected a list of alerts; is it an Alertmanager?") from error
    return found


def _reason(error: requests.RequestException) -> str:
    if isinstance(error, requests.exceptions.SSLError):
        return f"its certificate is not accepted ({str(error)[:160]})"
    return "no answer in time" if isinstance(error, requests.Timeout) else "nothing answers there"


def written(at: datetime) -> str:
    """A time as its API takes it."""
    return at.isoformat()


def alert_at(
    labels: Mapping[str, str], annotations: Mapping[str, str], start: datetime, end: datetime
) -> dict[str, Any]:
    """An alert as Prometheus posts it; it is over when `end` has come."""
    return {
        "labels": dict(labels),
        "annotations": dict(annotations),
        "startsAt": written(start),
        "endsAt": written(end),
    }


Clock = Callable[[], datetime]
