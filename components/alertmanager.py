"""Alertmanager: the cluster that notifies, with our routes and templates.

The routes name secrets only as files. They come out of one projected volume at the folder that the policy names, so
that a rotated secret is read without a restart.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pulumi

from alerting.yaml_text import dump
from components.certificates import certificate, hosts
from components.component import Component
from components.container import Resources, pod_security
from components.namespaces import PAGING
from components.network import EVERY_POD, HTTPS_OUT, Allow, Network, pods, policy
from components.objects import OPEN, Manifest, metadata
from components.prometheus_server import NAME as PROMETHEUS
from components.prometheus_server import client_tls, web_tls
from components.scraping import Endpoint, Owner, service_monitor
from components.versions import IMAGES, Images
from components.workload import disruption_budget, spread

NAME: Final = "alertmanager"
CONFIG: Final = "alertmanager-config"
"""The Secret with the routes and the templates."""
TEMPLATE_FOLDER: Final = "/etc/alertmanager/config"
"""Where the operator mounts the Secret's keys: for `alertmanager_config(policy, template_folder=…)`."""
SECRETS: Final = "alertmanager-secrets"
"""The Secret with what the routes read from files, but for PagerDuty's keys."""
RETENTION: Final = "120h"
_PORT: Final = 9093
_MESH: Final = 9094


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertmanagerArgs:
    """What the servers need to know."""

    namespace: str
    images: Images
    platform: Owner
    """Whose their own metrics are."""
    replicas: int
    storage: str
    storage_class: str
    resources: Resources
    config: Mapping[str, Any]
    """What `alertmanager.yml` says, with templates in TEMPLATE_FOLDER."""
    templates: Mapping[str, str]
    """Text by file name."""
    secrets_folder: str
    secrets: Sequence[str]
    """Secrets whose keys lie in that folder."""
    tls: bool
    outside_ports: frozenset[int] = frozenset()
    """Ports outside the cluster that receivers use beside 443, such as that of the mail server."""


class Alertmanager(Component):
    """Configuration, certificate, Service, disruption budget, network, and the operator's object."""

    def __init__(
        self,
        name: str,
        args: AlertmanagerArgs,
        opts: pulumi.ResourceOptions | None = None,
        after: Iterable[pulumi.Resource] = (),
    ) -> None:
        """Registers all of it."""
        super().__init__("Alertmanager", name, opts, after)
        self.url = f"{'https' if args.tls else 'http'}://{NAME}.{args.namespace}.svc:{_PORT}"
        """The address of the whole cluster; clients that need every server ask each pod."""
        before = self.place_all(_surroundings(args))
        made = self.place(server(args), after=before)
        # Last: Pulumi takes a Service for made when there are pods behind it.
        self.place(_service(args), after=[made])
        self.place(_monitor(args))
        self.finish(url=self.url)


def server(args: AlertmanagerArgs) -> dict[str, Any]:
    """The operator's object."""
    sources = [{"secret": {"name": secret}} for secret in args.secrets]
    claim: dict[str, Any] = {
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": args.storage_class,
        "resources": {"requests": {"storage": args.storage}},
    }
    spec: dict[str, Any] = {
        "image": args.images[NAME],
        "version": IMAGES[NAME].tag,
        "replicas": args.replicas,
        "retention": RETENTION,
        # So that a fire drill can tell what became of its own notifications.
        "enableFeatures": ["receiver-name-in-metrics"],
        "configSecret": CONFIG,
        "serviceAccountName": NAME,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "priorityClassName": PAGING,
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "securityContext": pod_security(),
        "resources": args.resources.to_dict(),
        "storage": {"volumeClaimTemplate": {"spec": claim}},
        "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
        "volumes": [{"name": "receivers", "projected": {"defaultMode": 0o440, "sources": sources}}],
        "volumeMounts": [{"name": "receivers", "mountPath": args.secrets_folder, "readOnly": True}],
    }
    if args.replicas > 1:
        spec["topologySpreadConstraints"] = spread(_SELECTOR, hard=True)
    if args.tls:
        spec["web"] = {"tlsConfig": web_tls(NAME)}
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "Alertmanager",
        "metadata": metadata(NAME, args.namespace),
        "spec": spec,
    }


_SELECTOR: Final = {"app.kubernetes.io/name": NAME}


def _surroundings(args: AlertmanagerArgs) -> list[Manifest]:
    found: list[Manifest] = [
        {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": metadata(NAME, args.namespace),
            "automountServiceAccountToken": False,
        },
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": metadata(CONFIG, args.namespace, annotations=OPEN),
            "type": "Opaque",
            "stringData": {"alertmanager.yaml": dump(args.config), **args.templates},
        },
        policy(NAME, args.namespace, _SELECTOR, _network(args)),
    ]
    if args.replicas > 1:
        found.append(disruption_budget(NAME, args.namespace, _SELECTOR))
    if args.tls:
        names = [*hosts(NAME, args.namespace), *hosts("alertmanager-operated", args.namespace, pods=True)]
        found.append(certificate(NAME, args.namespace, names))
    return found


def _network(args: AlertmanagerArgs) -> Network:
    """Out to PagerDuty, Slack, mail, the dead man's switch and the bot; the servers among each other.

    It has no login: who reaches it may silence a page. So only those come in that have something to do there.
    """
    prometheus, own = pods(PROMETHEUS), pods(NAME)
    askers = [prometheus, pods("thanos-ruler"), pods("tocsin"), pods("grafana")]
    egress = [HTTPS_OUT, Allow(peers=[EVERY_POD])]
    if args.outside_ports:
        egress.append(Allow(ports=sorted(args.outside_ports)))
    return Network(
        ingress=[
            Allow(peers=askers, ports=["web"]),
            Allow(peers=[prometheus], ports=["reloader-web"]),
            Allow(peers=[own], ports=[_MESH], udp=[_MESH]),
        ],
        egress=egress,
    )


def _service(args: AlertmanagerArgs) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(NAME, args.namespace, _SELECTOR),
        "spec": {
            "selector": _SELECTOR,
            "ports": [
                {"name": "web", "port": _PORT, "targetPort": "web", "protocol": "TCP"},
                {"name": "reloader-web", "port": 8080, "targetPort": "reloader-web", "protocol": "TCP"},
            ],
        },
    }


def _monitor(args: AlertmanagerArgs) -> dict[str, Any]:
    own = client_tls(f"{NAME}.{args.namespace}.svc") if args.tls else None
    pages = [Endpoint(port="web", tls=own), Endpoint(port="reloader-web")]
    return service_monitor(NAME, args.namespace, args.platform, _SELECTOR, pages)
