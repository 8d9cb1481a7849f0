"""Small Kubernetes objects as a program would register them."""

from collections.abc import Mapping
from typing import Any, Final

from policies.guardrails.registered import Path, Resource

LIMITS: Final = {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"cpu": "1", "memory": "128Mi"}}
PROBE: Final = {"httpGet": {"path": "/-/healthy", "port": 80}}
LOCKED: Final = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True}


def resource(manifest: Mapping[str, Any], secrets: frozenset[Path] = frozenset()) -> Resource:
    """A Kubernetes object."""
    name = "-".join(
        part for part in (manifest["kind"], manifest["metadata"].get("namespace"), manifest["metadata"]["name"]) if part
    ).lower()
    token = f"kubernetes:{manifest['apiVersion'].removeprefix('v1') or 'core/v1'}:{manifest['kind']}"
    return Resource(type=token, name=name, urn=f"urn:{name}", inputs=manifest, secrets=secrets)


def container(name: str = "web", **changed: Any) -> dict[str, Any]:
    """A container as it should be, with some keys changed; None takes one away."""
    found = {
        "name": name,
        "image": "registry.example.com/web:v1.2.3",
        "resources": LIMITS,
        "livenessProbe": PROBE,
        "readinessProbe": PROBE,
        "securityContext": LOCKED,
        **changed,
    }
    return {key: value for key, value in found.items() if value is not None}


def workload(*containers: Mapping[str, Any], kind: str = "Deployment", **changed: Any) -> Resource:
    """A workload `shop/web`; `pod` changes its pods, `replicas` its number, `name` and `namespace` its place."""
    name, namespace = changed.get("name", "web"), changed.get("namespace", "shop")
    pod = {"securityContext": {"runAsNonRoot": True}, "containers": list(containers or [container()])}
    labels = {"app.kubernetes.io/name": name}
    template = {"metadata": {"labels": labels}, "spec": {**pod, **changed.get("pod", {})}}
    spec: dict[str, Any] = {"selector": {"matchLabels": labels}, "template": template}
    if "replicas" in changed:
        spec["replicas"] = changed["replicas"]
    if kind == "CronJob":
        spec = {"schedule": "@daily", "jobTemplate": {"spec": {"template": template}}}
    version = "batch/v1" if kind in ("CronJob", "Job") else "apps/v1"
    return resource(
        {"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": namespace}, "spec": spec}
    )


def operated(kind: str = "Prometheus", name: str = "prometheus-0", **spec: Any) -> Resource:
    """An object of prometheus-operator's, as it should be."""
    found = {
        "image": "registry.example.com/program:v3.5.0",
        "resources": LIMITS,
        "securityContext": {"runAsNonRoot": True},
        "retention": "40d",
        "externalLabels": {"cluster": "test", "prometheus": name},
        "replicaExternalLabelName": "prometheus_replica",
        **spec,
    }
    about = {"name": name, "namespace": "monitoring"}
    return resource(
        {"apiVersion": "monitoring.coreos.com/v1", "kind": kind, "metadata": about, "spec": without_none(found)}
    )


def thanos(command: str, *flags: str, name: str | None = None, replicas: int = 1) -> Resource:
    """A program of Thanos in the namespace `monitoring`."""
    words = [command, *flags]
    program = container("thanos", image="registry.example.com/thanos:v0.42.4", args=words)
    return workload(program, kind="StatefulSet", name=name or command, namespace="monitoring", replicas=replicas)


def budget(name: str = "web", namespace: str = "shop", **spec: Any) -> Resource:
    """A disruption budget of what has that name."""
    found = {"maxUnavailable": 1, "selector": {"matchLabels": {"app.kubernetes.io/name": name}}, **spec}
    about = {"name": name, "namespace": namespace}
    return resource(
        {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": about, "spec": without_none(found)}
    )


def without_none(value: Mapping[str, Any]) -> dict[str, Any]:
    """A mapping without the keys that were taken away."""
    return {key: item for key, item in value.items() if item is not None}
