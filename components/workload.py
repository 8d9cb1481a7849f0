"""A program on Kubernetes: its Deployment, StatefulSet or DaemonSet, and all that belongs to one.

`manifests` gives, beside the workload itself, its ServiceAccount, Service, NetworkPolicy and, where it has replicas,
its PodDisruptionBudget. Pods are hardened (Pod Security `restricted`) and have no token unless one is asked for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from components.container import NOBODY, Container, pod_security
from components.network import Network, policy
from components.objects import metadata

Kind = Literal["Deployment", "StatefulSet", "DaemonSet"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A volume of each pod of a StatefulSet."""

    name: str
    size: str
    storage_class: str | None = None
    """The cluster's default where None."""

    def to_dict(self) -> dict[str, Any]:
        """As in `volumeClaimTemplates`."""
        spec: dict[str, Any] = {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": self.size}},
        }
        if self.storage_class is not None:
            spec["storageClassName"] = self.storage_class
        return {"metadata": {"name": self.name}, "spec": spec}


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """One program; every name and label of what belongs to it follows from `name`."""

    name: str
    namespace: str
    containers: Sequence[Container]
    network: Network
    kind: Kind = "Deployment"
    replicas: int = 1
    """Of no meaning for a DaemonSet."""
    init_containers: Sequence[Mapping[str, Any]] = ()
    """Plain, since they have no probes."""
    volumes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Name → source, such as `{"emptyDir": {}}`."""
    claims: Sequence[Claim] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    """More labels for everything; never part of a selector."""
    annotations: Mapping[str, str] = field(default_factory=dict)
    """Of the pods, such as the sum of a configuration whose change must restart them."""
    account_annotations: Mapping[str, str] = field(default_factory=dict)
    """Of the service account, such as the cloud identity that it stands for."""
    pod_labels: Mapping[str, str] = field(default_factory=dict)
    user: int = NOBODY
    needs_token: bool = False
    """Whether it talks to the API server."""
    service_ports: Mapping[str, int] | None = None
    """Ports of the Service by name; those of all containers by default, none for `{}`."""
    priority_class: str | None = None
    grace_s: int = 30
    recreate: bool = False
    """Stop the old pod before the new one starts; for a Deployment that cannot run twice."""
    spread_hard: bool = False
    """Replicas never share a node, even if one must wait for a place."""
    pod: Mapping[str, Any] = field(default_factory=dict)
    """More of the pod's spec, such as `hostNetwork`; replaces what is set here."""

    @property
    def selector(self) -> dict[str, str]:
        """The label by which its pods are found."""
        return {"app.kubernetes.io/name": self.name}


def manifests(workload: Workload) -> list[dict[str, Any]]:
    """Everything that belongs to a workload, itself last."""
    found = [account(workload), policy(workload.name, workload.namespace, workload.selector, workload.network)]
    if _ports(workload):
        found.append(service(workload))
    if workload.replicas > 1 and workload.kind != "DaemonSet":
        found.append(disruption_budget(workload.name, workload.namespace, workload.selector))
    return [*found, _itself(workload)]


def account(workload: Workload) -> dict[str, Any]:
    """Its ServiceAccount."""
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": metadata(workload.name, workload.namespace, _labels(workload), workload.account_annotations),
        "automountServiceAccountToken": False,
    }


def service(workload: Workload) -> dict[str, Any]:
    """Its Service; without an address of its own for a StatefulSet, whose pods have names."""
    spec: dict[str, Any] = {
        "selector": workload.selector,
        "ports": [
            {"name": name, "port": port, "targetPort": name, "protocol": "TCP"}
            for name, port in _ports(workload).items()
        ],
    }
    if workload.kind != "Deployment":
        spec["clusterIP"] = "None"
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(workload.name, workload.namespace, _labels(workload)),
        "spec": spec,
    }


def disruption_budget(name: str, namespace: str, selector: Mapping[str, str]) -> dict[str, Any]:
    """At most one of the pods is moved at a time; one that is ill anyway may always go."""
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": metadata(name, namespace),
        "spec": {
            "maxUnavailable": 1,
            "selector": {"matchLabels": dict(selector)},
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
        },
    }


def spread(selector: Mapping[str, str], *, hard: bool) -> list[dict[str, Any]]:
    """Replicas on different nodes, and in different zones where there are some."""
    return [
        {
            "maxSkew": 1,
            "topologyKey": key,
            "whenUnsatisfiable": "DoNotSchedule" if hard and key.endswith("hostname") else "ScheduleAnyway",
            "labelSelector": {"matchLabels": dict(selector)},
        }
        for key in ("kubernetes.io/hostname", "topology.kubernetes.io/zone")
    ]


def _itself(workload: Workload) -> dict[str, Any]:
    spec: dict[str, Any] = {"selector": {"matchLabels": workload.selector}, "template": _template(workload)}
    if workload.kind != "DaemonSet":
        spec["replicas"] = workload.replicas
    if workload.kind == "Deployment":
        spec["revisionHistoryLimit"] = 3
        if workload.recreate:
            spec["strategy"] = {"type": "Recreate"}
    if workload.kind == "StatefulSet":
        spec["serviceName"] = workload.name
        spec["podManagementPolicy"] = "Parallel"
        if workload.claims:
            spec["volumeClaimTemplates"] = [claim.to_dict() for claim in workload.claims]
    return {
        "apiVersion": "apps/v1",
        "kind": workload.kind,
        "metadata": metadata(workload.name, workload.namespace, _labels(workload)),
        "spec": spec,
    }


def _template(workload: Workload) -> dict[str, Any]:
    about: dict[str, Any] = {"labels": {**_labels(workload), **workload.pod_labels}}
    if workload.annotations:
        about["annotations"] = dict(workload.annotations)
    return {"metadata": about, "spec": _pod(workload)}


def _pod(workload: Workload) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "serviceAccountName": workload.name,
        "automountServiceAccountToken": workload.needs_token,
        "enableServiceLinks": False,
        "securityContext": pod_security(workload.user),
        "terminationGracePeriodSeconds": workload.grace_s,
        "nodeSelector": {"kubernetes.io/os": "linux"},
    }
    if workload.priority_class is not None:
        spec["priorityClassName"] = workload.priority_class
    if workload.replicas > 1 and workload.kind != "DaemonSet":
        spec["topologySpreadConstraints"] = spread(workload.selector, hard=workload.spread_hard)
    if workload.init_containers:
        spec["initContainers"] = [dict(one) for one in workload.init_containers]
    spec["containers"] = [container.to_dict() for container in workload.containers]
    if workload.volumes:
        spec["volumes"] = [{"name": name, **source} for name, source in workload.volumes.items()]
    return {**spec, **workload.pod}


def _labels(workload: Workload) -> dict[str, str]:
    return {"app.kubernetes.io/part-of": "tocsin", **workload.selector, **workload.labels}


def _ports(workload: Workload) -> Mapping[str, int]:
    if workload.service_ports is not None:
        return workload.service_ports
    return {name: port for container in workload.containers for name, port in container.ports.items()}
