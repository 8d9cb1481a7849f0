"""The ways to the bot from outside: webhooks for everybody, whose signatures it checks; pages for some networks only.

What is not named here has no way in: Alertmanager and Prometheus reach the bot inside the cluster.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from components.objects import Manifest, metadata

WEBHOOKS: Final = ("/github", "/slack", "/pagerduty")
"""Each delivery is signed by its sender."""
PAGES: Final = ("/",)
"""People and their command line. Without a login reading asks for nothing, so they are shown to known networks only."""
INSIDE: Final = ("/alertmanager", "/metrics", "/healthz", "/readyz")
"""What no network outside has any business with."""
_NGINX: Final = "nginx.ingress.kubernetes.io"
_NOBODY: Final = "127.0.0.1/32"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicAccess:
    """How the outside reaches the bot."""

    host: str
    ingress_class: str
    issuer: tuple[str, str] | None = None
    """Kind and name of who signs the certificate that browsers see; None takes the ingress controller's own."""
    networks: Sequence[str] = ()
    """Networks that may open the pages; none means that nobody may, from outside."""


def ingresses(name: str, namespace: str, port: int, access: PublicAccess) -> list[Manifest]:
    """One for each group of people."""
    asks = _asks_for_certificate(access)
    found: list[Manifest] = [_ingress(f"{name}-webhooks", name, namespace, port, access, WEBHOOKS, asks)]
    if access.networks:
        allowed = {f"{_NGINX}/whitelist-source-range": ",".join(access.networks)}
        found.append(_ingress(f"{name}-pages", name, namespace, port, access, PAGES, allowed))
        # The longer path wins, so that what lies below `/` but is for the inside is closed to all.
        closed = {f"{_NGINX}/whitelist-source-range": _NOBODY}
        found.append(_ingress(f"{name}-inside", name, namespace, port, access, INSIDE, closed))
    return found


def _asks_for_certificate(access: PublicAccess) -> dict[str, str]:
    """One of them asks and all show it: asked by several, cert-manager takes the others for strangers."""
    if access.issuer is None:
        return {}
    kind, issuer = access.issuer
    return {"cert-manager.io/cluster-issuer" if kind == "ClusterIssuer" else "cert-manager.io/issuer": issuer}


def _ingress(
    name: str,
    service: str,
    namespace: str,
    port: int,
    access: PublicAccess,
    paths: Sequence[str],
    annotations: dict[str, str],
) -> dict[str, Any]:
    backend = {"service": {"name": service, "port": {"number": port}}}
    tls: dict[str, Any] = {"hosts": [access.host]}
    notes = {
        f"{_NGINX}/ssl-redirect": "true",
        # Larger ones are refused by the bot as well.
        f"{_NGINX}/proxy-body-size": "4m",
        **annotations,
    }
    if access.issuer is not None:
        tls["secretName"] = f"{service}-public-tls"
    rules = [{"path": path, "pathType": "Prefix", "backend": backend} for path in paths]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": metadata(name, namespace, annotations=notes),
        "spec": {
            "ingressClassName": access.ingress_class,
            "tls": [tls],
            "rules": [{"host": access.host, "http": {"paths": rules}}],
        },
    }
