"""Collects what a person would look at first: state, events, usage and last log lines of a deployment."""

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any, Final

from lightkube import operators
from lightkube.models.meta_v1 import LabelSelector
from lightkube.resources.core_v1 import Pod

from bots.actions.cluster import Cluster, metadata_of
from bots.actions.describe import (
    containers,
    deployment_lines,
    event_lines,
    findings,
    pod_lines,
    sickest_first,
    usage_lines,
)
from bots.actions.masking import masked
from bots.actions.result import MAX_OUTPUT
from bots.actions.running import Done, Task

MAX_PODS: Final = 10
"""Pods that are shown, the sickest first; the others are like them or well."""
_MAX_EVENTS: Final = 40
_FACTS: Final = MAX_OUTPUT // 2
"""Characters for everything but the logs, which get the rest in equal parts."""
_LEAST_LOG: Final = 400
_OPERATORS: Final[Mapping[str, Any]] = {
    "In": lambda values: operators.in_(values or []),
    "NotIn": lambda values: operators.not_in(values or []),
    "Exists": lambda _: operators.exists(),
    "DoesNotExist": lambda _: operators.not_exists(),
}


def run_diagnostics(task: Task) -> Done:
    """Looks, and changes nothing; raises Refused or Failed.

    Found secrets of common forms are masked: what is found goes into a timeline that many can read.
    """
    request, cluster = task.request, task.cluster
    namespace, name = request.namespace, request.target["deployment"]
    deployment = cluster.deployment(namespace, name)
    assert deployment.spec is not None
    labels = selector(deployment.spec.selector)
    pods = sickest_first(cluster.pods(namespace, labels))
    shown = pods[:MAX_PODS]
    wrong = tuple(dict.fromkeys(findings(deployment, pods)))
    facts = [
        *deployment_lines(deployment),
        "",
        *chain.from_iterable(pod_lines(pod) for pod in shown),
        *([f"and {len(pods) - len(shown)} more pods"] if len(pods) > len(shown) else []),
        "",
        "events:",
        *(_events(cluster, namespace, name, shown) or ["none"]),
        "",
        "usage:",
        *_usage(cluster, namespace, labels),
    ]
    text = _bounded("\n".join(facts), _FACTS)
    logs = _logs(cluster, namespace, shown, request.number("lines"), MAX_OUTPUT - len(text))
    said = "; ".join(wrong[:3]) or "nothing is wrong with its pods"
    more = f"; and {len(wrong) - 3} more" if len(wrong) > 3 else ""
    return Done(
        summary=masked(f"looked at deployment {namespace}/{name} and its {len(pods)} pods: {said}{more}"),
        findings=tuple(masked(one) for one in wrong),
        output=masked(text + logs)[:MAX_OUTPUT],
    )


def selector(wanted: LabelSelector) -> dict[str, Any]:
    """A selector of an object, as lightkube takes one."""
    labels: dict[str, Any] = dict(wanted.matchLabels or {})
    for expression in wanted.matchExpressions or []:
        labels[expression.key] = _OPERATORS[expression.operator](expression.values)
    return labels


def _events(cluster: Cluster, namespace: str, name: str, pods: list[Pod]) -> list[str]:
    """Of the deployment, of what made its pods, and of the pods."""
    objects = {("Deployment", name): None}
    for pod in pods:
        metadata = metadata_of(pod)
        objects |= {(owner.kind, owner.name): None for owner in metadata.ownerReferences or []}
        objects |= {("Pod", metadata.name or ""): None}
    return event_lines(
        chain.from_iterable(cluster.events_of(namespace, kind, one) for kind, one in objects), _MAX_EVENTS
    )


def _usage(cluster: Cluster, namespace: str, labels: Mapping[str, Any]) -> list[str]:
    usage = cluster.usage(namespace, labels)
    if usage is None:
        return ["not measured: the cluster has no metrics API, or this job may not read it"]
    return usage_lines(usage)[: 2 * MAX_PODS] or ["nothing measured yet"]


def _logs(cluster: Cluster, namespace: str, pods: list[Pod], lines: int, room: int) -> str:
    """The last lines of every container, and of its run before where it was started again; each gets an equal part."""
    wanted = list(_wanted(pods))
    if not wanted:
        return ""
    each = max(room // len(wanted), _LEAST_LOG)
    parts = []
    for pod, container, previous in wanted[: max(room // each, 1)]:
        title = f"\n\nlog of {pod} {container}{' before its last start' if previous else ''}:\n"
        text = cluster.log(namespace, pod, container, lines=lines, previous=previous).rstrip()
        parts.append(title + _tail(text, each - len(title)))
    return "".join(parts)


def _wanted(pods: list[Pod]) -> Iterator[tuple[str, str, bool]]:
    for pod in pods:
        name = metadata_of(pod).name or ""
        for container in containers(pod):
            if container.restartCount:
                yield name, container.name, True
            yield name, container.name, False


def _tail(text: str, room: int) -> str:
    """The end of a log, from the start of a line where that is near."""
    if len(text) <= room:
        return text
    kept = text[-(room - 2) :]
    _, newline, whole = kept.partition("\n")
    return f"…\n{whole if newline and len(whole) > room // 2 else kept}"


def _bounded(text: str, room: int) -> str:
    return text if len(text) <= room else f"{text[: room - 2]}\n…"
