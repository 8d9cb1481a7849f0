"""Prometheus: the servers of every shard, and what they need around them."""

from collections.abc import Iterable
from typing import Any, Final

import pulumi

from components import rbac
from components.certificates import certificate, grpc_name, hosts
from components.component import Component
from components.network import API_SERVER, EVERY_POD, READERS, Allow, Network, pods, policy
from components.objects import Manifest, metadata
from components.operator import KUBELET
from components.prometheus_server import (
    KUBELET_CLASS,
    NAME,
    PrometheusArgs,
    client_tls,
    selector,
    server,
    shard_name,
)
from components.scraping import Endpoint, service_monitor, spread
from components.workload import disruption_budget

SIDECAR: Final = "prometheus-sidecar"
"""The Service without an address through which Thanos finds every sidecar."""
GRPC: Final = 10901
_SIDECAR_METRICS: Final = 10902
_KUBELET_PORT: Final = 10250
_PORT: Final = 9090


class Prometheus(Component):
    """Rights, certificate, and per shard the server's object, Service and disruption budget."""

    def __init__(
        self,
        name: str,
        args: PrometheusArgs,
        opts: pulumi.ResourceOptions | None = None,
        after: Iterable[pulumi.Resource] = (),
    ) -> None:
        """Registers all of it."""
        super().__init__("Prometheus", name, opts, after)
        scheme = "https" if args.tls else "http"
        self.urls = [f"{scheme}://{shard_name(shard)}.{args.namespace}.svc:{_PORT}" for shard in range(args.shards)]
        """The address of each shard."""
        before = self.place_all(_surroundings(args))
        servers = []
        for shard in range(args.shards):
            if args.replicas > 1:
                self.place(disruption_budget(shard_name(shard), args.namespace, selector(shard)))
            servers.append(self.place(server(shard, args), after=before))
            # Services come last: Pulumi takes one for made when there are pods behind it.
            self.place(_service(shard, args), after=servers[-1:])
        if args.object_store is not None:
            self.place(_sidecars(args), after=servers)
        self.place_all(_monitors(args))
        self.finish(urls=self.urls)


def _surroundings(args: PrometheusArgs) -> list[Manifest]:
    """What must be there before the servers."""
    found: list[Manifest] = [
        {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": metadata(NAME, args.namespace, None, args.identity.annotations),
            "automountServiceAccountToken": False,
        },
        *rbac.cluster_role(f"tocsin-{NAME}", _rules(), rbac.account(NAME, args.namespace)),
        policy(NAME, args.namespace, {"app.kubernetes.io/name": NAME}, _network(args)),
    ]
    if args.tls:
        names = [host for shard in range(args.shards) for host in hosts(shard_name(shard), args.namespace)]
        names += [*hosts("prometheus-operated", args.namespace, pods=True), *hosts(SIDECAR, args.namespace, pods=True)]
        names.append(grpc_name(args.namespace))
        found.append(certificate(NAME, args.namespace, names))
    return found


def _rules() -> list[dict[str, Any]]:
    """It looks for targets in all namespaces; it reads no Secret and no ConfigMap."""
    return [
        rbac.rule("", ["services", "pods"], ["get", "list", "watch"]),
        rbac.rule("discovery.k8s.io", ["endpointslices"], ["get", "list", "watch"]),
        rbac.rule("", ["nodes/metrics"], ["get"]),
        rbac.pages(["/metrics", "/metrics/cadvisor"]),
    ]


def _network(args: PrometheusArgs) -> Network:
    """In: who reads alerts and metrics, and the servers that scrape each other."""
    own, bucket = pods(NAME), args.object_store is not None
    ingress = [
        Allow(peers=[own, pods("grafana"), pods("tocsin"), READERS], ports=["web"]),
        Allow(peers=[own], ports=["reloader-web", "http"] if bucket else ["reloader-web"]),
    ]
    if bucket:
        ingress.append(Allow(peers=[pods("thanos-query")], ports=["grpc"]))
    outside = sorted({_KUBELET_PORT, 9100, *args.outside_ports})
    return Network(
        ingress=ingress,
        egress=[Allow(peers=[EVERY_POD]), API_SERVER, Allow(ports=outside), *args.identity.egress],
    )


def _service(shard: int, args: PrometheusArgs) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(shard_name(shard), args.namespace, {"app.kubernetes.io/name": NAME}),
        "spec": {
            "selector": selector(shard),
            "ports": [
                {"name": "web", "port": _PORT, "targetPort": "web", "protocol": "TCP"},
                {"name": "reloader-web", "port": 8080, "targetPort": "reloader-web", "protocol": "TCP"},
            ],
            # A question about the past is answered by one replica, or its graph jumps between the two.
            "sessionAffinity": "ClientIP",
        },
    }


def _sidecars(args: PrometheusArgs) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(SIDECAR, args.namespace, {"app.kubernetes.io/name": SIDECAR}),
        "spec": {
            "clusterIP": "None",
            "selector": {"app.kubernetes.io/name": NAME},
            "ports": [
                {"name": "grpc", "port": GRPC, "targetPort": "grpc", "protocol": "TCP"},
                {"name": "http", "port": _SIDECAR_METRICS, "targetPort": "http", "protocol": "TCP"},
            ],
        },
    }


def _monitors(args: PrometheusArgs) -> list[dict[str, Any]]:
    own = client_tls(f"prometheus-operated.{args.namespace}.svc") if args.tls else None
    pages = [Endpoint(port="web", tls=own), Endpoint(port="reloader-web")]
    found = [
        service_monitor(NAME, args.namespace, args.platform, {"app.kubernetes.io/name": NAME}, pages),
        *spread(_kubelets(args), args.shards),
    ]
    if args.object_store is not None:
        labels = {"app.kubernetes.io/name": SIDECAR}
        found.append(service_monitor(SIDECAR, args.namespace, args.platform, labels, [Endpoint(port="http")]))
    return found


def _kubelets(args: PrometheusArgs) -> dict[str, Any]:
    """Volumes and containers. Of cAdvisor's series, only those that name a container are about one."""
    whole = {"action": "drop", "sourceLabels": ["__name__", "container"], "regex": "container_[^;]+;"}
    pages = [
        Endpoint(
            port="https-metrics",
            scheme="https",
            path=path,
            honor_labels=True,
            metric_relabelings=[*dropped, *args.ownership],
        )
        for path, dropped in (("/metrics", []), ("/metrics/cadvisor", [whole]))
    ]
    namespace = KUBELET.split("/")[0]
    return service_monitor(
        "kubelet",
        args.namespace,
        args.platform,
        {"app.kubernetes.io/name": "kubelet"},
        pages,
        target_namespace=namespace,
        scrape_class=KUBELET_CLASS,
    )
