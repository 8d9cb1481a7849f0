"""What an SLO promises, worked out: everything that `tocsin explain` shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from alerting import burn, names, theory
from alerting.burn import BurnPair
from alerting.model.document_model import Severity
from alerting.model.policy import Policy
from alerting.model.service import CalendarWindow, ProbeSli, Service, Slo
from alerting.theory import PairTheory
from alerting.timescale import REAL

ERRORS: Final = (1.0, 0.1, 0.05, 0.02, 0.01)
"""The shares of errors that every SLO states its times for."""

SEVERITIES: Final[tuple[Severity, ...]] = ("page", "ticket")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedPair:
    """One pair of windows."""

    severity: Severity
    factor: float
    long: str
    short: str
    threshold: float
    """The error ratio that both windows must exceed."""
    failures: int
    """Bad events that the short window must hold."""
    floor: float
    """The lowest error ratio that fires if it lasts: the threshold, or the failures over the expected events."""
    never: str | None
    """Why even a complete outage does not fire it; None if it does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """What one alert does at one share of errors."""

    severity: Severity
    errors: float
    detection_s: float | None
    """From the first error to the alert; None: it never fires."""
    reset_s: float | None
    """From the last error to the end of the alert, after an outage that lasted until every pair fired."""
    budget_spent: float | None
    """The share of the period's budget that is gone when the alert fires."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One SLO."""

    service: str
    slo: str
    team: str
    alert: str
    objective: float
    period: str
    period_s: float
    budget: float
    """1 - objective."""
    budget_minutes: float
    """Minutes of complete outage that the period allows."""
    traffic: float | None
    """Expected events per second."""
    traffic_source: str
    """Where that comes from: `stated`, `probe` (one a scrape) or `unknown`."""
    budget_events: float | None
    """Bad events that the period allows."""
    evaluated_every_s: float
    pairs: tuple[ExplainedPair, ...]
    reactions: tuple[Reaction, ...]
    false_pages_per_year: float | None
    """Upper bound, of a service that is exactly at its objective; None without known traffic."""
    false_pages_allowed: float
    never: tuple[str, ...]
    """What can never fire, in sentences."""


def explain_slo(policy: Policy, service: Service, slo: Slo, errors: Sequence[float] = ERRORS) -> Explanation:
    """Everything about one SLO, on the real timescale."""
    watched = burn.watch(slo, service, policy.windows)
    theories, length = watched.theories, burn.period(slo)
    traffic = burn.traffic(slo, service.scrape_interval)
    pairs = tuple(_pair(pair, numbers) for pair, numbers in zip(watched.pairs, theories, strict=True))
    return Explanation(
        service=service.service,
        slo=slo.name,
        team=service.owner,
        alert=names.burn_alert(service.service, slo.name),
        objective=slo.ratio,
        period=_period(slo),
        period_s=length.seconds,
        budget=slo.error_budget,
        budget_minutes=slo.error_budget * length.seconds / 60,
        traffic=traffic,
        traffic_source="stated" if slo.traffic else "probe" if isinstance(slo.sli, ProbeSli) else "unknown",
        budget_events=None if traffic is None else slo.error_budget * length.seconds * traffic,
        evaluated_every_s=REAL.evaluation(service.scrape_interval).seconds,
        pairs=pairs,
        reactions=tuple(
            _reaction(theory.of_severity(theories, severity), severity, share, length.seconds)
            for severity in SEVERITIES
            for share in errors
        ),
        false_pages_per_year=theory.false_alarms_per_year(theory.of_severity(theories, "page")),
        false_pages_allowed=slo.false_pages_per_year,
        never=tuple(
            f"the {pair.severity} over {pair.long} and {pair.short} can never fire: {pair.never}"
            for pair in pairs
            if pair.never
        ),
    )


def _period(slo: Slo) -> str:
    if isinstance(slo.window, CalendarWindow):
        return f"each {slo.window.calendar} in {slo.window.timezone}"
    return f"any {slo.window}"


def _pair(pair: BurnPair, numbers: PairTheory) -> ExplainedPair:
    return ExplainedPair(
        severity=pair.severity,
        factor=pair.factor,
        long=pair.long.name,
        short=pair.short.name,
        threshold=numbers.threshold,
        failures=pair.failures,
        floor=numbers.floor,
        never=None if numbers.can_fire else _why(pair, numbers),
    )


def _why(pair: BurnPair, numbers: PairTheory) -> str:
    """Why a pair never fires, and what would help."""
    if numbers.threshold >= 1:
        return (
            f"{numbers.threshold * 100:.4g}% of events would have to be bad; "
            "expected an objective whose budget times the burn rate stays below 100%"
        )
    events = (numbers.traffic or 0) * numbers.short_s
    return (
        f"{events:.3g} events are expected in {pair.short.name}, and {pair.failures} must be bad; "
        "measure with a probe, or choose a longer window"
    )


def _reaction(pairs: Sequence[PairTheory], severity: Severity, errors: float, period_s: float) -> Reaction:
    return Reaction(
        severity=severity,
        errors=errors,
        detection_s=theory.detection_s(pairs, errors),
        reset_s=theory.reset_s(pairs, errors),
        budget_spent=theory.budget_spent(pairs, errors, period_s),
    )
