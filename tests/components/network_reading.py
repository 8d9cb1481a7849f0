"""NetworkPolicies, read as a network plugin reads them: may these pods talk to those?

https://kubernetes.io/docs/concepts/services-networking/network-policies/
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from policies.guardrails.pods import OPERATED, pod_of
from policies.guardrails.registered import Resource
from tools.program import Recording

_OPERATED_PORTS: Final[Mapping[str, Mapping[str, int]]] = {
    "Prometheus": {"web": 9090, "reloader-web": 8080, "grpc": 10901, "http": 10902},
    "Alertmanager": {"web": 9093, "reloader-web": 8080, "mesh-tcp": 9094},
    "ThanosRuler": {"grpc": 10901, "web": 10902},
}
"""What the operator calls the ports of its pods; tests/cluster sees them on real ones."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Pods of one workload, or somebody outside, who is in no namespace."""

    namespace: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    ports: Mapping[str, int] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What its workload is called."""
        return self.labels.get("app.kubernetes.io/name", "")


OUTSIDE: Final = Place()


@dataclass(frozen=True)
class Net:
    """The pods and policies of a stack."""

    places: Sequence[Place]
    policies: Sequence[Mapping[str, Any]]

    def place(self, name: str) -> Place:
        """The pods of a workload of ours."""
        return next(one for one in self.places if one.name == name)

    def allowed(self, source: Place, target: Place, port: int, protocol: str = "TCP") -> bool:
        """Whether the policies of both sides let it through."""
        return self._side(source, target, target, port, protocol, "egress") and self._side(
            target, source, target, port, protocol, "ingress"
        )

    def _side(self, own: Place, other: Place, target: Place, port: int, protocol: str, side: str) -> bool:
        mine = [one for one in self.policies if _selects(one, own) and side.title() in one["spec"]["policyTypes"]]
        if not mine:
            return True
        rules = [rule for one in mine for rule in one["spec"].get(side) or ()]
        key = "to" if side == "egress" else "from"
        return any(
            _peer(rule.get(key), other, own.namespace) and _port(rule.get("ports"), target, port, protocol)
            for rule in rules
        )


def read(recording: Recording) -> Net:
    """What a stack registered."""
    places = []
    for one in recording.resources:
        resource = Resource(type=one.type, name=one.name, urn=one.urn, inputs=one.inputs)
        pod = pod_of(resource)
        if pod is None:
            continue
        ports = {port["name"]: port["containerPort"] for each in pod.containers for port in each.spec.get("ports", ())}
        if resource.kind in OPERATED:
            ports = dict(_OPERATED_PORTS[resource.kind])
        places.append(Place(namespace=resource.namespace, labels=pod.labels, ports=ports))
    return Net(places, recording.manifests("NetworkPolicy"))


def scraped(recording: Recording, net: Net) -> Iterator[tuple[Place, int]]:
    """Where the monitors of a stack send Prometheus, among our own pods."""
    services = recording.manifests("Service")
    for monitor in recording.manifests("ServiceMonitor"):
        spec = monitor["spec"]
        for service in services:
            about = service["metadata"]
            if about["namespace"] not in spec["namespaceSelector"]["matchNames"] or not (
                spec["selector"]["matchLabels"].items() <= about["labels"].items()
            ):
                continue
            wanted = service["spec"]["selector"].items()
            for place in net.places:
                if place.namespace == about["namespace"] and wanted <= place.labels.items():
                    for endpoint in spec["endpoints"]:
                        port = next(one for one in service["spec"]["ports"] if one["name"] == endpoint["port"])
                        target = port["targetPort"]
                        yield place, place.ports[target] if isinstance(target, str) else target


def _selects(policy: Mapping[str, Any], place: Place) -> bool:
    wanted = policy["spec"]["podSelector"].get("matchLabels", {})
    return bool(policy["metadata"]["namespace"] == place.namespace and wanted.items() <= place.labels.items())


def _peer(peers: Sequence[Mapping[str, Any]] | None, other: Place, home: str) -> bool:
    """Nobody named is everybody; an address range is none of our pods."""
    if not peers:
        return True
    for peer in peers:
        if "ipBlock" in peer or other is OUTSIDE:
            continue
        where = peer.get("namespaceSelector")
        labels = {"kubernetes.io/metadata.name": other.namespace}
        near = other.namespace == home if where is None else where.get("matchLabels", {}).items() <= labels.items()
        if near and peer.get("podSelector", {}).get("matchLabels", {}).items() <= other.labels.items():
            return True
    return False


def _port(ports: Sequence[Mapping[str, Any]] | None, target: Place, port: int, protocol: str) -> bool:
    if not ports:
        return True
    return any(
        one["protocol"] == protocol
        and (target.ports.get(one["port"]) if isinstance(one["port"], str) else one["port"]) == port
        for one in ports
    )
