"""The remediation actions: what each does, what it acts on, what it takes, and the least it may do in Kubernetes.

The table is what checks read a binding against and what the roles of the jobs in the cluster are made from.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from alerting.model.action import RemediationBinding
from alerting.spelling import did_you_mean

ParameterValue = str | int | float | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One thing that an action can be told."""

    name: str
    means: str
    type: type[int] | type[str]
    default: int | str
    least: int | None = None
    """For numbers; for texts the shortest length."""
    most: int | None = None
    """For numbers; for texts the greatest length."""
    choices: tuple[str, ...] = ()
    """For texts: the only ones that are taken; empty takes any."""

    @property
    def expected(self) -> str:
        """What a value must be, in words."""
        if self.choices:
            return f"one of {', '.join(self.choices)}"
        if self.type is int:
            return f"a whole number from {self.least} to {self.most}"
        return f"a text of {self.least or 0} to {self.most} characters"

    def accepts(self, value: ParameterValue) -> bool:
        """Whether a value has the type and lies within the bounds."""
        if isinstance(value, bool) or not isinstance(value, self.type):
            return False
        if self.choices:
            return value in self.choices
        size = len(value) if isinstance(value, str) else value
        return (self.least is None or size >= self.least) and (self.most is None or size <= self.most)


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """What a job of the action may do: one rule of a Kubernetes Role."""

    group: str
    """API group; empty for the core one."""
    resources: tuple[str, ...]
    verbs: tuple[str, ...]
    named: str = ""
    """The key of the target that names the only objects meant; empty for all objects of the namespace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One remediation action."""

    name: str
    means: str
    """One sentence for people who are asked to approve it."""
    target: tuple[str, ...]
    """The keys that say what it acts on; the Lease that locks the target is named after their values."""
    permissions: tuple[Permission, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    changes: bool = True
    """Whether it changes anything; one that only looks needs no approval."""
    limit_s: int = 600
    """Seconds after which a run is ended, whatever it waits for."""


_READ_DEPLOYMENT: Final = Permission(group="apps", resources=("deployments",), verbs=("get",), named="deployment")

_TABLE: Final = (
    Action(
        name="restart_deployment",
        means="Replaces the pods of a deployment one after the other, as `kubectl rollout restart` does.",
        target=("namespace", "deployment"),
        permissions=(Permission(group="apps", resources=("deployments",), verbs=("get", "patch"), named="deployment"),),
        # As long as Kubernetes itself waits for a rollout, and half as long again.
        limit_s=900,
    ),
    Action(
        name="restart_pod",
        means="Deletes one pod, so that its controller makes a new one.",
        target=("namespace", "pod"),
        permissions=(Permission(group="", resources=("pods",), verbs=("get", "delete"), named="pod"),),
    ),
    Action(
        name="scale_deployment",
        means="Adds pods to a deployment, never more than its limit.",
        target=("namespace", "deployment"),
        permissions=(
            _READ_DEPLOYMENT,
            Permission(group="apps", resources=("deployments/scale",), verbs=("get", "patch"), named="deployment"),
        ),
        parameters=(
            Parameter(name="add", means="how many pods to add", type=int, default=1, least=1, most=20),
            Parameter(name="most", means="the limit of pods", type=int, default=10, least=1, most=200),
        ),
    ),
    Action(
        name="clear_cache",
        means="Makes a service forget what it has cached, by a request to it or by deleting keys in its Redis.",
        target=("namespace", "service"),
        parameters=(
            Parameter(
                name="via",
                means="how the cache is reached",
                type=str,
                default="http",
                choices=("http", "https", "redis", "rediss"),
            ),
            Parameter(
                name="port", means="port of the service; 0 is the usual one", type=int, default=0, least=0, most=65535
            ),
            Parameter(name="path", means="path of the request", type=str, default="/cache/clear", least=1, most=200),
            Parameter(
                name="method", means="method of the request", type=str, default="POST", choices=("POST", "PURGE")
            ),
            Parameter(name="prefix", means="what the Redis keys to delete begin with", type=str, default="", most=200),
            Parameter(name="database", means="number of the Redis database", type=int, default=0, least=0, most=999),
        ),
        limit_s=300,
    ),
    Action(
        name="run_diagnostics",
        means="Collects state, events, usage and last log lines of a deployment's pods into the timeline.",
        target=("namespace", "deployment"),
        permissions=(
            _READ_DEPLOYMENT,
            Permission(group="", resources=("pods", "events"), verbs=("get", "list")),
            Permission(group="", resources=("pods/log",), verbs=("get",)),
            Permission(group="metrics.k8s.io", resources=("pods",), verbs=("get", "list")),
        ),
        parameters=(
            Parameter(name="lines", means="log lines of each container", type=int, default=200, least=1, most=2000),
        ),
        changes=False,
        limit_s=120,
    ),
)

ACTIONS: Final[Mapping[str, Action]] = {action.name: action for action in _TABLE}


def check_binding(binding: RemediationBinding, *, whole: bool) -> tuple[str, ...]:
    """What is wrong with a binding, each as what is wrong; what was expected; how to fix it.

    A runbook's binding may leave its target to the service (`whole` is False); a service's must name all of it.
    """
    action = ACTIONS.get(binding.action)
    if action is None:
        known = ", ".join(ACTIONS)
        way_out = did_you_mean(binding.action, ACTIONS, "choose one of them")
        return (f"action: there is no action {binding.action}; expected one of {known}; {way_out}",)
    return (
        *_check_target(action, binding, whole=whole),
        *_check_parameters(action, binding),
        *_check_cache(binding),
        *_check_scaling(binding),
    )


def _check_target(action: Action, binding: RemediationBinding, *, whole: bool) -> tuple[str, ...]:
    """Keys of the target that are unknown or missing."""
    keys = ", ".join(action.target)
    unknown = [key for key in binding.target if key not in action.target]
    missing = [key for key in action.target if key not in binding.target] if whole or binding.target else []
    return (
        *(f"target.{key}: {action.name} has no such target; expected {keys}; remove it" for key in unknown),
        *(f"target: {key} is missing; expected {keys} for {action.name}; add `{key}`" for key in missing),
    )


def _check_parameters(action: Action, binding: RemediationBinding) -> tuple[str, ...]:
    """Parameters that are unknown or out of bounds."""
    known = {parameter.name: parameter for parameter in action.parameters}
    names = ", ".join(known) or "no parameters"
    complaints = []
    for name, value in binding.parameters.items():
        if name not in known:
            complaints.append(f"parameters.{name}: {action.name} has no such parameter; expected {names}; remove it")
        elif not known[name].accepts(value):
            complaints.append(
                f"parameters.{name}: {value!r} cannot be {known[name].means}; "
                f"expected {known[name].expected}; correct the value"
            )
    return tuple(complaints)


def _check_cache(binding: RemediationBinding) -> tuple[str, ...]:
    """What a way to a cache needs or has no use for; without a prefix the whole database would be emptied."""
    if binding.action != "clear_cache":
        return ()
    redis = binding.parameters.get("via", "http") in ("redis", "rediss")
    if redis and not binding.parameters.get("prefix"):
        return ("parameters: prefix is missing; expected what the Redis keys to delete begin with; add `prefix`",)
    useless = ("path", "method") if redis else ("prefix", "database")
    way = "Redis" if redis else "HTTP"
    return tuple(
        f"parameters.{name}: has no meaning for a cache that is reached by {way}; expected none; remove it"
        for name in useless
        if name in binding.parameters
    )


def _check_scaling(binding: RemediationBinding) -> tuple[str, ...]:
    """How many pods are added at once, against how many there may be."""
    add, most = binding.parameters.get("add", 1), binding.parameters.get("most", 10)
    # What is no number, or a flag, has been complained about already.
    if binding.action != "scale_deployment" or type(add) is not int or type(most) is not int or add <= most:
        return ()
    wrong = f"parameters.add: {add} pods at once are more than the limit of {most}"
    return (f"{wrong}; expected at most `most`; correct one of the two",)
