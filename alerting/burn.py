"""Which pairs of windows watch an SLO: those of windows.yaml, scaled to its period, with their guards."""

import functools
from dataclasses import dataclass
from typing import Final

from alerting import theory
from alerting.model.document_model import Severity
from alerting.model.quantities import Duration
from alerting.model.service import CalendarWindow, ProbeSli, Service, Slo
from alerting.model.windows import BurnWindows, WindowPair
from alerting.timescale import REAL, Timescale

CALENDAR_DAYS: Final = {"week": 7, "month": 30, "quarter": 90}
"""Nominal lengths: windows must not change in the middle of a period."""
_DAY_MS: Final = 86_400_000
_SHORTEST_IN_BASES: Final = 2
_COARSE_SAMPLES: Final = 144
"""Windows of at least this many coarse samples may use the coarse record: what it lags is below 1 % of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A window that a ratio is recorded over."""

    name: str
    """Its length on the real timescale, as recorded names carry it."""
    length: Duration
    """Its length on this timescale."""
    coarse: bool
    """Long enough to average the coarse record of all events."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BurnPair:
    """Alert while both windows burn faster than `factor` and the short one holds `failures` bad events."""

    severity: Severity
    factor: float
    long: Window
    short: Window
    failures: int


def period(slo: Slo) -> Duration:
    """The length of the period that the objective holds for; calendar periods count as 7, 30 or 90 days."""
    if isinstance(slo.window, CalendarWindow):
        return Duration(CALENDAR_DAYS[slo.window.calendar] * _DAY_MS)
    return slo.window


def traffic(slo: Slo, scrape: Duration) -> float | None:
    """Expected events per second: as stated, or one probe a scrape; None if nobody knows."""
    if slo.traffic is None and isinstance(slo.sli, ProbeSli):
        return 1 / scrape.seconds
    return slo.traffic


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Watch:
    """How an SLO is watched: its pairs, and the same in numbers. The same numbers give the same object."""

    pairs: tuple[BurnPair, ...]
    """In the order of windows.yaml."""
    theories: tuple[theory.PairTheory, ...]


def watch(slo: Slo, service: Service, windows: BurnWindows, scale: Timescale = REAL) -> Watch:
    """How an SLO is watched on a timescale."""
    rate = traffic(slo, scale.scrape(service.scrape_interval))
    budget, allowed = slo.error_budget, slo.false_pages_per_year
    return _watch(windows, period(slo), service.scrape_interval, scale, budget, rate, allowed)


def burn_pairs(slo: Slo, service: Service, windows: BurnWindows, scale: Timescale = REAL) -> tuple[BurnPair, ...]:
    """The pairs that watch an SLO, in the order of windows.yaml."""
    return watch(slo, service, windows, scale).pairs


def pair_theories(
    slo: Slo, service: Service, windows: BurnWindows, scale: Timescale = REAL
) -> tuple[theory.PairTheory, ...]:
    """The pairs in numbers, for what `alerting.theory` computes."""
    return watch(slo, service, windows, scale).theories


@functools.lru_cache(maxsize=4096)
def _watch(
    windows: BurnWindows,
    length: Duration,
    scrape: Duration,
    scale: Timescale,
    budget: float,
    rate: float | None,
    allowed: float,
) -> Watch:
    share = allowed / max(sum(pair.severity == "page" for pair in windows.pairs), 1)
    pairs = tuple(
        BurnPair(
            severity=pair.severity,
            factor=pair.factor,
            long=long,
            short=short,
            failures=_failures(pair.factor, short.length.seconds, budget, rate, share),
        )
        for pair, long, short in _scaled(windows, length, scrape, scale)
    )
    base_s = scale.base(scrape).seconds
    return Watch(pairs=pairs, theories=tuple(_theory(pair, base_s, budget, rate) for pair in pairs))


def _theory(pair: BurnPair, base_s: float, budget: float, rate: float | None) -> theory.PairTheory:
    return theory.PairTheory(
        severity=pair.severity,
        factor=pair.factor,
        long_s=pair.long.length.seconds,
        short_s=pair.short.length.seconds,
        base_s=base_s,
        budget=budget,
        traffic=rate,
        failures=pair.failures,
    )


@functools.lru_cache(maxsize=1024)
def _scaled(
    windows: BurnWindows, length: Duration, scrape: Duration, scale: Timescale
) -> tuple[tuple[WindowPair, Window, Window], ...]:
    """Each pair of windows.yaml with its windows, long and short, for a period of that length."""
    stretch = length.ms / windows.period.ms
    return tuple(
        (pair, window(pair.long, stretch, scrape, scale), window(pair.short, stretch, scrape, scale))
        for pair in windows.pairs
    )


def _failures(factor: float, short_s: float, budget: float, rate: float | None, allowed: float) -> int:
    if rate is None:
        return theory.minimum_failures_unknown(factor, short_s, allowed)
    return theory.minimum_failures(budget * rate, short_s, allowed)


def window(length: Duration, stretch: float, scrape: Duration, scale: Timescale) -> Window:
    """A window of windows.yaml stretched to an SLO's period, in whole seconds and never below two base windows."""
    real = max(Duration(round(length.ms * stretch / 1000) * 1000), _least(scrape, REAL))
    scaled = max(scale.window(real), _least(scrape, scale))
    return Window(name=str(real), length=scaled, coarse=is_coarse(scaled, scrape, scale))


def is_coarse(length: Duration, scrape: Duration, scale: Timescale) -> bool:
    """Whether a window of that length, on the timescale, is long enough for the coarse record."""
    return length.ms >= _COARSE_SAMPLES * scale.coarse(scrape).ms


def _least(scrape: Duration, scale: Timescale) -> Duration:
    return Duration(_SHORTEST_IN_BASES * scale.base(scrape).ms)
