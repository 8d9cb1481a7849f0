"""Runbooks by the names that people say: `HighErrorRate`, `high-error-rate`, or an alert that shares one."""

import re
from collections.abc import Iterable, Mapping

from alerting.model.action import RemediationBinding
from alerting.model.policy import Policy
from alerting.remediations import bound, runbook_of
from alerting.spelling import nearest
from bots.timeline.alert_state import AlertState
from bots.timeline.state import Incident


def resolve(policy: Policy, said: str) -> str | None:
    """The runbook that is meant; None if none is."""
    return {_plain(name): name for name in policy.runbooks}.get(_plain(said))


def suggestion(policy: Policy, said: str) -> str:
    """What to do about a name that means no runbook."""
    by_plain = {_plain(name): name for name in policy.runbooks}
    near = nearest(_plain(said), sorted(by_plain))
    return f"did you mean {kebab(by_plain[near])}?" if near else "`/runbook list` shows all"


def kebab(name: str) -> str:
    """`high-error-rate` for `HighErrorRate`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", name).lower()


def bindings(policy: Policy, name: str) -> Mapping[str, RemediationBinding]:
    """The actions bound to the alerts that a runbook is about, by service; the service `` is every other one."""
    found: dict[str, RemediationBinding] = {}
    front = policy.runbooks.get(name)
    if front is not None and front.remediation is not None:
        found[""] = front.remediation
    for service in policy.services.values():
        for alert, binding in service.remediations.items():
            if name in (alert, runbook_of(service, alert)):
                found[service.service] = binding
    return found


def action_for(policy: Policy, name: str, service: str, alert: str) -> str:
    """The action that is bound to a service's alert that the runbook is about; empty if none is."""
    known, front = policy.services.get(service), policy.runbooks.get(name)
    binding = bound(policy, known, alert) if known else front and front.remediation
    return binding.action if binding else ""


def alert_of(policy: Policy, incident: Incident, name: str) -> AlertState | None:
    """The alert of an incident that the runbook is about: one of its name, or of an SLO that names it.

    One that fires before one that is over; None if the incident has none.
    """
    service = policy.services.get(incident.service)
    mine = [
        alert
        for alert in incident.alerts_in_order
        if name in (alert.name, runbook_of(service, alert.name) if service else "")
    ]
    return min(mine, key=lambda alert: not alert.firing, default=None)


def having(policy: Policy, incidents: Iterable[Incident], name: str) -> tuple[Incident, ...]:
    """The incidents in which an alert fires that the runbook is about."""
    return tuple(one for one in incidents if (alert := alert_of(policy, one, name)) is not None and alert.firing)


def _plain(name: str) -> str:
    """A name without what people write differently: case, hyphens, underscores, spaces, `.md`."""
    return re.sub(r"[^a-z0-9]", "", name.removesuffix(".md").lower())
