"""Certificates for what programs say to each other: an authority of our own, kept by cert-manager.

https://cert-manager.io/docs/configuration/selfsigned/#bootstrapping-ca-issuers
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pulumi

from components.component import Component
from components.objects import metadata

CERT_MANAGER: Final = "cert-manager.io/v1"
ISSUER: Final = "tocsin"
"""The ClusterIssuer that signs every inner certificate."""
_AUTHORITY: Final = "tocsin-authority"
_ROOT_LIFE: Final = "87600h"
_LEAF_LIFE: Final = "2160h"
_LEAF_RENEWED: Final = "720h"
"""Before the end; servers read the new file themselves."""


def secret_of(name: str) -> str:
    """The Secret that holds a certificate: `tls.crt`, `tls.key`, and `ca.crt` of who signed it."""
    return f"{name}-tls"


def hosts(service: str, namespace: str, *, pods: bool = False) -> list[str]:
    """The names under which a Service is reached, with those of its pods for one that has no address of its own."""
    found = [
        service,
        f"{service}.{namespace}",
        f"{service}.{namespace}.svc",
        f"{service}.{namespace}.svc.cluster.local",
    ]
    return found + [f"*.{host}" for host in found] if pods else found


def grpc_name(namespace: str) -> str:
    """A name that everything which query asks has in common: their addresses themselves come out of DNS."""
    return f"thanos-grpc.{namespace}.svc"


def certificate(name: str, namespace: str, dns_names: Sequence[str]) -> dict[str, Any]:
    """A certificate of our own authority, for server and client, in the Secret `<name>-tls`."""
    spec = {
        "secretName": secret_of(name),
        # The first name also is the common name, which has 64 characters at most; clients look at all names.
        "dnsNames": list(dict.fromkeys(dns_names)),
        "duration": _LEAF_LIFE,
        "renewBefore": _LEAF_RENEWED,
        "privateKey": {"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always"},
        "usages": ["digital signature", "server auth", "client auth"],
        "issuerRef": {"group": "cert-manager.io", "kind": "ClusterIssuer", "name": ISSUER},
    }
    return {
        "apiVersion": CERT_MANAGER,
        "kind": "Certificate",
        "metadata": metadata(name, namespace),
        "spec": spec,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityArgs:
    """Where the authority's own key is kept."""

    cert_manager_namespace: str
    """Where cert-manager looks for the Secrets of ClusterIssuers."""


class Authority(Component):
    """Signs itself once; everything inside is signed by it."""

    def __init__(
        self,
        name: str,
        args: AuthorityArgs,
        opts: pulumi.ResourceOptions | None = None,
        after: Iterable[pulumi.Resource] = (),
    ) -> None:
        """Registers the authority and its issuer."""
        super().__init__("Authority", name, opts, after)
        place = args.cert_manager_namespace
        first = {
            "apiVersion": CERT_MANAGER,
            "kind": "Issuer",
            "metadata": metadata("tocsin-self-signed", place),
            "spec": {"selfSigned": {}},
        }
        root = {
            "apiVersion": CERT_MANAGER,
            "kind": "Certificate",
            "metadata": metadata(_AUTHORITY, place),
            "spec": {
                "isCA": True,
                "commonName": _AUTHORITY,
                "secretName": _AUTHORITY,
                "duration": _ROOT_LIFE,
                "privateKey": {"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Never"},
                "issuerRef": {"group": "cert-manager.io", "kind": "Issuer", "name": "tocsin-self-signed"},
            },
        }
        issuer = {
            "apiVersion": CERT_MANAGER,
            "kind": "ClusterIssuer",
            "metadata": metadata(ISSUER),
            "spec": {"ca": {"secretName": _AUTHORITY}},
        }
        signed = self.place(root, after=[self.place(first)])
        self.place(issuer, after=[signed])
        self.finish(issuer=ISSUER)
