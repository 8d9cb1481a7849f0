"""What every rule of one SLO needs to know about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from alerting import burn, names, promql
from alerting.burn import BurnPair, Window
from alerting.model.policy import Policy
from alerting.model.quantities import Duration
from alerting.model.service import RatioSli, Service, Sli, Slo
from alerting.promql import Expr, Selector
from alerting.rules.ratio_form import compiled_sli
from alerting.timescale import REAL, Timescale

TINY: Expr = promql.number("1e-9")
"""Less than one event in thirty years: the divisor of an idle window, whose bad events are none."""


@dataclass(frozen=True, kw_only=True)
class Subject:
    """One SLO of one service on one timescale, with everything that is worked out once."""

    policy: Policy
    service: Service
    slo: Slo
    scale: Timescale

    @cached_property
    def labels(self) -> Mapping[str, str]:
        """Labels of every recorded series of the SLO."""
        return {names.SERVICE: self.service.service, names.SLO: self.slo.name, names.TEAM: self.service.owner}

    @cached_property
    def identity(self) -> Mapping[str, str]:
        """The labels that select the SLO's past; without the team, so that its history survives a new owner."""
        return {names.SERVICE: self.service.service, names.SLO: self.slo.name}

    @cached_property
    def pairs(self) -> tuple[BurnPair, ...]:
        """The pairs of windows that watch the SLO."""
        return burn.burn_pairs(self.slo, self.service, self.policy.windows, self.scale)

    @cached_property
    def windows(self) -> tuple[Window, ...]:
        """Every window of the pairs once, shortest first."""
        found = {window.name: window for pair in self.pairs for window in (pair.short, pair.long)}
        return tuple(sorted(found.values(), key=lambda window: (window.length, window.name)))

    @cached_property
    def interval(self) -> Duration:
        """How often the SLO's rules are evaluated."""
        return self.scale.evaluation(self.service.scrape_interval)

    @cached_property
    def base(self) -> Duration:
        """The base window on this timescale."""
        return self.scale.base(self.service.scrape_interval)

    @cached_property
    def base_name(self) -> str:
        """The base window as recorded names carry it."""
        return str(REAL.base(self.service.scrape_interval))

    @cached_property
    def coarse(self) -> Duration:
        """Window and interval of the coarse record."""
        return self.scale.coarse(self.service.scrape_interval)

    @cached_property
    def coarse_name(self) -> str:
        """The coarse window as recorded names carry it."""
        return str(REAL.coarse(self.service.scrape_interval))

    @cached_property
    def sli(self) -> Sli:
        """The SLI that the rules are made from."""
        return compiled_sli(self.slo.sli)

    @cached_property
    def by_expression(self) -> bool:
        """Whether the SLI is any PromQL, so that there are no rates of events to build on."""
        return isinstance(self.sli, RatioSli)

    @cached_property
    def budget_text(self) -> str:
        """The error budget with exactly its digits."""
        return format((Decimal(1) - self.slo.objective).normalize(), "f")

    @cached_property
    def bad(self) -> str:
        """Name of the recorded rate of bad events."""
        return names.bad_events(self.base_name)

    @cached_property
    def total(self) -> str:
        """Name of the recorded rate of all events."""
        return names.total_events(self.base_name)

    @cached_property
    def coarse_bad(self) -> str:
        """Name of the coarse record of bad events."""
        return names.bad_events(self.coarse_name)

    @cached_property
    def coarse_total(self) -> str:
        """Name of the coarse record of all events."""
        return names.total_events(self.coarse_name)

    @cached_property
    def base_ratio(self) -> str:
        """Name of the recorded ratio over the base window, of an SLI that is any PromQL."""
        return names.error_ratio(self.base_name)

    def recorded(self, metric: str) -> Selector:
        """A recorded series of this SLO as it is now."""
        return promql.recorded(metric, self.labels)

    def past(self, metric: str) -> Selector:
        """The same over time, under whichever owner: for ranges, whose results must then be summed."""
        return promql.recorded(metric, self.identity)

    def ratio(self, window: Window) -> Expr:
        """The recorded error ratio over a window."""
        return self.recorded(names.error_ratio(window.name)).expr
