"""Asks Prometheus how the SLIs of a service went over a time.

https://prometheus.io/docs/prometheus/latest/querying/api/#range-queries
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

from alerting.model.policy import Policy
from alerting.model.quantities import Duration
from alerting.model.service import Slo
from alerting.rules.subject import Subject, subject_of
from alerting.timescale import REAL, Timescale
from bots.postmortems.course import Course, Samples, points, step_of

_CALENDAR_DAYS: Final = {"week": 7, "month": 30, "quarter": 91}
"""Nominal lengths of calendar windows."""


class Server(Protocol):
    """A Prometheus, or what answers like one."""

    def get(self, path: str, parameters: Mapping[str, Any]) -> Any:
        """The `data` of an answer; raises Unreachable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Time:
    """What is asked for."""

    start: datetime
    end: datetime


def courses(policy: Policy, service: str, server: Server, time: Time, scale: Timescale = REAL) -> tuple[Course, ...]:
    """A course for each SLO of a service, in the policy's order; none for an unknown service. Raises Unreachable."""
    known = policy.services.get(service)
    if known is None:
        return ()
    return tuple(_course(subject_of(policy, known, slo, scale), slo, server, time) for slo in known.slos)


def _course(subject: Subject, slo: Slo, server: Server, time: Time) -> Course:
    step = step_of(time.start, time.end, subject.interval)
    window = window_of(slo)
    ratio: Samples = {}
    bad: Samples = {}
    total: Samples = {}
    events = None
    if subject.by_expression:
        ratio = _range(server, _each(subject, subject.base_ratio, step), time, step)
    else:
        bad = _range(server, _each(subject, subject.bad, step), time, step)
        total = _range(server, _each(subject, subject.total, step), time, step)
        events = _events(server, subject, window, time.end)
    return Course(
        slo=slo.name,
        objective=slo.ratio,
        window=window,
        step=step,
        points=points(bad, total, ratio),
        window_events=events,
    )


def window_of(slo: Slo) -> timedelta:
    """The length of an SLO's window; the nominal one of a calendar window."""
    if isinstance(slo.window, Duration):
        return timedelta(milliseconds=slo.window.ms)
    return timedelta(days=_CALENDAR_DAYS[slo.window.calendar])


def _events(server: Server, subject: Subject, window: timedelta, at: datetime) -> float | None:
    # An average over what there is, so that a young service is not taken for one without traffic.
    seconds = round(window.total_seconds())
    # Over all series: a new owner's is short, and would stand for the whole window.
    samples = f"{subject.past(subject.total)}[{seconds}s]"
    query = f"sum(sum_over_time({samples})) / sum(count_over_time({samples}))"
    found = server.get("/api/v1/query", {"query": query, "time": at.timestamp()})["result"]
    if not found:
        return None
    value = float(found[0]["value"][1])
    return value * seconds if math.isfinite(value) else None


def _each(subject: Subject, metric: str, step: timedelta) -> str:
    """What a point says: the record itself, or the average since the last point where records lie in between."""
    seconds = round(step.total_seconds())
    if seconds * 1000 <= subject.base.ms:
        return str(subject.past(metric))
    return f"avg_over_time({subject.past(metric)}[{seconds}s])"


def _range(server: Server, query: str, time: Time, step: timedelta) -> Samples:
    parameters = {
        "query": query,
        "start": time.start.timestamp(),
        "end": time.end.timestamp(),
        "step": step.total_seconds(),
    }
    found: dict[datetime, float] = {}
    for series in server.get("/api/v1/query_range", parameters)["result"]:
        for at, value in series["values"]:
            instant = datetime.fromtimestamp(round(float(at), 3), UTC)
            # A new owner begins a new series; where both are there, the services' events are the same ones.
            found[instant] = max(found.get(instant, float("-inf")), float(value))
    return found
