"""What every workload must have: limits, probes, a user that is not root, a read-only root, and pinned images."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from alerting.model.policy import Policy
from components.namespaces import NODES
from components.node_exporter import NAME as NODE_EXPORTER
from policies.guardrails.pods import OPERATED, Container, Pod, pod_of
from policies.guardrails.registered import Resource, of_kind, text
from policies.guardrails.rule import ResourceRule, StackRule

_HOST: Final = ("hostNetwork", "hostPID", "hostIPC")
_OF_HOST: Final = ("hostPath", "local")
"""Kinds of volumes that are folders of a machine."""
_PROBES: Final = ("livenessProbe", "readinessProbe")
_PINNED: Final = re.compile(r"\d+\.\d+\.\d+|\d{4}-\d{2}-\d{2}|^[0-9a-f]{40}$")
"""A whole version, a date, or a commit: tags that are not moved."""
_DIGEST: Final = re.compile(r"@sha256:[0-9a-f]{64}$")


def resources(resource: Resource, _: Policy) -> Iterator[str]:
    """Requests and limits of processor and memory."""
    for container in _of(pod_of(resource)):
        given = container.spec.get("resources") or {}
        missing = [
            f"{part}.{what}"
            for part in ("requests", "limits")
            for what in ("cpu", "memory")
            if not (given.get(part) or {}).get(what)
        ]
        if missing:
            yield (
                f"{resource.title}: container {container.name} has no {', '.join(missing)}; expected requests and "
                "limits of cpu and memory; set them in its resources"
            )


def probes(resource: Resource, _: Policy) -> Iterator[str]:
    """How Kubernetes learns that a container is ill or not ready."""
    pod = pod_of(resource)
    if pod is None or pod.ends:
        return
    for container in pod.serving:
        if missing := [probe for probe in _PROBES if not container.spec.get(probe)]:
            yield (
                f"{resource.title}: container {container.name} has no {' and no '.join(missing)}; expected both; "
                "say how Kubernetes asks it"
            )


def non_root(resource: Resource, _: Policy) -> Iterator[str]:
    """Nothing runs as root, and nothing can become it."""
    pod = pod_of(resource)
    if pod is None:
        return
    above = pod.spec.get("securityContext") or {}
    for container in pod.containers:
        own = _security(container)
        merged = {**above, **own}
        wrong = [
            words
            for words, is_wrong in (
                ("may run as root (runAsNonRoot is not true)", merged.get("runAsNonRoot") is not True),
                ("runs as user 0", merged.get("runAsUser") == 0),
                ("is privileged", own.get("privileged") is True),
                (
                    "may gain privileges (allowPrivilegeEscalation is not false)",
                    container.role != "operated" and own.get("allowPrivilegeEscalation") is not False,
                ),
            )
            if is_wrong
        ]
        if wrong:
            yield (
                f"{resource.title}: container {container.name} {' and '.join(wrong)}; expected one that is not root "
                "and cannot become it; set its securityContext"
            )


def read_only_root(resource: Resource, _: Policy) -> Iterator[str]:
    """Who breaks into a container can leave nothing there."""
    for container in _of(pod_of(resource)):
        if container.role != "operated" and _security(container).get("readOnlyRootFilesystem") is not True:
            yield (
                f"{resource.title}: container {container.name} can write to its root file system; expected "
                "readOnlyRootFilesystem: true; mount an emptyDir where it has to write"
            )


def host(resource: Resource, _: Policy) -> Iterator[str]:
    """Only the node exporter sees the machine."""
    if resource.kind == "PersistentVolume":
        places = [resource.spec[kind].get("path") for kind in _OF_HOST if resource.spec.get(kind)]
        yield from (
            f"{resource.title}: is {place} of the machine; expected nothing of it, which a claim would bring into a "
            "pod; use a StorageClass"
            for place in places
        )
    pod = pod_of(resource)
    own = ("DaemonSet", NODES, NODE_EXPORTER)
    if pod is None or (resource.kind, resource.namespace, resource.object_name) == own:
        return
    found = [f"mounts {one['hostPath'].get('path')}" for one in pod.spec.get("volumes") or () if one.get("hostPath")]
    found += [f"has {key}" for key in _HOST if pod.spec.get(key)]
    if found:
        yield (
            f"{resource.title}: {' and '.join(found)} of the machine; expected nothing of it, as only the node "
            f"exporter in {NODES} sees the machine; take it away"
        )


def pinned_images(resource: Resource, _: Policy) -> Iterator[str]:
    """What runs today runs tomorrow, too."""
    for container in _of(pod_of(resource)):
        image = container.spec.get("image")
        if image is None and container.role == "main" and resource.kind in OPERATED:
            continue  # It changes a container that the operator writes.
        if image is None or not pinned(str(image)):
            yield (
                f"{resource.title}: container {container.name} has the image {text(image)}; expected a tag with a "
                "whole version, or a digest; pin it in components/versions.py"
            )


def pinned(image: str) -> bool:
    """Whether a reference always means the same image, as far as its publisher moves no versions."""
    if _DIGEST.search(image):
        return True
    tag = image.rpartition("/")[2].partition(":")[2]
    return bool(_PINNED.search(tag))


def disruption_budgets(resources: Sequence[Resource], _: Policy) -> Iterator[tuple[Resource, str]]:
    """A drained node never takes all replicas at once."""
    budgets = of_kind(resources, "PodDisruptionBudget")
    for one in resources:
        pod = pod_of(one)
        if pod is None or pod.replicas < 2 or one.kind in ("DaemonSet", "Job"):
            continue
        own = [budget for budget in budgets if budget.namespace == one.namespace and _selects(budget, pod.labels)]
        if not own:
            yield (
                one,
                (
                    f"{one.title}: {pod.replicas} replicas without a PodDisruptionBudget; expected one in "
                    f"{one.namespace} whose selector has their labels; place components.workload.disruption_budget"
                ),
            )
        for budget in own:
            if _lets_all_go(budget.spec, pod.replicas):
                yield (
                    budget,
                    (
                        f"{budget.title}: lets all {pod.replicas} replicas of {one.title} go at once; expected that "
                        "some stay; lower maxUnavailable"
                    ),
                )


def _lets_all_go(spec: Mapping[str, Any], replicas: int) -> bool:
    """Percentages are rounded up by Kubernetes: https://kubernetes.io/docs/tasks/run-application/configure-pdb/"""
    most, least = (_number(spec.get(key), replicas) for key in ("maxUnavailable", "minAvailable"))
    return (most is not None and most >= replicas) or (least is not None and least <= 0)


def _number(given: Any, replicas: int) -> int | None:
    if isinstance(given, str) and given.endswith("%") and given[:-1].isdigit():
        return math.ceil(int(given[:-1]) * replicas / 100)
    return int(given) if isinstance(given, int) or (isinstance(given, str) and given.isdigit()) else None


def _selects(budget: Resource, labels: Mapping[str, str]) -> bool:
    wanted = (budget.spec.get("selector") or {}).get("matchLabels") or {}
    return bool(wanted) and wanted.items() <= labels.items()


def _of(pod: Pod | None) -> tuple[Container, ...]:
    return () if pod is None else pod.containers


def _security(container: Container) -> Mapping[str, Any]:
    return {} if container.role == "operated" else container.spec.get("securityContext") or {}


RULES: Final = (
    ResourceRule(
        name="requests-and-limits", means="Every container has requests and limits of cpu and memory.", check=resources
    ),
    ResourceRule(name="probes", means="Every container that serves has both probes.", check=probes),
    ResourceRule(name="non-root", means="No container runs as root or can become it.", check=non_root),
    ResourceRule(name="read-only-root", means="No container can write to its root file system.", check=read_only_root),
    ResourceRule(name="no-host", means="Nothing but the node exporter sees the machine that it runs on.", check=host),
    ResourceRule(name="pinned-images", means="Every image is pinned to a version or a digest.", check=pinned_images),
    StackRule(
        name="disruption-budgets",
        means="Everything with replicas has a disruption budget that keeps some of them.",
        check=disruption_budgets,
    ),
)
