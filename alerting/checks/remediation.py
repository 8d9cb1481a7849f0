"""Bindings of alerts to remediation actions, in services and in runbooks."""

from collections.abc import Iterator

from alerting import names
from alerting.actions import check_binding
from alerting.checks.catalog import alerts
from alerting.checks.given import Given
from alerting.problem import Problem
from alerting.sources import CATALOG, RUNBOOK, SERVICE


def alerts_exist(given: Given) -> Iterator[Problem]:
    """A service binds actions to its own alerts: those of its SLOs, and those of the catalogue."""
    if not given.whole(CATALOG):
        return
    shared = {alert.alert for _, _, alert in alerts(given)}
    for name, service in given.policy.services.items():
        own = {names.burn_alert(name, slo.name) for slo in service.slos}
        for key in service.remediations:
            if key not in own and key not in shared:
                yield given.unknown(SERVICE, name, ("remediations", key), "alert", key, frozenset(own | shared))


def services_bind_wholly(given: Given) -> Iterator[Problem]:
    """A service's binding names a known action, all of its target, and parameters within their bounds."""
    for name, service in given.policy.services.items():
        for key, binding in service.remediations.items():
            for complaint in check_binding(binding, whole=True):
                yield given.complaint_below(SERVICE, name, ("remediations", key), complaint)


def runbooks_bind(given: Given) -> Iterator[Problem]:
    """A runbook's binding names a known action and parameters within their bounds; the service may name the target."""
    for name, runbook in given.policy.runbooks.items():
        if runbook.remediation is not None:
            for complaint in check_binding(runbook.remediation, whole=False):
                yield given.complaint_below(RUNBOOK, name, ("remediation",), complaint)
