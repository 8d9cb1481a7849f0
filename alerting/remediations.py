"""What the policies bind to actions: what holds for an alert of a service, and which targets that may touch."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from alerting import names
from alerting.actions import ACTIONS
from alerting.model.action import RemediationBinding
from alerting.model.policy import Policy
from alerting.model.service import Service


@dataclass(frozen=True, slots=True, order=True)
class Target:
    """One thing in a cluster that an action acts on."""

    namespace: str
    key: str
    """What it is: `deployment`, `pod`, `service`."""
    name: str

    def to_dict(self) -> dict[str, str]:
        """As in a binding."""
        return {"namespace": self.namespace, self.key: self.name}


def bound(policy: Policy, service: Service, alert: str) -> RemediationBinding | None:
    """What helps against an alert of a service, complete as far as the files say; None if nothing is bound.

    The service's binding wins. What it leaves out comes from the runbook's, if that names the same action; a target
    that neither names is the service's own.
    """
    runbook = policy.runbooks.get(runbook_of(service, alert))
    general = runbook.remediation if runbook is not None else None
    own = service.remediations.get(alert)
    if own is None:
        return None if general is None else _aimed(general, service)
    if general is None or general.action != own.action:
        return _aimed(own, service)
    joined = {
        "target": own.target or general.target,
        "parameters": {**general.parameters, **own.parameters},
        "automatic": general.automatic if own.automatic is None else own.automatic,
        "approval": general.approval if own.approval is None else own.approval,
        "dry_run": general.dry_run if own.dry_run is None else own.dry_run,
    }
    return _aimed(own.model_copy(update=joined), service)


def runbook_of(service: Service, alert: str) -> str:
    """The name of the runbook of a service's alert: the alert's own, or what the SLO says."""
    shared = {names.burn_alert(service.service, slo.name): slo.runbook for slo in service.slos}
    return shared.get(alert) or alert


def _aimed(binding: RemediationBinding, service: Service) -> RemediationBinding:
    action = ACTIONS.get(binding.action)
    if binding.target or action is None or not set(action.target) <= set(service.target):
        return binding
    return binding.model_copy(update={"target": {key: service.target[key] for key in action.target}})


def alerts_of(policy: Policy, service: Service) -> Iterator[str]:
    """The alerts that a service can have: those of its SLOs, and those of the catalogue that it did not turn off."""
    yield from (names.burn_alert(service.service, slo.name) for slo in service.slos)
    for area in policy.catalog.values():
        for one in area.alerts:
            override = service.alerts.get(one.alert)
            if override is None or override.enabled:
                yield one.alert


def bindings(policy: Policy) -> Iterator[tuple[Service, str, RemediationBinding]]:
    """Everything that can be run: the service, the alert, what is bound."""
    general = {name for name, runbook in policy.runbooks.items() if runbook.remediation is not None}
    for service in policy.services.values():
        shared = {names.burn_alert(service.service, slo.name) for slo in service.slos if slo.runbook is not None}
        for alert in dict.fromkeys((*alerts_of(policy, service), *service.remediations)):
            # Most alerts have none, and a thousand services have many alerts.
            if alert in service.remediations or alert in general or alert in shared:
                binding = bound(policy, service, alert)
                if binding is not None:
                    yield service, alert, binding


def targets(policy: Policy) -> Mapping[str, tuple[Target, ...]]:
    """The targets of every action, sorted, each once; an action that nothing is bound to has none."""
    found: dict[str, set[Target]] = {name: set() for name in ACTIONS}
    for binding in _all(policy):
        keys = ACTIONS[binding.action].target if binding.action in ACTIONS else ()
        if keys and set(keys) == set(binding.target):
            _, key = keys
            found[binding.action].add(Target(binding.target["namespace"], key, binding.target[key]))
    return {name: tuple(sorted(some)) for name, some in found.items()}


def _all(policy: Policy) -> Iterator[RemediationBinding]:
    """Those of services, and those of runbooks that name a target of their own."""
    yield from (binding for _, _, binding in bindings(policy))
    yield from (runbook.remediation for runbook in policy.runbooks.values() if runbook.remediation is not None)
