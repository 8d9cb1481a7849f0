"""The Secrets that people fill: out of Pulumi's configuration, or out of Vault or AWS by the External Secrets Operator.

https://external-secrets.io/latest/api/spec/. With a store outside, no value passes through Pulumi: its state knows
names only, and a rotated secret arrives without a deployment.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pulumi

from components.component import Component
from components.flavours import Identity
from components.objects import metadata

EXTERNAL_SECRETS: Final = "external-secrets.io/v1"
STORE: Final = "tocsin"
READER: Final = "tocsin-secrets"
"""The ServiceAccount as which the operator asks the store."""
_REFRESH: Final = "5m"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vault:
    """HashiCorp Vault, which believes Kubernetes' tokens. https://external-secrets.io/latest/provider/hashicorp-vault/"""

    server: str
    """https://…"""
    path: str
    """Of the KV engine, version 2."""
    mount: str
    """Of the Kubernetes auth method."""
    role: str
    namespace: str | None = None
    """Of Vault Enterprise."""
    ca: str | None = None
    """The certificate of who signed the server's, in PEM; that of public ones by default."""

    def provider(self) -> dict[str, Any]:
        """As in a SecretStore."""
        kubernetes = {"mountPath": self.mount, "role": self.role, "serviceAccountRef": {"name": READER}}
        found: dict[str, Any] = {
            "server": self.server,
            "path": self.path,
            "version": "v2",
            "auth": {"kubernetes": kubernetes},
        }
        if self.namespace is not None:
            found["namespace"] = self.namespace
        if self.ca is not None:
            found["caProvider"] = {"type": "ConfigMap", "name": f"{STORE}-vault-ca", "key": "ca.crt"}
        return {"vault": found}


@dataclass(frozen=True, slots=True, kw_only=True)
class Aws:
    """AWS Secrets Manager, asked as a role of IAM. https://external-secrets.io/latest/provider/aws-secrets-manager/"""

    region: str

    def provider(self) -> dict[str, Any]:
        """As in a SecretStore."""
        auth = {"jwt": {"serviceAccountRef": {"name": READER}}}
        return {"aws": {"service": "SecretsManager", "region": self.region, "auth": auth}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """A store outside."""

    store: Vault | Aws
    prefix: str
    """Before the name of each Secret in the store."""
    identity: Identity
    """Of the ServiceAccount, for AWS."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A Secret and its keys."""

    name: str
    keys: Sequence[str]
    values: Mapping[str, pulumi.Output[str]]
    """By key; of no meaning with a store outside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretsArgs:
    """Which Secrets, and where their values are."""

    namespace: str
    secrets: Sequence[Filled]
    outside: Outside | None


class Secrets(Component):
    """The Secrets, or the store and what is to be fetched out of it."""

    def __init__(
        self,
        name: str,
        args: SecretsArgs,
        opts: pulumi.ResourceOptions | None = None,
        after: Iterable[pulumi.Resource] = (),
    ) -> None:
        """Registers all of it."""
        super().__init__("Secrets", name, opts, after)
        if args.outside is None:
            for filled in args.secrets:
                self.place(_secret(filled, args.namespace), opts=_HIDDEN)
        elif args.secrets:
            before = self.place_all(_store(args.outside, args.namespace))
            fetched = (fetch(one.name, one.keys, args.outside.prefix, args.namespace) for one in args.secrets)
            self.place_all(fetched, after=before)
        self.finish(names=[filled.name for filled in args.secrets])


_HIDDEN: Final = pulumi.ResourceOptions(additional_secret_outputs=["data", "stringData"])


def _secret(filled: Filled, namespace: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": metadata(filled.name, namespace),
        "type": "Opaque",
        "stringData": {key: filled.values[key] for key in filled.keys},
    }


def _store(outside: Outside, namespace: str) -> list[dict[str, Any]]:
    account: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": metadata(READER, namespace, None, outside.identity.annotations),
        "automountServiceAccountToken": False,
    }
    store: dict[str, Any] = {
        "apiVersion": EXTERNAL_SECRETS,
        "kind": "SecretStore",
        "metadata": metadata(STORE, namespace),
        "spec": {"provider": outside.store.provider()},
    }
    found = [account, store]
    if isinstance(outside.store, Vault) and outside.store.ca is not None:
        ca: dict[str, Any] = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": metadata(f"{STORE}-vault-ca", namespace),
            "data": {"ca.crt": outside.store.ca},
        }
        found.insert(1, ca)
    return found


def fetch(name: str, keys: Sequence[str], prefix: str, namespace: str) -> dict[str, Any]:
    """What has a Secret made out of the store.

    Each key is named, so that a key that is missing in the store is a fault of this object, and said by it.
    """
    remote = f"{prefix}{name}"
    spec = {
        "refreshInterval": _REFRESH,
        "secretStoreRef": {"kind": "SecretStore", "name": STORE},
        "target": {"name": name, "creationPolicy": "Owner", "deletionPolicy": "Retain"},
        "data": [{"secretKey": key, "remoteRef": {"key": remote, "property": key}} for key in keys],
    }
    return {
        "apiVersion": EXTERNAL_SECRETS,
        "kind": "ExternalSecret",
        "metadata": metadata(name, namespace),
        "spec": spec,
    }
