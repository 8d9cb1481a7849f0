"""A program that is one process with a file of configuration and a volume: Loki and Tempo."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pulumi

from alerting.model.quantities import Duration
from alerting.yaml_text import dump
from components.certificates import certificate, hosts, secret_of
from components.component import Component
from components.container import Container, Probe, Resources
from components.digest import digest
from components.network import Allow, Network, namespace_of
from components.objects import Manifest, metadata
from components.prometheus_server import client_tls
from components.scraping import Endpoint, service_monitor
from components.thanos import Surroundings
from components.workload import Claim, Workload, manifests

_FOLDER: Final = "/etc/config"
_FILE: Final = "config.yaml"
_TLS: Final = "/etc/tls"


@dataclass(frozen=True, slots=True, kw_only=True)
class SingleProcessArgs:
    """What such a program needs to know."""

    around: Surroundings
    retention: Duration
    """In whole hours."""
    storage: str
    storage_class: str
    resources: Resources
    writers: Sequence[str]
    """Namespaces whose pods may push, beside our own."""

    @property
    def retention_hours(self) -> str:
        """As these programs read it: their durations know no days."""
        return f"{self.retention.ms // 3_600_000}h"


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """One such program."""

    name: str
    """Of the image and, with a capital, of the component, too."""
    args: SingleProcessArgs
    config: Mapping[str, Any]
    """With a section `server` like that of dskit, to which certificates are added."""
    data: str
    """Where its volume is."""
    ports: Mapping[str, int]
    """By name; `http` is asked how it is, and by everybody of our namespace."""
    pushed: Sequence[str]
    """The ports that writers may use."""
    user: int


class SingleProcess(Component):
    """Configuration, certificate, Service, network, the process and its monitor."""

    def __init__(
        self,
        name: str,
        process: Process,
        opts: pulumi.ResourceOptions | None = None,
        after: Iterable[pulumi.Resource] = (),
    ) -> None:
        """Registers all of it."""
        super().__init__(process.name.capitalize(), name, opts, after)
        around = process.args.around
        self.url = f"{around.scheme}://{process.name}.{around.namespace}.svc:{process.ports['http']}"
        """Where Grafana asks."""
        self.place_all(_placed(process, around))
        self.finish(url=self.url)


def server_tls() -> dict[str, str]:
    """The certificate as these programs want it."""
    return {"cert_file": f"{_TLS}/tls.crt", "key_file": f"{_TLS}/tls.key"}


def _placed(process: Process, around: Surroundings) -> list[Manifest]:
    namespace = around.namespace
    text = dump(_with_tls(process.config) if around.tls else process.config)
    found: list[Manifest] = [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": metadata(process.name, namespace),
            "data": {_FILE: text},
        }
    ]
    if around.tls:
        found.append(certificate(process.name, namespace, hosts(process.name, namespace)))
    tls = client_tls(f"{process.name}.{namespace}.svc") if around.tls else None
    labels = {"app.kubernetes.io/name": process.name}
    page = service_monitor(process.name, namespace, around.platform, labels, [Endpoint(port="http", tls=tls)])
    return [*found, *manifests(_workload(process, around, text)), page]


def _with_tls(config: Mapping[str, Any]) -> dict[str, Any]:
    return {**config, "server": {**config["server"], "http_tls_config": server_tls()}}


def _workload(process: Process, around: Surroundings, text: str) -> Workload:
    volumes: dict[str, Mapping[str, Any]] = {
        "config": {"configMap": {"name": process.name}},
        "tmp": {"emptyDir": {"sizeLimit": "256Mi"}},
    }
    mounts = {_FOLDER: "config"}
    if around.tls:
        volumes["tls"], mounts[_TLS] = {"secret": {"secretName": secret_of(process.name)}}, "tls"
    container = Container(
        name=process.name,
        image=around.images[process.name],
        args=[f"-config.file={_FOLDER}/{_FILE}"],
        ports=process.ports,
        mounts=mounts,
        writable={process.data: "data", "/tmp": "tmp"},
        resources=process.args.resources,
        startup=Probe.http("/ready", "http", https=around.tls, failures=60),
        liveness=Probe.tcp("http", every_s=30, failures=4),
        readiness=Probe.http("/ready", "http", https=around.tls),
    )
    inside: Manifest = {"podSelector": {}}
    ways = [Allow(peers=[inside], ports=list(process.ports))]
    ways += [Allow(peers=[namespace_of(name)], ports=list(process.pushed)) for name in process.args.writers]
    return Workload(
        name=process.name,
        namespace=around.namespace,
        kind="StatefulSet",
        containers=[container],
        volumes=volumes,
        claims=[Claim(name="data", size=process.args.storage, storage_class=process.args.storage_class)],
        annotations={"tocsin/config": digest(text)},
        user=process.user,
        network=Network(ingress=ways),
    )
