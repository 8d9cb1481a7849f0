"""node-exporter on every machine: the one program here that sees the host, in a namespace of its own.

It listens on the machine's own network, which no NetworkPolicy guards: with TLS it answers only who shows a
certificate of our authority. https://github.com/prometheus/node_exporter
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import pulumi

from components.certificates import certificate, hosts, secret_of
from components.component import Component
from components.container import Container, Probe, Resources
from components.network import Allow, Network, pods
from components.objects import metadata
from components.scraping import Endpoint, Owner, Tls, service_monitor, spread
from components.versions import Images
from components.workload import Workload, manifests

NAME: Final = "node-exporter"
PORT: Final = 9100
_WEB_CONFIG: Final = "/etc/node-exporter/web.yml"
_CERTIFICATE: Final = "/etc/node-exporter-tls"
_BY_NODE: Final = {
    "action": "replace",
    "sourceLabels": ["__meta_kubernetes_pod_node_name"],
    "targetLabel": "instance",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeExporterArgs:
    """What it needs to know."""

    namespace: str
    """Its own."""
    prometheus_namespace: str
    """Where who scrapes it runs, and its monitor lives."""
    images: Images
    platform: Owner
    shards: int
    tls: Tls | None
    """What Prometheus shows and expects; without it everybody may read the metrics of the machines."""


def arguments(*, tls: bool) -> list[str]:
    """Its command line."""
    found = [
        "--path.procfs=/host/proc",
        "--path.sysfs=/host/sys",
        "--path.rootfs=/host/root",
        "--path.udev.data=/host/root/run/udev/data",
        f"--web.listen-address=:{PORT}",
        "--no-collector.wifi",
        "--no-collector.btrfs",
        "--collector.filesystem.mount-points-exclude=^/(dev|proc|sys|run/k3s/containerd/.+|var/lib/(docker|containers|kubelet/pods)/.+)($|/)",
        "--collector.netclass.ignored-devices=^(veth.*|[a-f0-9]{15})$",
        "--collector.netdev.device-exclude=^(veth.*|[a-f0-9]{15})$",
    ]
    return [*found, f"--web.config.file={_WEB_CONFIG}"] if tls else found


class NodeExporter(Component):
    """A DaemonSet on all machines, whatever their taints."""

    def __init__(
        self,
        name: str,
        args: NodeExporterArgs,
        opts: pulumi.ResourceOptions | None = None,
        after: Iterable[pulumi.Resource] = (),
    ) -> None:
        """Registers it with its certificate and its monitor."""
        super().__init__("NodeExporter", name, opts, after)
        if args.tls is not None:
            self.place(certificate(NAME, args.namespace, hosts(NAME, args.namespace)))
            self.place(_web_config(args.namespace))
        self.place_all(manifests(_workload(args)))
        self.place_all(spread(_monitor(args), args.shards))
        self.finish()


def _web_config(namespace: str) -> dict[str, Any]:
    """https://github.com/prometheus/exporter-toolkit/blob/master/docs/web-configuration.md; JSON is YAML."""
    config = {
        "tls_server_config": {
            "cert_file": f"{_CERTIFICATE}/tls.crt",
            "key_file": f"{_CERTIFICATE}/tls.key",
            "client_ca_file": f"{_CERTIFICATE}/ca.crt",
            "client_auth_type": "RequireAndVerifyClientCert",
        }
    }
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata(NAME, namespace),
        "data": {"web.yml": json.dumps(config, indent=2) + "\n"},
    }


def _monitor(args: NodeExporterArgs) -> dict[str, Any]:
    return service_monitor(
        NAME,
        args.prometheus_namespace,
        args.platform,
        {"app.kubernetes.io/name": NAME},
        [Endpoint(port="metrics", interval_s=15, tls=args.tls, relabelings=[_BY_NODE])],
        target_namespace=args.namespace,
    )


def _workload(args: NodeExporterArgs) -> Workload:
    # With TLS only who has a certificate gets a page, which the kubelet has not.
    alive = Probe.tcp("metrics") if args.tls is not None else Probe.http("/", "metrics")
    mounts = {_CERTIFICATE: "tls", "/etc/node-exporter": "config"} if args.tls is not None else {}
    volumes: dict[str, Any] = {
        "proc": {"hostPath": {"path": "/proc"}},
        "sys": {"hostPath": {"path": "/sys"}},
        "root": {"hostPath": {"path": "/"}},
    }
    if args.tls is not None:
        volumes |= {"tls": {"secret": {"secretName": secret_of(NAME)}}, "config": {"configMap": {"name": NAME}}}
    container = Container(
        name=NAME,
        image=args.images[NAME],
        args=arguments(tls=args.tls is not None),
        ports={"metrics": PORT},
        resources=Resources(cpu="50m", memory="48Mi", cpu_limit="500m", memory_limit="128Mi"),
        liveness=alive,
        readiness=alive,
        mounts=mounts,
        host_mounts={"/host/proc": "proc", "/host/sys": "sys", "/host/root": "root"},
    )
    return Workload(
        name=NAME,
        namespace=args.namespace,
        kind="DaemonSet",
        containers=[container],
        volumes=volumes,
        network=Network(ingress=[Allow(peers=[pods("prometheus", args.prometheus_namespace)], ports=["metrics"])]),
        pod={
            "hostNetwork": True,
            "hostPID": True,
            "dnsPolicy": "ClusterFirstWithHostNet",
            "tolerations": [{"operator": "Exists"}],
        },
    )
