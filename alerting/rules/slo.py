"""The rule groups of a service's SLOs.

Each SLO has two: one that is evaluated with every scrape and holds, in evaluation order, the rates of events, the
error ratios and burn rates of every window, and the alerts; and a slower one for the figures of the whole period.
"""

from collections.abc import Iterator

from alerting import names
from alerting.model.policy import Policy
from alerting.model.service import Service, Slo
from alerting.promql import binary, number
from alerting.rules import sli
from alerting.rules.burn_alerts import alerts
from alerting.rules.group import Rule, RuleGroup
from alerting.rules.period import period_rules, record
from alerting.rules.ratios import window_ratio
from alerting.rules.subject import Subject, subject_of
from alerting.timescale import REAL, Timescale


def service_groups(policy: Policy, service: Service, scale: Timescale = REAL) -> tuple[RuleGroup, ...]:
    """The groups of every SLO of a service; raises ValueError for a selector or an expression that is not PromQL."""
    return tuple(group for slo in service.slos for group in slo_groups(policy, service, slo, scale))


def slo_groups(policy: Policy, service: Service, slo: Slo, scale: Timescale = REAL) -> tuple[RuleGroup, RuleGroup]:
    """The fast and the slow group of one SLO; raises ValueError as `service_groups` does."""
    return groups(subject_of(policy, service, slo, scale))


def groups(subject: Subject) -> tuple[RuleGroup, RuleGroup]:
    """The groups of an SLO from its form and texts."""
    name = f"slo:{subject.texts.service}:{subject.texts.slo}"
    fast = (*_base(subject), *_ratios(subject), *alerts(subject))
    return (
        RuleGroup(name=name, interval=subject.interval, rules=fast),
        RuleGroup(name=f"{name}:period", interval=subject.coarse, rules=period_rules(subject)),
    )


def _base(subject: Subject) -> Iterator[Rule]:
    """The rules that read the service's own metrics."""
    ratio = subject.form.indicator.ratio
    if ratio is not None:
        yield record(subject, subject.base_ratio, sli.ratio_over(ratio, subject.base, None))
        return
    total, bad = sli.rates(subject)
    yield record(subject, subject.total, total)
    yield record(subject, subject.bad, bad)


def _ratios(subject: Subject) -> Iterator[Rule]:
    """Error ratio and burn rate over every window."""
    budget = number(subject.texts.budget)
    for window in subject.windows:
        ratio = window_ratio(subject, window.length, coarse=window.coarse)
        yield record(subject, names.error_ratio(window.name), ratio)
        yield record(subject, names.burn_rate(window.name), binary("/", subject.ratio(window), budget))
