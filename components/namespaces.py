"""What must be there before any pod: the namespaces, and the priority of what pages people.

Each namespace has the strictest Pod Security that its pods can live with, and is closed on the network.
"""

from dataclasses import dataclass
from typing import Any, Final

import pulumi

from components.component import Component
from components.network import Allow, Network, deny_all, namespace_of, policy
from components.objects import metadata

NODES: Final = "monitoring-nodes"
"""Of the node exporter alone, which has to see the machine and cannot be `restricted`."""
REMEDIATION: Final = "tocsin-remediation"
"""Of the templates of remediation jobs, and of the jobs."""
PAGING: Final = "tocsin-paging"
"""The priority class of what pages people and keeps the record; the rest of the cluster makes room for it."""
# Above everything that has no class of its own (0), far below what the cluster itself needs (2 000 000 000):
# https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/
_PAGING_VALUE: Final = 1_000_000
_LEVELS: Final = "pod-security.kubernetes.io"
# https://cert-manager.io/docs/configuration/acme/http01/: what it puts into our namespace while a certificate that
# browsers see is proved, behind an ingress of its own.
_SOLVER: Final = {"acme.cert-manager.io/http01-solver": "true"}
_SOLVER_PORT: Final = 8089


@dataclass(frozen=True, slots=True, kw_only=True)
class NamespacesArgs:
    """What the namespaces are called."""

    main: str
    """Of everything but what needs one of its own."""
    ingress_namespace: str | None = None
    """Of the ingress controller, where cert-manager asks for certificates that browsers see; None where it does not."""


class Namespaces(Component):
    """Placed first: nothing else has a place before."""

    def __init__(self, name: str, args: NamespacesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Registers the namespaces, what closes them, and the priority class."""
        super().__init__("Namespaces", name, opts)
        self.place(_paging())
        levels = {args.main: "restricted", NODES: "privileged", REMEDIATION: "restricted"}
        for namespace, level in levels.items():
            labels = {f"{_LEVELS}/{mode}": level for mode in ("enforce", "audit", "warn")}
            made = self.place({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata(namespace, None, labels)})
            self.place(deny_all(namespace), after=[made])
            if namespace == args.main and args.ingress_namespace is not None:
                way = Allow(peers=[namespace_of(args.ingress_namespace)], ports=[_SOLVER_PORT])
                self.place(policy("acme-solver", namespace, _SOLVER, Network(ingress=[way])), after=[made])
        self.finish(main=args.main)


def _paging() -> dict[str, Any]:
    return {
        "apiVersion": "scheduling.k8s.io/v1",
        "kind": "PriorityClass",
        "metadata": metadata(PAGING),
        "value": _PAGING_VALUE,
        "description": "Prometheus, Alertmanager and the bot: on a full cluster they go last, and come back first.",
    }
