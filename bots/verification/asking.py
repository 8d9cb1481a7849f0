"""Reads the figures of a service's SLI from Prometheus.

https://prometheus.io/docs/prometheus/latest/querying/api/#range-queries
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from alerting.health import HealthQuery
from bots.errors import Unreachable
from bots.observing import Server
from bots.verification.judgement import Course, Figure

_ONLY_A_RATIO = 1.0
"""The traffic where only the ratio is known: that it is a number says that there is some."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Time:
    """What is asked for."""

    start: datetime
    end: datetime
    step: timedelta


def course(servers: Sequence[Server], queries: Iterable[HealthQuery], time: Time) -> Course:
    """The figures of all objectives, from the first server that has any; raises Unreachable if none answers.

    Each of several servers may know a part of the services only, and one of a pair may just have started.
    """
    wanted = tuple(queries)
    failed: list[Unreachable] = []
    best: Course = {}
    for server in servers:
        try:
            found = _course(server, wanted, time)
        except Unreachable as error:
            failed.append(error)
            continue
        if len(found) > len(best):
            best = found
    if not best and failed:
        raise failed[0]
    return best


def instants(servers: Iterable[Server], query: str, time: Time) -> frozenset[datetime]:
    """When a query had a value, on any server that answers; raises Unreachable if none does."""
    failed: list[Unreachable] = []
    found: list[Iterable[datetime]] = []
    for server in servers:
        try:
            found.append(_range(server, query, time))
        except Unreachable as error:
            failed.append(error)
    if failed and not found:
        raise failed[0]
    return frozenset().union(*found)


def _course(server: Server, queries: Iterable[HealthQuery], time: Time) -> Course:
    found: dict[datetime, dict[str, Figure]] = {}
    for query in queries:
        bad = _range(server, query.ratio, time)
        rates = None if query.traffic is None else _range(server, query.traffic, time)
        for at, ratio in bad.items():
            rate = _ONLY_A_RATIO if rates is None else rates.get(at, 0.0)
            found.setdefault(at, {})[query.slo] = Figure(bad=ratio, rate=rate)
    return found


def _range(server: Server, query: str, time: Time) -> Mapping[datetime, float]:
    parameters = {
        "query": query,
        "start": time.start.timestamp(),
        "end": time.end.timestamp(),
        "step": time.step.total_seconds(),
    }
    answer = server.get("/api/v1/query_range", parameters)["result"]
    values = answer[0]["values"] if answer else ()
    return {datetime.fromtimestamp(round(float(at), 3), UTC): float(value) for at, value in values}
