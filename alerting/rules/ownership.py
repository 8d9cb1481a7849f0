"""Whose an alert is whose service is known only when it fires: labels as templates over the policy's services.

A template rather than a join with a series of owners: a join loses the alert when that series is missing, and a
missing owner must never keep an alert from firing. A service that the policy does not know keeps its own name and
belongs to the owner of `platform`, as does an alert without any service.
"""

from collections.abc import Callable, Mapping
from typing import Final

from alerting.errors import PolicyError
from alerting.model.document_model import Severity
from alerting.model.policy import PLATFORM, Policy
from alerting.model.service import Service
from alerting.names import PRIORITY, SERVICE, SEVERITY, TEAM, service_dashboard
from alerting.problem import Problem
from alerting.rules.placeholders import SERVICE_TEMPLATE, literal

SERVICE_MISSING: Final = "service_missing"
"""Label that keeps an alert without a service label apart from one of `platform`: two alerts with equal labels would
make Prometheus refuse the whole rule."""

_MISSING_TEMPLATE: Final = f"{{{{ if not $labels.{SERVICE} }}}}true{{{{ end }}}}"
# What a policy may call a service; anything else in a series' label has no dashboard and no place in an address.
_SAFE_NAME: Final = "^[a-z0-9-]+$"


def platform(policy: Policy) -> Service:
    """The service that alerts without one belong to; raises PolicyError if the policy has none."""
    if PLATFORM in policy.services:
        return policy.services[PLATFORM]
    problem = Problem(
        file=f"policies/services/{PLATFORM}.yaml",
        line=1,
        object=f"service {PLATFORM}",
        wrong="there is no such service",
        expected="expected one, since alerts without a service label belong to it",
        fix="write the file and name its owner and tier",
    )
    raise PolicyError([problem])


def severity_of(policy: Policy, word: str) -> Severity:
    """The severity that a catalogue's word stands for; an unknown word counts as a ticket."""
    return policy.severity.severity(word) or "ticket"


def _by_service(policy: Policy, pick: Callable[[Service], str]) -> str:
    """A template that gives what `pick` says of the alert's service, and what it says of `platform` otherwise."""
    default = pick(platform(policy))
    names: dict[str, list[str]] = {}
    for name in sorted(policy.services):
        if (picked := pick(policy.services[name])) != default:
            names.setdefault(picked, []).append(name)
    if not names:
        return literal(default)
    branches = [
        f'if match "^({"|".join(found)})$" $labels.{SERVICE} }}}}{literal(picked)}'
        for picked, found in sorted(names.items())
    ]
    return "{{ " + "{{ else ".join(branches) + f"{{{{ else }}}}{literal(default)}{{{{ end }}}}"


def labels_of(policy: Policy, service: Service, severity: Severity) -> Mapping[str, str]:
    """The labels of an alert of one service."""
    return {
        SERVICE: service.service,
        TEAM: service.owner,
        SEVERITY: severity,
        PRIORITY: policy.severity.priority(severity, service.tier),
    }


def labels_of_any(policy: Policy, severity: Severity) -> Mapping[str, str]:
    """The labels, as templates, of an alert whose service is that of its series."""
    return {
        SERVICE: SERVICE_TEMPLATE,
        TEAM: _by_service(policy, lambda service: service.owner),
        SEVERITY: severity,
        PRIORITY: _by_service(policy, lambda service: policy.severity.priority(severity, service.tier)),
        SERVICE_MISSING: _MISSING_TEMPLATE,
    }


def dashboard_of(policy: Policy, service: Service) -> str:
    """The address of a service's dashboard: its own, or the generated one."""
    return service.dashboard or f"{policy.routing.dashboard_url}{service_dashboard(service.service)}"


def dashboard_of_any(policy: Policy) -> str:
    """The address, as a template, of the dashboard of the service of an alert's series."""
    base = literal(f"{policy.routing.dashboard_url}{service_dashboard('')}")
    default = literal(dashboard_of(policy, platform(policy)))
    own = {name: service for name, service in policy.services.items() if service.dashboard and name != PLATFORM}
    template = (
        f'{{{{ if match "{_SAFE_NAME}" $labels.{SERVICE} }}}}{base}{{{{ $labels.{SERVICE} }}}}'
        f"{{{{ else }}}}{default}{{{{ end }}}}"
    )
    for name in sorted(own, reverse=True):
        address = literal(own[name].dashboard or "")
        template = f'{{{{ if eq $labels.{SERVICE} "{name}" }}}}{address}{{{{ else }}}}{template}{{{{ end }}}}'
    return template
