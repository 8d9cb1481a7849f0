"""Who may talk to a pod and to whom it may talk: nothing is allowed that is not named."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from components.objects import metadata

NAMESPACE_LABEL: Final = "kubernetes.io/metadata.name"
"""Set on every namespace by the API server itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allow:
    """One way in or out: these peers on these ports; no peers is anybody, no ports is every port."""

    peers: Sequence[Mapping[str, Any]] = ()
    ports: Sequence[int | str] = ()
    """TCP ports by number or by the name that the pod gives them."""
    udp: Sequence[int] = ()

    def to_dict(self, side: str) -> dict[str, Any]:
        """As in a manifest; `side` is `from` or `to`."""
        found: dict[str, Any] = {}
        if self.peers:
            found[side] = [dict(peer) for peer in self.peers]
        ports = [{"protocol": "TCP", "port": port} for port in self.ports]
        ports += [{"protocol": "UDP", "port": port} for port in self.udp]
        if ports:
            found["ports"] = ports
        return found


def pods(name: str, namespace: str | None = None) -> dict[str, Any]:
    """The pods of a workload by its name, in the same namespace unless another is given."""
    return labelled({"app.kubernetes.io/name": name}, namespace)


def labelled(labels: Mapping[str, str], namespace: str | None = None) -> dict[str, Any]:
    """The pods with these labels; `*` as namespace is every one."""
    found: dict[str, Any] = {"podSelector": {"matchLabels": dict(labels)}}
    if namespace == "*":
        found["namespaceSelector"] = {}
    elif namespace is not None:
        found["namespaceSelector"] = {"matchLabels": {NAMESPACE_LABEL: namespace}}
    return found


def namespace_of(name: str) -> dict[str, Any]:
    """Every pod of a namespace."""
    return {"namespaceSelector": {"matchLabels": {NAMESPACE_LABEL: name}}}


READERS: Final = labelled({"tocsin/reads": "metrics"}, "*")
"""Pods of others that ask for metrics, such as the agent of a Grafana outside: whoever starts them says so."""
EVERY_POD: Final[Mapping[str, Any]] = {"namespaceSelector": {}}
_ON_THE_MACHINE: Final[Mapping[str, Any]] = {"ipBlock": {"cidr": "169.254.0.0/16"}}
DNS: Final = Allow(peers=(EVERY_POD, _ON_THE_MACHINE), ports=(53,), udp=(53,))
"""Pods that answer, and what answers on the machine itself, which is no pod to the network: node-local caches and the
resolvers of clouds. https://kubernetes.io/docs/tasks/administer-cluster/nodelocaldns/"""
API_SERVER: Final = Allow(ports=(443, 6443))
"""The API server's address is not known before the cluster, and it is no pod: only its ports can be named."""
HTTPS_OUT: Final = Allow(ports=(443,))
"""Anything outside that speaks TLS on its usual port."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """Everything that a workload's pods may do on the network; DNS is always allowed."""

    ingress: Sequence[Allow] = ()
    egress: Sequence[Allow] = ()


def policy(name: str, namespace: str, selector: Mapping[str, str], network: Network) -> dict[str, Any]:
    """The NetworkPolicy of the pods with these labels.

    A way in that nobody has is left out: the API server drops an empty list, and would take it for a change each time.
    """
    spec: dict[str, Any] = {
        "podSelector": {"matchLabels": dict(selector)},
        "policyTypes": ["Ingress", "Egress"],
        "egress": [allow.to_dict("to") for allow in (DNS, *network.egress)],
    }
    if network.ingress:
        spec["ingress"] = [allow.to_dict("from") for allow in network.ingress]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata(name, namespace),
        "spec": spec,
    }


def deny_all(namespace: str) -> dict[str, Any]:
    """What holds for every pod of a namespace for which nothing else is said."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata("deny-all", namespace),
        "spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]},
    }
