"""Median, 90th percentile and number of some times: never of none, and never without saying of how many."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """What some incidents took, in seconds."""

    median: float
    p90: float
    n: int
    """Of how many."""
    unknown: int = 0
    """Further incidents that count, of which it is not known."""


def spread(times: Iterable[timedelta | None]) -> Spread | None:
    """The spread of those that are known; None if none is."""
    given = list(times)
    known = sorted(time.total_seconds() for time in given if time is not None)
    if not known:
        return None
    return Spread(median=quantile(known, 0.5), p90=quantile(known, 0.9), n=len(known), unknown=len(given) - len(known))


def quantile(ordered: list[float], q: float) -> float:
    """The value at a share of the way through ordered ones, between two neighbours as Prometheus' `quantile` does.

    https://prometheus.io/docs/prometheus/latest/querying/operators/#aggregation-operators
    """
    rank = q * (len(ordered) - 1)
    low = math.floor(rank)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (rank - low)
