"""Whether a service is well: the SLI of its objectives over five minutes, as questions to Prometheus.

They are built on the records that the rules of the SLO keep, or, where an SLI is any PromQL, on that itself.
"""

from dataclasses import dataclass
from typing import Final

from alerting import names, promql
from alerting.model.policy import Policy
from alerting.model.quantities import Duration
from alerting.model.service import Service, Slo
from alerting.promql import Expr, binary, call
from alerting.rules.ratios import window_ratio
from alerting.rules.subject import exact, subject_of
from alerting.timescale import REAL, Timescale

WINDOW: Final = Duration(300_000)
"""The window of the SLI that says whether a service is well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthQuery:
    """What to ask about one objective."""

    slo: str
    budget: float
    """The ratio of bad events that is still within the objective."""
    objective: str
    """The objective in words: `99.9%`."""
    ratio: str
    """PromQL for the ratio of bad events; NaN where there were none at all and only the ratio is known."""
    traffic: str | None
    """PromQL for events a second; None where nothing counts them."""


def health_queries(policy: Policy, service: Service, alert: str, scale: Timescale = REAL) -> tuple[HealthQuery, ...]:
    """The objectives that must hold when an alert was put right: its own, or all of the service for a shared alert."""
    own = [slo for slo in service.slos if names.burn_alert(service.service, slo.name) == alert]
    return tuple(_query(policy, service, slo, scale) for slo in own or service.slos)


def condition(service: Service, alert: str) -> str | None:
    """PromQL that has a value while the condition of a shared alert holds for a service, also before it fires.

    None for the alert of an objective: it looks back for hours, and its SLI says earlier that it was put right. A
    shared alert may be about what no objective of the service shows.
    """
    if any(names.burn_alert(service.service, slo.name) == alert for slo in service.slos):
        return None
    return str(call("max", promql.recorded("ALERTS", {"alertname": alert, names.SERVICE: service.service}).expr))


def _query(policy: Policy, service: Service, slo: Slo, scale: Timescale) -> HealthQuery:
    subject, length = subject_of(policy, service, slo, scale), scale.window(WINDOW)
    sli = subject.form.indicator.ratio
    if sli is not None:
        ratio, traffic = call("max", promql.over_window(sli.ratio, length)), None
    else:
        ratio = window_ratio(subject, length, coarse=False)
        traffic = str(_traffic(subject.past(subject.total), length))
    return HealthQuery(
        slo=slo.name,
        budget=slo.error_budget,
        objective=f"{exact(100 * slo.objective)}%",
        ratio=str(ratio),
        traffic=traffic,
    )


def _traffic(total: promql.Selector, length: Duration) -> Expr:
    """Events a second, the mean of what is recorded in the window."""
    sums = (call("sum", promql.over(name, total, length)) for name in ("sum_over_time", "count_over_time"))
    return binary("/", *sums)
