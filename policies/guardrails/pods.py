"""The pods that a Kubernetes object makes, whether it holds their template or the operator writes it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from policies.guardrails.registered import Resource

OPERATED: Final[Mapping[str, str]] = {
    "Alertmanager": "alertmanager",
    "Prometheus": "prometheus",
    "PrometheusAgent": "prometheus-agent",
    "ThanosRuler": "thanos-ruler",
}
"""Kinds whose pods prometheus-operator writes, and what it calls them. It sets probes and a read-only root itself."""
_TEMPLATES: Final = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job")


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """One container."""

    name: str
    spec: Mapping[str, Any]
    role: Literal["main", "init", "operated"]
    """Init containers end, and so have no probes; of operated ones we say only image and resources."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pod:
    """The pods of one object."""

    spec: Mapping[str, Any]
    labels: Mapping[str, str]
    replicas: int
    """1 where the number means nothing."""
    ends: bool
    """Whether it runs to an end, and so has no probes."""
    containers: tuple[Container, ...]

    @property
    def serving(self) -> tuple[Container, ...]:
        """Those that run as long as the pod and are written by us."""
        return tuple(one for one in self.containers if one.role == "main")


def pod_of(resource: Resource) -> Pod | None:
    """The pods of an object; None if it makes none."""
    spec, kind = resource.spec, resource.kind
    if kind in OPERATED:
        return _operated(resource)
    if kind in _TEMPLATES:
        return _written(spec.get("template") or {}, _replicas(spec), ends=kind == "Job")
    if kind == "CronJob":
        job = (spec.get("jobTemplate") or {}).get("spec") or {}
        return _written(job.get("template") or {}, 1, ends=True)
    if kind == "Pod":
        return _written(resource.inputs, 1, ends=spec.get("restartPolicy") in ("Never", "OnFailure"))
    return None


def _replicas(spec: Mapping[str, Any]) -> int:
    found = spec.get("replicas")
    return 1 if found is None else int(found)


def _written(template: Mapping[str, Any], replicas: int, *, ends: bool) -> Pod:
    spec = template.get("spec") or {}
    labels = (template.get("metadata") or {}).get("labels") or {}
    return Pod(spec=spec, labels=labels, replicas=replicas, ends=ends, containers=tuple(_containers(spec)))


def _containers(spec: Mapping[str, Any]) -> Iterator[Container]:
    for one in spec.get("initContainers") or ():
        # One that is always restarted runs beside the others: a sidecar.
        role: Literal["main", "init"] = "main" if one.get("restartPolicy") == "Always" else "init"
        yield Container(name=one["name"], spec=one, role=role)
    for one in spec.get("containers") or ():
        yield Container(name=one["name"], spec=one, role="main")


def _operated(resource: Resource) -> Pod:
    spec, name = resource.spec, OPERATED[resource.kind]
    # Labels that the operator gives its pods; tests/cluster sees them on real ones.
    labels = {
        "app.kubernetes.io/instance": resource.object_name,
        "app.kubernetes.io/managed-by": "prometheus-operator",
        "app.kubernetes.io/name": name,
        "operator.prometheus.io/name": resource.object_name,
        name: resource.object_name,
        **((spec.get("podMetadata") or {}).get("labels") or {}),
    }
    main = Container(name=name, spec={"image": spec.get("image"), "resources": spec.get("resources")}, role="operated")
    containers = [main, *(one for one in _containers(spec) if one.name != name)]
    if sidecar := spec.get("thanos"):
        containers.append(Container(name="thanos-sidecar", spec=sidecar, role="operated"))
    return Pod(spec=spec, labels=labels, replicas=_replicas(spec), ends=False, containers=tuple(containers))
