"""Which pairs of windows watch an SLO: those of windows.yaml, scaled to its period, with their guards."""

from dataclasses import dataclass
from typing import Final

from alerting import theory
from alerting.model.document_model import Severity
from alerting.model.quantities import Duration
from alerting.model.service import CalendarWindow, ProbeSli, Service, Slo
from alerting.model.windows import BurnWindows
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


def burn_pairs(slo: Slo, service: Service, windows: BurnWindows, scale: Timescale = REAL) -> tuple[BurnPair, ...]:
    """The pairs that watch an SLO, in the order of windows.yaml."""
    real, scrape = service.scrape_interval, scale.scrape(service.scrape_interval)
    stretch = period(slo).ms / windows.period.ms
    pages = sum(pair.severity == "page" for pair in windows.pairs)
    allowed = slo.false_pages_per_year / max(pages, 1)
    rate = traffic(slo, scrape)
    pairs = []
    for pair in windows.pairs:
        short = window(pair.short, stretch, real, scale)
        if rate is None:
            failures = theory.minimum_failures_unknown(pair.factor, short.length.seconds, allowed)
        else:
            failures = theory.minimum_failures(slo.error_budget * rate, short.length.seconds, allowed)
        long = window(pair.long, stretch, real, scale)
        pairs.append(BurnPair(severity=pair.severity, factor=pair.factor, long=long, short=short, failures=failures))
    return tuple(pairs)


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


def pair_theories(
    slo: Slo, service: Service, windows: BurnWindows, scale: Timescale = REAL
) -> tuple[theory.PairTheory, ...]:
    """The pairs in numbers, for what `alerting.theory` computes."""
    return tuple(
        theory.PairTheory(
            severity=pair.severity,
            factor=pair.factor,
            long_s=pair.long.length.seconds,
            short_s=pair.short.length.seconds,
            base_s=scale.base(service.scrape_interval).seconds,
            budget=slo.error_budget,
            traffic=traffic(slo, scale.scrape(service.scrape_interval)),
            failures=pair.failures,
        )
        for pair in burn_pairs(slo, service, windows, scale)
    )
