"""What the policies bind to actions: the targets that each may have to touch, from which its roles follow."""

from collections.abc import Mapping
from dataclasses import dataclass

from alerting.actions import ACTIONS
from alerting.model.action import RemediationBinding
from alerting.model.policy import Policy


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


def targets(policy: Policy) -> Mapping[str, tuple[Target, ...]]:
    """The targets of every action, sorted, each once; an action that nothing is bound to has none."""
    found: dict[str, set[Target]] = {name: set() for name in ACTIONS}
    for binding in _bindings(policy):
        keys = ACTIONS[binding.action].target if binding.action in ACTIONS else ()
        if keys and set(keys) == set(binding.target):
            _, key = keys
            found[binding.action].add(Target(binding.target["namespace"], key, binding.target[key]))
    return {name: tuple(sorted(some)) for name, some in found.items()}


def _bindings(policy: Policy) -> list[RemediationBinding]:
    """Those of services and those of runbooks."""
    runbooks = [runbook.remediation for runbook in policy.runbooks.values() if runbook.remediation is not None]
    services = [binding for service in policy.services.values() for binding in service.remediations.values()]
    return [*runbooks, *services]
