"""How people reach a program of the cluster with a browser."""

from dataclasses import dataclass
from typing import Any

from components.objects import metadata


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrance:
    """What all ingresses of a cluster share."""

    ingress_class: str
    issuer_kind: str | None = None
    """`ClusterIssuer` or `Issuer` of cert-manager that signs what browsers see; None for the controller's own."""
    issuer: str | None = None


def ingress(
    name: str, namespace: str, host: str, port: str, entrance: Entrance, *, https: bool, annotations: dict[str, str]
) -> dict[str, Any]:
    """Everything under a host goes to the Service of that name; `https` is what the program itself speaks."""
    found = dict(annotations)
    tls: dict[str, Any] = {"hosts": [host]}
    if entrance.issuer is not None:
        key = "cluster-issuer" if entrance.issuer_kind == "ClusterIssuer" else "issuer"
        found[f"cert-manager.io/{key}"] = entrance.issuer
        tls["secretName"] = f"{name}-public-tls"
    if https:
        found["nginx.ingress.kubernetes.io/backend-protocol"] = "HTTPS"
    found["nginx.ingress.kubernetes.io/force-ssl-redirect"] = "true"
    backend = {"service": {"name": name, "port": {"name": port}}}
    path = {"path": "/", "pathType": "Prefix", "backend": backend}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": metadata(name, namespace, annotations=found),
        "spec": {
            "ingressClassName": entrance.ingress_class,
            "tls": [tls],
            "rules": [{"host": host, "http": {"paths": [path]}}],
        },
    }
