"""blackbox-exporter: asks from outside, for `Probe`. https://github.com/prometheus/blackbox_exporter"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pulumi

from components.component import Component
from components.container import Container, Probe, Resources
from components.digest import digest
from components.network import EVERY_POD, Allow, Network, pods
from components.objects import metadata
from components.scraping import Endpoint, Owner, service_monitor
from components.versions import Images
from components.workload import Workload, manifests

NAME: Final = "blackbox-exporter"
PORT: Final = 9115

MODULES: Final[Mapping[str, Any]] = {
    "http": {
        "prober": "http",
        "timeout": "8s",
        "http": {"follow_redirects": True, "preferred_ip_protocol": "ip4"},
    },
    "tcp": {"prober": "tcp", "timeout": "8s", "tcp": {"preferred_ip_protocol": "ip4"}},
    "tls": {"prober": "tcp", "timeout": "8s", "tcp": {"preferred_ip_protocol": "ip4", "tls": True}},
}
"""By the words of policies/services: a page with a status of 2xx, a connection, a connection with a valid certificate.
https://github.com/prometheus/blackbox_exporter/blob/master/CONFIGURATION.md"""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlackboxExporterArgs:
    """What it needs to know."""

    namespace: str
    images: Images
    platform: Owner
    """Whose its own metrics are."""
    ports: frozenset[int]
    """Ports outside the cluster that probes ask."""
    replicas: int = 1


def prober(namespace: str) -> str:
    """Its address, for probes."""
    return f"{NAME}.{namespace}.svc:{PORT}"


class BlackboxExporter(Component):
    """The exporter and the modules that it knows."""

    def __init__(
        self,
        name: str,
        args: BlackboxExporterArgs,
        opts: pulumi.ResourceOptions | None = None,
        after: Iterable[pulumi.Resource] = (),
    ) -> None:
        """Registers it with its configuration and its monitor."""
        super().__init__("BlackboxExporter", name, opts, after)
        config = json.dumps({"modules": MODULES}, indent=2) + "\n"
        self.place(
            {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": metadata(NAME, args.namespace),
                "data": {"config.yml": config},
            }
        )
        self.place_all(manifests(_workload(args, config)))
        monitor = service_monitor(
            NAME, args.namespace, args.platform, {"app.kubernetes.io/name": NAME}, [Endpoint(port="http")]
        )
        self.place(monitor)
        self.finish(prober=prober(args.namespace))


def _workload(args: BlackboxExporterArgs, config: str) -> Workload:
    health = Probe.http("/-/healthy", "http")
    container = Container(
        name=NAME,
        image=args.images[NAME],
        args=["--config.file=/etc/blackbox/config.yml", f"--web.listen-address=:{PORT}"],
        ports={"http": PORT},
        resources=Resources(cpu="20m", memory="48Mi", cpu_limit="500m", memory_limit="128Mi"),
        liveness=health,
        readiness=health,
        mounts={"/etc/blackbox": "config"},
    )
    return Workload(
        name=NAME,
        namespace=args.namespace,
        replicas=args.replicas,
        containers=[container],
        volumes={"config": {"configMap": {"name": NAME}}},
        annotations={"tocsin/config": digest(config)},
        network=Network(
            ingress=[Allow(peers=[pods("prometheus")], ports=["http"])],
            egress=[Allow(peers=[EVERY_POD]), Allow(ports=sorted({80, 443} | args.ports))],
        ),
    )
