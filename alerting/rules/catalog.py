"""The catalogue of threshold alerts as rule groups, one group per area, with each service's own numbers."""

from collections.abc import Iterator, Mapping
from typing import Final

import promql_parser as promql

from alerting.model.catalog import CatalogAlert, CatalogArea
from alerting.model.document_model import Severity
from alerting.model.policy import PLATFORM, Policy
from alerting.model.service import CatalogOverride, Service
from alerting.names import SERVICE, WATCHDOG
from alerting.rules.group import Rule, RuleGroup
from alerting.rules.ownership import (
    dashboard_of,
    dashboard_of_any,
    labels_of,
    labels_of_any,
    platform,
    severity_of,
)
from alerting.rules.placeholders import VALUE, Value, expression, literal, template
from alerting.rules.selection import carries, only, without
from alerting.spelling import did_you_mean
from alerting.timescale import REAL, Timescale

GROUP_PREFIX: Final = "catalog:"
FOR: Final = "for"
"""Place in a text for how long the alert waits before it fires."""
RESERVED: Final = (VALUE, FOR, SERVICE)
"""Names with a meaning of their own in texts, which no value may have."""


def catalog_groups(policy: Policy, scale: Timescale = REAL) -> tuple[RuleGroup, ...]:
    """The rules of every alert of the catalogue, and the Watchdog.

    Raises PolicyError if the service `platform` is missing, and ValueError (place, expected, way out) for an alert that
    `check_alert` complains about.
    """
    groups = [_watchdog_group(policy)]
    for name in sorted(policy.catalog):
        area = policy.catalog[name]
        rules = tuple(rule for alert in area.alerts for rule in _rules(policy, alert, scale))
        if rules:
            interval = None if area.interval is None else scale.scrape(area.interval)
            groups.append(RuleGroup(name=group_name(area), rules=rules, interval=interval))
    return tuple(groups)


def group_name(area: CatalogArea) -> str:
    """The name of an area's group of rules."""
    return f"{GROUP_PREFIX}{area.area}"


def catalog_alerts(policy: Policy) -> Iterator[tuple[CatalogArea, CatalogAlert]]:
    """Every alert of the catalogue with its area, by area and in the order of the files."""
    for name in sorted(policy.catalog):
        for alert in policy.catalog[name].alerts:
            yield policy.catalog[name], alert


def _watchdog_group(policy: Policy) -> RuleGroup:
    """An alert that always fires: when it stops arriving, the chain from rule to notification is broken."""
    owner = platform(policy)
    rule = Rule(
        alert=WATCHDOG,
        expr="vector(1)",
        labels=labels_of(policy, owner, "info"),
        annotations={
            "summary": "Alerting works",
            "description": (
                "This alert always fires. The dead man's switch outside raises the alarm when it stops arriving."
            ),
            **_addresses(policy, WATCHDOG, literal(dashboard_of(policy, owner))),
        },
    )
    return RuleGroup(name=f"{GROUP_PREFIX}{WATCHDOG.lower()}", rules=(rule,))


def _addresses(policy: Policy, alert: str, dashboard: str) -> Mapping[str, str]:
    """Where the runbook and the dashboard are."""
    return {"runbook_url": f"{literal(policy.routing.runbook_url)}{alert}.md", "dashboard_url": dashboard}


def _overrides(policy: Policy, alert: str) -> dict[str, CatalogOverride]:
    """The services that have their own numbers for an alert, by name."""
    return {name: policy.services[name].alerts[alert] for name in sorted(policy.services) if _has(policy, name, alert)}


def _has(policy: Policy, service: str, alert: str) -> bool:
    """Whether a service has its own numbers for an alert."""
    return alert in policy.services[service].alerts


def _rules(policy: Policy, alert: CatalogAlert, scale: Timescale) -> Iterator[Rule]:
    """The rule for every service without numbers of its own, then one for each with them."""
    overrides = _overrides(policy, alert.alert)
    text = expression(alert.expr, alert.values, scale)
    if not carries(parse(text)):
        yield from _platform_rule(policy, alert, overrides.get(PLATFORM), scale)
        return
    waits = scale.window(alert.for_)
    yield Rule(
        alert=alert.alert,
        expr=without(text, list(overrides)),
        for_=waits,
        labels=labels_of_any(policy, severity_of(policy, alert.severity)),
        annotations=_annotations(policy, alert, {**alert.values, FOR: str(waits)}, dashboard_of_any(policy)),
    )
    for name, override in overrides.items():
        if override.enabled:
            own = expression(alert.expr, values_of(alert, override), scale)
            yield _own_rule(policy, alert, policy.services[name], override, only(own, name), scale)


def _platform_rule(
    policy: Policy, alert: CatalogAlert, override: CatalogOverride | None, scale: Timescale
) -> Iterator[Rule]:
    """The rule of an alert whose series never name a service: it can only be of `platform`."""
    chosen = override or CatalogOverride()
    if chosen.enabled:
        text = expression(alert.expr, values_of(alert, chosen), scale)
        yield _own_rule(policy, alert, platform(policy), chosen, text, scale)


def _own_rule(
    policy: Policy, alert: CatalogAlert, service: Service, override: CatalogOverride, expr: str, scale: Timescale
) -> Rule:
    """The rule of an alert for one service with that service's numbers."""
    severity = severity_of(policy, override.severity or alert.severity)
    waits = scale.window(alert.for_ if override.for_ is None else override.for_)
    values = {**values_of(alert, override), FOR: str(waits), SERVICE: service.service}
    return Rule(
        alert=alert.alert,
        expr=expr,
        for_=waits,
        labels=labels_of(policy, service, severity),
        annotations=_annotations(policy, alert, values, literal(dashboard_of(policy, service))),
    )


def _annotations(policy: Policy, alert: CatalogAlert, values: Mapping[str, Value], dashboard: str) -> Mapping[str, str]:
    """What people read of an alert."""
    texts = {"summary": template(alert.summary, values)}
    if alert.description:
        texts["description"] = template(alert.description, values)
    return {**texts, **_addresses(policy, alert.alert, dashboard)}


def values_of(alert: CatalogAlert, override: CatalogOverride) -> dict[str, Value]:
    """The values of an alert with those of a service on top."""
    return {**alert.values, **override.values}


def parse(text: str) -> promql.Expr:
    """The syntax tree of PromQL; raises ValueError with what the parser says."""
    try:
        return promql.parse(text)
    except ValueError as error:
        raise ValueError(
            f"it is not PromQL ({' '.join(str(error).split())}); "
            "expected an expression that Prometheus can read; correct it"
        ) from error


def names_services(alert: CatalogAlert) -> bool:
    """Whether series of the alert can name a service; else it is always about `platform`."""
    return carries(parse(expression(alert.expr, alert.values)))


def check_alert(alert: CatalogAlert, override: CatalogOverride | None = None) -> tuple[str, ...]:
    """What is wrong with an alert's expression and texts, each as what is wrong; what was expected; how to fix it."""
    values = values_of(alert, override or CatalogOverride())
    complaints: list[str] = []
    try:
        parse(expression(alert.expr, values))
    except ValueError as error:
        complaints.append(f"expr: {error}")
    for field in ("summary", "description"):
        try:
            template(getattr(alert, field), {**values, FOR: str(alert.for_)})
        except ValueError as error:
            complaints.append(f"{field}: {error}")
    return (*complaints, *_check_values(alert, override))


def _check_values(alert: CatalogAlert, override: CatalogOverride | None) -> Iterator[str]:
    """Names of values that mean something else, or that an override has without the alert having them."""
    for name in RESERVED:
        if name in alert.values:
            yield (
                f"values.{name}: {{{{{name}}}}} has a meaning of its own in texts; "
                f"expected a name other than {', '.join(RESERVED)}; rename it"
            )
    for name in sorted(set(override.values) - set(alert.values)) if override else []:
        known = ", ".join(sorted(alert.values)) or "none"
        yield (
            f"values.{name}: the alert {alert.alert} has no such value; "
            f"expected one of {known}; {did_you_mean(name, alert.values, 'remove it')}"
        )


def catalog_labels(policy: Policy) -> tuple[Mapping[str, str], ...]:
    """Every set of routing labels, with `alertname`, that an alert of the catalogue can have for a known service."""
    found: list[Mapping[str, str]] = []

    def add(alert: str, service: Service, severity: Severity) -> None:
        found.append({"alertname": alert, **labels_of(policy, service, severity)})

    add(WATCHDOG, platform(policy), "info")
    for _, alert in catalog_alerts(policy):
        for name in sorted(policy.services) if names_services(alert) else [PLATFORM]:
            override = policy.services[name].alerts.get(alert.alert, CatalogOverride())
            if override.enabled:
                add(alert.alert, policy.services[name], severity_of(policy, override.severity or alert.severity))
    return tuple(found)
