"""prometheus-operator and the definitions of its kinds.

The definitions come first and everything else waits for them: started without one, the operator switches its
controller off until it is started again, and an object of an unknown kind is refused.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from typing import Any, Final

import orjson
import pulumi

from components import rbac
from components.component import Component
from components.container import Container, Probe, Resources
from components.network import API_SERVER, Allow, Network, pods
from components.objects import Manifest
from components.scraping import Endpoint, Owner, service_monitor
from components.versions import Images
from components.workload import Workload, manifests

NAME: Final = "prometheus-operator"
KUBELET: Final = "kube-system/kubelet"
"""The Service that the operator keeps for the kubelets, with their addresses."""
_GROUP: Final = "monitoring.coreos.com"
_READ: Final = ("get", "list", "watch")
_WRITE: Final = ("create", "update", "patch", "delete")
_OWN_KINDS: Final = ("prometheuses", "alertmanagers", "thanosrulers", "prometheusagents")
_READ_KINDS: Final = (
    "alertmanagerconfigs",
    "podmonitors",
    "probes",
    "prometheusrules",
    "scrapeconfigs",
    "servicemonitors",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorArgs:
    """What the operator needs to know."""

    namespace: str
    """Its own, and the only one whose objects it works on."""
    images: Images
    platform: Owner
    """Whose its own metrics are."""


def definitions() -> list[dict[str, Any]]:
    """The CRDs of the pinned version, without their prose; see tools/crds.py."""
    folder = resources.files("components") / "crds"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".json")), key=lambda file: file.name)
    return [orjson.loads(file.read_bytes()) for file in files]


class Operator(Component):
    """Definitions, rights, the operator itself. Who places objects of its kinds waits for `kinds`."""

    def __init__(
        self,
        name: str,
        args: OperatorArgs,
        opts: pulumi.ResourceOptions | None = None,
        after: Iterable[pulumi.Resource] = (),
    ) -> None:
        """Registers all of it."""
        super().__init__("Operator", name, opts, after)
        self.kind = {one["spec"]["names"]["kind"]: self.place(one) for one in definitions()}
        """The definition of each kind, for who places many objects of few kinds: fewer waits, a smaller state."""
        self.kinds = list(self.kind.values())
        """All definitions."""
        rights = self.place_all(rights_of(args.namespace))
        self.place_all(manifests(_workload(args)), after=[*self.kinds, *rights])
        monitor = service_monitor(
            NAME, args.namespace, args.platform, {"app.kubernetes.io/name": NAME}, [Endpoint(port="http")]
        )
        self.place(monitor, after=self.kinds)
        self.finish(version=args.images[NAME])


def rights_of(namespace: str) -> list[Manifest]:
    """No more than its controllers use in its own namespace, and what the kubelets' Service takes."""
    kubelet_namespace = KUBELET.split("/")[0]
    own = [
        rbac.rule(_GROUP, [*_OWN_KINDS, *(f"{kind}/finalizers" for kind in _OWN_KINDS)], [*_READ, "update", "patch"]),
        rbac.rule(_GROUP, [f"{kind}/status" for kind in (*_OWN_KINDS, *_READ_KINDS)], ["get", "update", "patch"]),
        rbac.rule(_GROUP, _READ_KINDS, _READ),
        rbac.rule("apps", ["statefulsets"], [*_READ, *_WRITE]),
        rbac.rule("", ["configmaps", "secrets"], [*_READ, *_WRITE]),
        rbac.rule("", ["pods"], ["list", "delete"]),
        rbac.rule("", ["services", "services/finalizers"], ["get", *_WRITE]),
        rbac.rule("discovery.k8s.io", ["endpointslices"], [*_READ, *_WRITE]),
    ]
    kubelets = [
        rbac.rule("", ["services", "services/finalizers"], ["get", *_WRITE]),
        rbac.rule("discovery.k8s.io", ["endpointslices"], [*_READ, *_WRITE]),
    ]
    everywhere = [
        rbac.rule("", ["nodes"], ["list", "watch"]),
        rbac.rule("", ["namespaces"], _READ),
        rbac.rule("", ["events"], ["create", "patch"]),
        rbac.rule("storage.k8s.io", ["storageclasses"], ["get"]),
    ]
    subject = rbac.account(NAME, namespace)
    return [
        *rbac.role(NAME, namespace, own, subject),
        *rbac.role(NAME, kubelet_namespace, kubelets, subject),
        *rbac.cluster_role(f"tocsin-{NAME}", everywhere, subject),
    ]


def arguments(namespace: str, images: Images) -> list[str]:
    """The operator's command line."""
    return [
        f"--namespaces={namespace}",
        f"--kubelet-service={KUBELET}",
        "--kubelet-endpoints=false",
        "--kubelet-endpointslice=true",
        f"--prometheus-config-reloader={images['prometheus-config-reloader']}",
        "--config-reloader-cpu-request=10m",
        "--config-reloader-cpu-limit=100m",
        "--config-reloader-memory-request=32Mi",
        "--config-reloader-memory-limit=64Mi",
        "--enable-config-reloader-probes=true",
        "--disable-unmanaged-prometheus-configuration=true",
        "--web.listen-address=:8080",
    ]


def _workload(args: OperatorArgs) -> Workload:
    health = Probe.http("/healthz", "http")
    container = Container(
        name=NAME,
        image=args.images[NAME],
        args=arguments(args.namespace, args.images),
        ports={"http": 8080},
        resources=Resources(cpu="50m", memory="128Mi", cpu_limit="500m", memory_limit="256Mi"),
        liveness=health,
        readiness=health,
        env={"GOGC": "30"},
    )
    return Workload(
        name=NAME,
        namespace=args.namespace,
        containers=[container],
        needs_token=True,
        network=Network(
            ingress=[Allow(peers=[pods("prometheus")], ports=["http"])],
            egress=[API_SERVER],
        ),
    )
