"""What the rules of one SLO are made of: their form, which many SLOs share, and the texts that fill it.

Keeping the two apart is what makes a thousand services quick to render: `alerting.rendering` writes each form once.
"""

import functools
import operator
from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from functools import cached_property
from typing import Final

from alerting import burn, names, promql
from alerting.burn import Watch, Window
from alerting.model.document_model import Severity, Tier
from alerting.model.policy import Policy
from alerting.model.quantities import Duration
from alerting.model.service import CalendarWindow, Service, Slo
from alerting.promql import Expr, Selector
from alerting.rules.indicator import Indicator, take_apart
from alerting.rules.ownership import dashboard_of
from alerting.rules.placeholders import literal
from alerting.rules.ratio_form import compiled_sli
from alerting.timescale import REAL, Timescale

VANISHED_SEVERITY: Final[Mapping[Tier, Severity]] = {1: "page", 2: "ticket", 3: "ticket"}
"""Nobody would be paged for an outage that cannot be seen, so users' first tier pages for blindness itself."""
_HALF: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class PairForm:
    """A pair of windows without the number of failures that it asks for."""

    severity: Severity
    factor: float
    long: Window
    short: Window
    guarded: bool
    """Whether it asks for a number of failures at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """Everything about an SLO that changes which rules it has."""

    indicator: Indicator
    pairs: tuple[PairForm, ...]
    window: Duration | CalendarWindow
    scrape: Duration
    """The service's scrape interval, on the real timescale."""
    scale: Timescale
    vanished: Severity
    """What vanished metrics ask of a person."""

    def __hash__(self) -> int:
        """Cheaper than that of everything: forms of one repository differ in these, or in their factors."""
        return hash((self.indicator.kind, self.window, self.scrape, self.vanished, len(self.pairs)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """Everything about an SLO that is only written into its rules."""

    service: str
    slo: str
    team: str
    alert: str
    objective: str
    """Such as 0.999, with exactly its digits; so is `budget`."""
    budget: str
    page_priority: str
    ticket_priority: str
    description: str
    """Of the burn alerts; a template of Prometheus."""
    runbook_url: str
    vanished_runbook_url: str
    dashboard_url: str
    selectors: tuple[str, ...]
    """What is counted: all events, then bad or good ones, if the kind of SLI has two."""
    guards: tuple[str, ...]
    """For each pair, what the count (or the ratio) of bad events in its short window must exceed."""

    def flat(self) -> tuple[str, ...]:
        """All of them in one row."""
        return (*_ONES(self), *self.selectors, *self.guards)


_ONES: Final = operator.attrgetter(
    *(field.name for field in fields(Texts) if field.name not in ("selectors", "guards"))
)


@dataclass(frozen=True, kw_only=True)
class Subject:
    """One SLO as its rules see it."""

    form: Form
    texts: Texts

    @cached_property
    def labels(self) -> Mapping[str, str]:
        """Labels of every recorded series of the SLO."""
        return {**self.identity, names.TEAM: self.texts.team}

    @cached_property
    def identity(self) -> Mapping[str, str]:
        """The labels that select the SLO's past; without the team, so that its history survives a new owner."""
        return {names.SERVICE: self.texts.service, names.SLO: self.texts.slo}

    @cached_property
    def windows(self) -> tuple[Window, ...]:
        """Every window of the pairs once, shortest first."""
        found = {window.name: window for pair in self.form.pairs for window in (pair.short, pair.long)}
        return tuple(sorted(found.values(), key=lambda window: (window.length, window.name)))

    @cached_property
    def interval(self) -> Duration:
        """How often the SLO's rules are evaluated."""
        return self.form.scale.evaluation(self.form.scrape)

    @cached_property
    def base(self) -> Duration:
        """The base window on this timescale."""
        return self.form.scale.base(self.form.scrape)

    @cached_property
    def coarse(self) -> Duration:
        """Window and interval of the coarse record."""
        return self.form.scale.coarse(self.form.scrape)

    @cached_property
    def bad(self) -> str:
        """Name of the recorded rate of bad events; the base window is named as on the real timescale."""
        return names.bad_events(str(REAL.base(self.form.scrape)))

    @cached_property
    def total(self) -> str:
        """Name of the recorded rate of all events."""
        return names.total_events(str(REAL.base(self.form.scrape)))

    @cached_property
    def coarse_bad(self) -> str:
        """Name of the coarse record of bad events."""
        return names.bad_events(str(REAL.coarse(self.form.scrape)))

    @cached_property
    def coarse_total(self) -> str:
        """Name of the coarse record of all events."""
        return names.total_events(str(REAL.coarse(self.form.scrape)))

    @cached_property
    def base_ratio(self) -> str:
        """Name of the recorded ratio over the base window, of an SLI that is any PromQL."""
        return names.error_ratio(str(REAL.base(self.form.scrape)))

    @property
    def by_expression(self) -> bool:
        """Whether the SLI is any PromQL, so that there are no rates of events to build on."""
        return self.form.indicator.ratio is not None

    def priority(self, severity: Severity) -> str:
        """The priority of an alert; those of SLOs are pages and tickets."""
        return self.texts.page_priority if severity == "page" else self.texts.ticket_priority

    def recorded(self, metric: str) -> Selector:
        """A recorded series of this SLO as it is now."""
        return promql.recorded(metric, self.labels)

    def past(self, metric: str) -> Selector:
        """The same over time, under whichever owner: for ranges, whose results must then be summed."""
        return promql.recorded(metric, self.identity)

    def ratio(self, window: Window) -> Expr:
        """The recorded error ratio over a window."""
        return self.recorded(names.error_ratio(window.name)).expr


def subject_of(policy: Policy, service: Service, slo: Slo, scale: Timescale = REAL) -> Subject:
    """One SLO on one timescale; raises ValueError for a selector or an expression that is not PromQL."""
    indicator, selectors = take_apart(compiled_sli(slo.sli))
    watch = burn.watch(slo, service, policy.windows, scale)
    guards = _guards(watch, slo.traffic, counted=indicator.ratio is None)
    form = Form(
        indicator=indicator,
        pairs=_pair_forms(watch, guarded=bool(guards)),
        window=slo.window,
        scrape=service.scrape_interval,
        scale=scale,
        vanished=VANISHED_SEVERITY[service.tier],
    )
    return Subject(form=form, texts=_texts(policy, service, slo, selectors, guards))


@functools.lru_cache(maxsize=4096)
def _guards(watch: Watch, traffic: float | None, *, counted: bool) -> tuple[str, ...]:
    """Half a failure less than asked for, since the count is a sum of rates; none if neither counters can tell."""
    if counted:
        return tuple(promql.format_number(pair.failures - _HALF) for pair in watch.pairs)
    if traffic is None:
        return ()
    return tuple(
        promql.format_number((pair.failures - _HALF) / (traffic * pair.short.length.seconds)) for pair in watch.pairs
    )


@functools.lru_cache(maxsize=4096)
def _pair_forms(watch: Watch, *, guarded: bool) -> tuple[PairForm, ...]:
    return tuple(
        PairForm(severity=pair.severity, factor=pair.factor, long=pair.long, short=pair.short, guarded=guarded)
        for pair in watch.pairs
    )


def _texts(
    policy: Policy, service: Service, slo: Slo, selectors: tuple[Selector, ...], guards: tuple[str, ...]
) -> Texts:
    alert = names.burn_alert(service.service, slo.name)
    prefix = literal(policy.routing.runbook_url)
    return Texts(
        service=service.service,
        slo=slo.name,
        team=service.owner,
        alert=alert,
        objective=exact(slo.objective),
        budget=exact(1 - slo.objective),
        page_priority=policy.severity.priority("page", service.tier),
        ticket_priority=policy.severity.priority("ticket", service.tier),
        description=_description(slo),
        runbook_url=f"{prefix}{slo.runbook or alert}.md",
        vanished_runbook_url=f"{prefix}{names.VANISHED}.md",
        dashboard_url=literal(dashboard_of(policy, service)),
        selectors=tuple(str(selector) for selector in selectors),
        guards=guards,
    )


@functools.lru_cache(maxsize=1024)
def exact(value: Decimal) -> str:
    """A decimal number with exactly its digits."""
    return format(value.normalize(), "f")


def _description(slo: Slo) -> str:
    period = f"this {slo.window.calendar}" if isinstance(slo.window, CalendarWindow) else f"over {slo.window}"
    budget = 1 - slo.objective
    allowed = f"the objective of {exact(100 * slo.objective)}% {period} allows {exact(100 * budget)}%."
    text = f"{{{{ $value | humanizePercentage }}}} of events are bad; {allowed}"
    return f"{text} {literal(' '.join(slo.description.split()))}" if slo.description.strip() else text
