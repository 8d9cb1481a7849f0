"""Closed forms of multiwindow burn-rate alerts: when they fire, when they stop, how often for no reason.

A pair of windows alerts while the error ratio over both is above its threshold (factor × error budget) and the short
one holds at least `failures` bad events. What follows assumes steady traffic and a healthy past, and that events are
recorded as rates over a base window, which delays what the windows see by at most half of it. docs/adr/0010 says how
the formulas were checked against Prometheus. Times are seconds, ratios 0..1, traffic events per second.

Source of the alerts: https://sre.google/workbook/alerting-on-slos/#6-multiwindow-multi-burn-rate-alerts
"""

import functools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from alerting.model.document_model import Severity

YEAR_S: Final = 365 * 86_400
FEWEST_FAILURES: Final = 2
"""A single failed request alerts nobody, however rare traffic is."""
_MEAN_CAP: Final = 2.0
_GRID: Final = 200


def poisson(count: int, mean: float) -> float:
    """Probability that a Poisson variable of that mean is exactly `count`."""
    if count < 0:
        return 0.0
    if mean == 0:
        return 1.0 if count == 0 else 0.0
    return math.exp(count * math.log(mean) - mean - math.lgamma(count + 1))


def alarms_per_year(bad_per_second: float, window_s: float, level: int) -> float:
    """How often a year the count of a sliding window reaches `level` when bad events are a Poisson process.

    The count goes up to `level` at each arrival that finds `level - 1` in the window, so that overlapping windows
    are counted once.
    """
    return YEAR_S * bad_per_second * poisson(level - 1, bad_per_second * window_s)


@functools.lru_cache(maxsize=4096)
def minimum_failures(bad_per_second: float, window_s: float, allowed_per_year: float) -> int:
    """The smallest count above the mean that chance alone reaches at most `allowed_per_year` times a year.

    `bad_per_second` is what the error budget allows. Below the mean the probability falls again, and a count that
    every window holds is no guard, so the search begins at the mean.
    """
    low = max(FEWEST_FAILURES, math.floor(bad_per_second * window_s) + 1)

    def enough(count: int) -> bool:
        return alarms_per_year(bad_per_second, window_s, count) <= allowed_per_year

    if enough(low):
        return low
    step = 1
    while not enough(low + step):
        step *= 2
    below, above = low + step // 2, low + step
    while above - below > 1:
        middle = (below + above) // 2
        below, above = (below, middle) if enough(middle) else (middle, above)
    return above if step > 1 else low + 1


@functools.lru_cache(maxsize=4096)
def minimum_failures_unknown(factor: float, window_s: float, allowed_per_year: float) -> int:
    """The guard of a pair whose traffic nobody stated: what the worst traffic would ask for.

    With more traffic the burn-rate threshold itself asks for more bad events than chance gives; where it does not
    (factors near 1), means above 2 are left out, since a guard for busy services would blind the alert on idle ones.
    """
    worst = FEWEST_FAILURES
    for step in range(1, _GRID + 1):
        mean = _MEAN_CAP * step / _GRID
        needed = minimum_failures(mean / window_s, window_s, allowed_per_year)
        if needed > factor * mean:
            worst = max(worst, needed)
    return worst


@dataclass(frozen=True, slots=True, kw_only=True)
class PairTheory:
    """One pair of windows of one SLO, in numbers."""

    severity: Severity
    factor: float
    long_s: float
    short_s: float
    base_s: float
    budget: float
    """Error budget, 1 - objective."""
    traffic: float | None
    """Events per second; None if nobody stated it, and then the guard takes no part in what is computed."""
    failures: int
    """Bad events that the short window must hold."""

    @property
    def threshold(self) -> float:
        """The error ratio that both windows must exceed."""
        return self.factor * self.budget

    @property
    def guard(self) -> float:
        """The error ratio at which the short window holds enough bad events; 0 without known traffic."""
        return 0.0 if self.traffic is None else self.failures / (self.traffic * self.short_s)

    @property
    def floor(self) -> float:
        """The lowest error ratio that can fire, however long it lasts."""
        return max(self.threshold, self.guard)

    @property
    def can_fire(self) -> bool:
        """Whether a complete outage fires."""
        return self.feasible(1.0)

    def feasible(self, errors: float) -> bool:
        """Whether this error ratio fires if it lasts."""
        return errors > self.threshold and errors >= self.guard

    def detection_s(self, errors: float) -> float | None:
        """Seconds from the first error to the alert; None if it never fires."""
        if not self.feasible(errors):
            return None
        burn = self.long_s * self.threshold / errors
        count = 0.0 if self.traffic is None else self.failures / (errors * self.traffic)
        return max(burn, count) + self.base_s / 2

    def reset_s(self, errors: float) -> float | None:
        """Seconds from the last error until the alert stops; None if it never fired."""
        if not self.feasible(errors):
            return None
        return self.short_s * (1 - self.floor / errors) + self.base_s / 2

    def false_alarms_per_year(self) -> float | None:
        """Alerts a year of a service that is exactly at its objective, by chance; None without known traffic.

        The long window is not counted in its favour, so this is an upper bound.
        """
        if self.traffic is None:
            return None
        level = max(self.failures, math.floor(self.threshold * self.traffic * self.short_s) + 1)
        return alarms_per_year(self.budget * self.traffic, self.short_s, level)


def of_severity(pairs: Iterable[PairTheory], severity: Severity) -> tuple[PairTheory, ...]:
    """The pairs of one alert."""
    return tuple(pair for pair in pairs if pair.severity == severity)


def detection_s(pairs: Iterable[PairTheory], errors: float) -> float | None:
    """Seconds until the first of the pairs fires; None if none does."""
    return min((found for pair in pairs if (found := pair.detection_s(errors)) is not None), default=None)


def reset_s(pairs: Sequence[PairTheory], errors: float, lasted_s: float = math.inf) -> float | None:
    """Seconds from the end of a fault until the last of the pairs that it fired stops; None if none fired."""
    fired = (pair for pair in pairs if (found := pair.detection_s(errors)) is not None and found <= lasted_s)
    return max((found for pair in fired if (found := pair.reset_s(errors)) is not None), default=None)


def budget_spent(pairs: Iterable[PairTheory], errors: float, period_s: float) -> float | None:
    """The share of the period's whole budget that is gone when the first pair fires; None if none does."""
    pairs = tuple(pairs)
    after = detection_s(pairs, errors)
    return None if after is None else errors * after / (pairs[0].budget * period_s)


def false_alarms_per_year(pairs: Iterable[PairTheory]) -> float | None:
    """Alerts a year by chance of all the pairs together; None without known traffic."""
    found = [pair.false_alarms_per_year() for pair in pairs]
    return None if None in found else sum(alarms for alarms in found if alarms is not None)
