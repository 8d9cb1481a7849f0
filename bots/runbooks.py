"""Runbooks by the names that people say: `HighErrorRate`, `high-error-rate`, or an alert that shares one."""

import re
from collections.abc import Iterable, Mapping

from alerting.model.action import RemediationBinding
from alerting.model.policy import Policy
from alerting.spelling import nearest
from bots.state import Incident


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
    """The actions bound to a runbook's alert, by service; the service `` is every other one."""
    found: dict[str, RemediationBinding] = {}
    front = policy.runbooks.get(name)
    if front is not None and front.remediation is not None:
        found[""] = front.remediation
    for service in policy.services.values():
        if name in service.remediations:
            found[service.service] = service.remediations[name]
    return found


def action_for(policy: Policy, name: str, service: str) -> str:
    """The action that is bound to a runbook's alert of a service; empty if none is."""
    bound = bindings(policy, name)
    chosen = bound.get(service) or bound.get("")
    return chosen.action if chosen else ""


def having(incidents: Iterable[Incident], name: str) -> tuple[Incident, ...]:
    """The incidents in which an alert of that name fires."""
    return tuple(one for one in incidents if any(alert.firing and alert.name == name for alert in one.alerts.values()))


def _plain(name: str) -> str:
    """A name without what people write differently: case, hyphens, underscores, spaces, `.md`."""
    return re.sub(r"[^a-z0-9]", "", name.removesuffix(".md").lower())
