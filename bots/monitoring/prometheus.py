"""What a Prometheus knows about alerts: which were firing when, which are now, and whether its rules are evaluated.

https://prometheus.io/docs/prometheus/latest/querying/api/
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import requests
import yaml

from bots.errors import Unreachable
from bots.monitoring.annotations import RuleTexts, annotations

SELECTOR: Final = 'ALERTS{alertstate="firing",severity=~"page|ticket"}'
"""What the route of the bot lets through."""
_CHUNK: Final = timedelta(hours=1)
"""Raw samples are read in pieces, so that neither side holds a day of them."""
_TIMEOUT_S: Final = (3.0, 30.0)
_LATE_FACTOR: Final = 3
"""A group that missed so many evaluations is not evaluated."""
_LATE_FLOOR: Final = timedelta(seconds=10)
_OWN_LABELS: Final = frozenset({"__name__", "alertstate"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """One uninterrupted time in which an alert was firing."""

    labels: Mapping[str, str]
    """With the labels that this Prometheus adds to what it sends (external_labels)."""
    start: datetime
    last: datetime
    """The last evaluation that found it firing."""
    interval: timedelta
    """Between two evaluations."""
    annotations: Mapping[str, str] = field(default_factory=dict)
    """What its rule says, as far as that can be known afterwards."""

    @property
    def end(self) -> datetime:
        """The first evaluation that no longer found it firing."""
        return self.last + self.interval


@dataclass(frozen=True, slots=True, kw_only=True)
class PrometheusView:
    """What one Prometheus said."""

    evaluating: bool
    """Some alerts were evaluated a moment ago, without errors."""
    stale: frozenset[str]
    """Names of alerts whose rules were not: that they are not listed says nothing."""
    listed: tuple[Mapping[str, str], ...]
    """Labels of the alerts that are firing or pending now."""
    episodes: tuple[Episode, ...]
    """Those of the asked time, oldest first."""


class Prometheus:
    """A small client of one server."""

    def __init__(
        self,
        url: str,
        now: Callable[[], datetime],
        authority: Path | None = None,
        *,
        timeout_s: tuple[float, float] = _TIMEOUT_S,
    ) -> None:
        """`url` is where its pages are, such as http://127.0.0.1:9090; `authority` has signed its certificate.

        `timeout_s` is the time to connect, and that to wait for an answer.
        """
        self._timeout_s = timeout_s
        self.url = url
        self._now = now
        self._session = requests.Session()
        self._session.verify = True if authority is None else str(authority)

    def view(self, start: datetime, end: datetime) -> PrometheusView:
        """The state now, and the episodes between two instants; raises Unreachable."""
        groups = self.get("/api/v1/rules", {"type": "alert"})["groups"]
        external = self._external_labels()
        intervals = {
            rule["name"]: timedelta(seconds=group["interval"]) for group in groups for rule in group.get("rules", ())
        }
        texts = [_texts(rule) for group in groups for rule in group.get("rules", ())]
        fresh, stale = evaluations(groups, self._now())
        episodes = [
            replace(one, annotations=annotations(texts, one.labels))
            for one in self._episodes(start, end, intervals, external)
        ]
        return PrometheusView(
            evaluating=bool(fresh),
            stale=frozenset(stale),
            listed=tuple(
                {**external, **alert["labels"]}
                for group in groups
                for rule in group.get("rules", ())
                for alert in rule.get("alerts", ())
            ),
            episodes=tuple(sorted(episodes, key=lambda one: one.start)),
        )

    def _external_labels(self) -> Mapping[str, str]:
        text = self.get("/api/v1/status/config", {})["yaml"]
        labels = (yaml.load(text, yaml.CSafeLoader).get("global") or {}).get("external_labels") or {}
        return {str(name): str(value) for name, value in labels.items()}

    def _episodes(
        self, start: datetime, end: datetime, intervals: Mapping[str, timedelta], external: Mapping[str, str]
    ) -> Iterator[Episode]:
        samples: dict[tuple[tuple[str, str], ...], list[float]] = {}
        at = start
        while at < end:
            until = min(at + _CHUNK, end)
            for series in self._raw(at, until):
                labels = {name: value for name, value in series["metric"].items() if name not in _OWN_LABELS}
                samples.setdefault(tuple(sorted(labels.items())), []).extend(when for when, _ in series["values"])
            at = until
        for pairs, times in samples.items():
            labels = dict(pairs)
            interval = intervals.get(labels.get("alertname", ""), timedelta(minutes=1))
            yield from split(times, {**external, **labels}, interval)

    def _raw(self, start: datetime, end: datetime) -> list[Mapping[str, Any]]:
        # A range selector in an instant query gives the samples themselves, with the times of their evaluations.
        window_ms = max(int((end - start).total_seconds() * 1000), 1)
        found = self.get("/api/v1/query", {"query": f"{SELECTOR}[{window_ms}ms]", "time": end.timestamp()})
        result: list[Mapping[str, Any]] = found["result"]
        return result

    def get(self, path: str, parameters: Mapping[str, Any]) -> Any:
        """The `data` of an answer; raises Unreachable."""
        try:
            response = self._session.get(self.url + path, params=parameters, timeout=self._timeout_s)
            response.raise_for_status()
            return response.json()["data"]
        except (requests.RequestException, ValueError, KeyError) as error:
            raise Unreachable(f"Prometheus {self.url}: {error}") from error


def _texts(rule: Mapping[str, Any]) -> RuleTexts:
    return RuleTexts(alert=rule["name"], labels=rule.get("labels", {}), annotations=rule.get("annotations", {}))


def evaluations(groups: list[Mapping[str, Any]], now: datetime) -> tuple[set[str], set[str]]:
    """Names of alerts that were evaluated without error within three intervals, and of those that were not."""
    fresh: set[str] = set()
    stale: set[str] = set()
    for group in groups:
        late = max(_LATE_FACTOR * timedelta(seconds=group["interval"]), _LATE_FLOOR)
        in_time = now - datetime.fromisoformat(group["lastEvaluation"]) <= late
        for rule in group.get("rules", ()):
            (fresh if in_time and rule.get("health") == "ok" else stale).add(rule["name"])
    return fresh - stale, stale


def split(times_s: list[float], labels: Mapping[str, str], interval: timedelta) -> Iterator[Episode]:
    """Episodes from the times of samples: one ends where an evaluation is missing, with half of one for jitter."""
    longest_s = interval.total_seconds() * 1.5
    begun: float | None = None
    last = 0.0
    for time_s in sorted(set(times_s)):
        if begun is None or time_s - last > longest_s:
            if begun is not None:
                yield _episode(labels, begun, last, interval)
            begun = time_s
        last = time_s
    if begun is not None:
        yield _episode(labels, begun, last, interval)


def _episode(labels: Mapping[str, str], begun_s: float, last_s: float, interval: timedelta) -> Episode:
    return Episode(labels=labels, start=_instant(begun_s), last=_instant(last_s), interval=interval)


def _instant(seconds: float) -> datetime:
    """Prometheus counts in milliseconds; a float must not move the instant by a microsecond."""
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=round(seconds * 1000))
