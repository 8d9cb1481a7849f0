"""kube-state-metrics: the state of Kubernetes objects as metrics. https://github.com/kubernetes/kube-state-metrics"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pulumi

from components import rbac
from components.component import Component
from components.container import Container, Probe, Resources
from components.network import API_SERVER, Allow, Network, pods
from components.scraping import Endpoint, Owner, service_monitor
from components.versions import Images
from components.workload import Workload, manifests

NAME: Final = "kube-state-metrics"
_WATCHED: Final[Mapping[str, Sequence[str]]] = {
    "": (
        "endpoints",
        "limitranges",
        "namespaces",
        "nodes",
        "persistentvolumeclaims",
        "persistentvolumes",
        "pods",
        "replicationcontrollers",
        "resourcequotas",
        "services",
    ),
    "apps": ("daemonsets", "deployments", "replicasets", "statefulsets"),
    "autoscaling": ("horizontalpodautoscalers",),
    "batch": ("cronjobs", "jobs"),
    "networking.k8s.io": ("ingresses", "networkpolicies"),
    "policy": ("poddisruptionbudgets",),
    "storage.k8s.io": ("storageclasses", "volumeattachments"),
}
"""Not Secrets and ConfigMaps, which it would list with their content."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KubeStateMetricsArgs:
    """What it needs to know."""

    namespace: str
    images: Images
    platform: Owner
    """Whose series they are where no service is found for them."""
    ownership: Sequence[Mapping[str, Any]] = ()
    """Relabelings that find the service of an object; see `components.ownership`."""


def arguments() -> list[str]:
    """Its command line."""
    watched = sorted(resource for resources in _WATCHED.values() for resource in resources)
    return ["--port=8080", "--telemetry-port=8081", f"--resources={','.join(watched)}"]


class KubeStateMetrics(Component):
    """One for the cluster: two would count everything twice."""

    def __init__(
        self,
        name: str,
        args: KubeStateMetricsArgs,
        opts: pulumi.ResourceOptions | None = None,
        after: Iterable[pulumi.Resource] = (),
    ) -> None:
        """Registers it with its rights and its monitor."""
        super().__init__("KubeStateMetrics", name, opts, after)
        rules = [rbac.rule(group, resources, ["list", "watch"]) for group, resources in _WATCHED.items()]
        rights = self.place_all(
            rbac.cluster_role(f"tocsin-{NAME}", rules, rbac.account(NAME, args.namespace)),
        )
        self.place_all(manifests(_workload(args)), after=rights)
        about_objects = Endpoint(port="http", honor_labels=True, metric_relabelings=args.ownership)
        self.place(
            service_monitor(
                NAME,
                args.namespace,
                args.platform,
                {"app.kubernetes.io/name": NAME},
                [about_objects, Endpoint(port="telemetry")],
            )
        )
        self.finish()


def _workload(args: KubeStateMetricsArgs) -> Workload:
    container = Container(
        name=NAME,
        image=args.images[NAME],
        args=arguments(),
        ports={"http": 8080, "telemetry": 8081},
        resources=Resources(cpu="50m", memory="256Mi", cpu_limit="500m", memory_limit="1Gi"),
        liveness=Probe.http("/livez", "http"),
        readiness=Probe.http("/readyz", "telemetry"),
    )
    return Workload(
        name=NAME,
        namespace=args.namespace,
        containers=[container],
        needs_token=True,
        network=Network(
            ingress=[Allow(peers=[pods("prometheus")], ports=["http", "telemetry"])],
            egress=[API_SERVER],
        ),
    )
