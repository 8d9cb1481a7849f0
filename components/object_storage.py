"""A store in the cluster that speaks S3, for development: one gateway on one volume, whose bucket is a folder.

It goes with the cluster, has no copy, and only programs with the bucket reach it. https://github.com/versity/versitygw
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import pulumi

from components.certificates import certificate, hosts, secret_of
from components.component import Component
from components.container import Container, Probe, Resources
from components.network import Allow, Network, pods
from components.objects import Manifest, metadata
from components.versions import Images
from components.workload import Claim, Workload, manifests

NAME: Final = "object-store"
BUCKET: Final = "thanos"
ACCESS_KEY: Final = "tocsin"
REGION: Final = "us-east-1"
PORT: Final = 7070
EVERYBODY_KNOWS: Final = "development-only"
"""The default secret key. It protects nothing: the network does, on clusters that only one person uses."""
_KEYS: Final = "object-store-keys"
_ROOT: Final = "/srv/store"
_META: Final = "/srv/meta"
_TLS: Final = "/etc/tls"


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectStorageArgs:
    """What it needs to know."""

    namespace: str
    images: Images
    storage: str
    storage_class: str
    secret_key: pulumi.Output[str]
    tls: bool
    callers: tuple[str, ...]
    """The programs with the bucket."""


def endpoint(namespace: str) -> str:
    """Host and port for its clients."""
    return f"{NAME}.{namespace}.svc:{PORT}"


WAY: Final = Allow(peers=(pods(NAME),), ports=(PORT,))
"""What its clients must be allowed."""


class ObjectStorage(Component):
    """Keys, certificate, Service, network, and the gateway."""

    def __init__(
        self,
        name: str,
        args: ObjectStorageArgs,
        opts: pulumi.ResourceOptions | None = None,
        after: Iterable[pulumi.Resource] = (),
    ) -> None:
        """Registers all of it."""
        super().__init__("ObjectStorage", name, opts, after)
        keys: Manifest = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": metadata(_KEYS, args.namespace),
            "type": "Opaque",
            "stringData": {"access-key": ACCESS_KEY, "secret-key": args.secret_key},
        }
        before = [self.place(keys)]
        if args.tls:
            before.append(self.place(certificate(NAME, args.namespace, hosts(NAME, args.namespace))))
        self.place_all(manifests(workload(args)), after=before)
        self.finish(endpoint=endpoint(args.namespace))


def workload(args: ObjectStorageArgs) -> Workload:
    """The gateway. Its bucket is there from the start, since Kubernetes makes the folder that it mounts."""
    volumes: dict[str, Any] = {}
    tls: list[str] = []
    mounts: dict[str, str] = {}
    if args.tls:
        volumes["tls"], mounts[_TLS] = {"secret": {"secretName": secret_of(NAME)}}, "tls"
        tls = [f"--cert={_TLS}/tls.crt", f"--key={_TLS}/tls.key"]
    page = Probe.http("/health", "s3", https=args.tls)
    container = Container(
        name="versitygw",
        image=args.images["versitygw"],
        args=[*arguments(), *tls, "posix", f"--sidecar={_META}", _ROOT],
        env={
            "ROOT_ACCESS_KEY_ID": {"secretKeyRef": {"name": _KEYS, "key": "access-key"}},
            "ROOT_SECRET_ACCESS_KEY": {"secretKeyRef": {"name": _KEYS, "key": "secret-key"}},
        },
        ports={"s3": PORT},
        mounts=mounts,
        writable={f"{_ROOT}/{BUCKET}": f"data:bucket/{BUCKET}", _META: "data:meta"},
        resources=Resources(cpu="50m", memory="128Mi", cpu_limit="1", memory_limit="512Mi"),
        liveness=page,
        readiness=page,
    )
    return Workload(
        name=NAME,
        namespace=args.namespace,
        kind="StatefulSet",
        containers=[container],
        volumes=volumes,
        claims=[Claim(name="data", size=args.storage, storage_class=args.storage_class)],
        network=Network(ingress=[Allow(peers=[pods(one) for one in args.callers], ports=["s3"])]),
    )


def arguments() -> list[str]:
    """Of the gateway, before those of its kind of storage."""
    return [f"--port=:{PORT}", "--health=/health", f"--region={REGION}", "--quiet"]
