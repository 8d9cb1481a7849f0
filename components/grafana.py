"""A Grafana of the stack's own: people log in with the company's sign-on, and its state outlives its pod."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pulumi

from components import grafana_configuration as ini
from components.certificates import certificate, hosts, secret_of
from components.component import Component
from components.container import Container, Probe, Resources
from components.digest import digest
from components.grafana_sources import Source, provisioned
from components.ingress import Entrance, ingress
from components.network import HTTPS_OUT, Allow, Network, namespace_of, pods
from components.objects import metadata
from components.scraping import Endpoint, Owner, Tls, service_monitor
from components.versions import PLUGINS, Images
from components.workload import Claim, Workload, manifests

NAME: Final = "grafana"
_USER: Final = 472
"""Of the image."""
_PORT: Final = 3000
_CONFIG: Final = "/etc/grafana/tocsin"


@dataclass(frozen=True, slots=True, kw_only=True)
class GrafanaArgs:
    """What the server needs to know."""

    namespace: str
    images: Images
    platform: Owner
    """Whose its own metrics are."""
    host: str
    sign_ons: Sequence[ini.SignOn]
    secrets: Mapping[str, pulumi.Input[str]]
    """`admin-password`, `secret-key`, METRICS_USERNAME, METRICS_PASSWORD, and `<sign-on>-client-secret` of each."""
    sources: Sequence[Source]
    storage: str
    storage_class: str
    resources: Resources
    tls: bool
    monitor_tls: Tls | None
    entrance: Entrance
    ingress_namespace: str
    """Of the controller, whose pods alone may talk to it from outside."""


class Grafana(Component):
    """The server, its configuration, volume, network and entrance."""

    def __init__(
        self,
        name: str,
        args: GrafanaArgs,
        opts: pulumi.ResourceOptions | None = None,
        after: Iterable[pulumi.Resource] = (),
    ) -> None:
        """Registers all of it."""
        super().__init__("Grafana", name, opts, after)
        self.url = f"https://{args.host}"
        """Where people and Pulumi reach it."""
        files = _files(args)
        before = self.place_all([_config(args, files), _secret(args)])
        if args.tls:
            before.append(self.place(certificate(NAME, args.namespace, hosts(NAME, args.namespace))))
        self.place_all(manifests(_workload(args, files)), after=before)
        self.place(ingress(NAME, args.namespace, args.host, "http", args.entrance, https=args.tls, annotations={}))
        page = Endpoint(port="http", tls=args.monitor_tls, login=NAME)
        selector = {"app.kubernetes.io/name": NAME}
        self.place(service_monitor(NAME, args.namespace, args.platform, selector, [page]))
        self.finish(url=self.url)


def _files(args: GrafanaArgs) -> dict[str, str]:
    """What its ConfigMap holds; JSON is YAML too."""
    listed = provisioned(args.sources, ini.TLS if args.tls else None)
    kinds = sorted({one.kind for one in args.sources} & PLUGINS.keys())
    plugins = [f"{kind}@{PLUGINS[kind]}" for kind in kinds]
    return {
        "grafana.ini": ini.text(ini.configuration(args.host, args.sign_ons, tls=args.tls, plugins=plugins)),
        "sources.yaml": json.dumps(listed, indent=2) + "\n",
    }


def _config(args: GrafanaArgs, files: Mapping[str, str]) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata(NAME, args.namespace),
        "data": dict(files),
    }


def _secret(args: GrafanaArgs) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": metadata(NAME, args.namespace),
        "type": "Opaque",
        "stringData": dict(args.secrets),
    }


def _workload(args: GrafanaArgs, files: Mapping[str, str]) -> Workload:
    health = Probe.http("/api/health", "http", https=args.tls)
    sources = "/etc/grafana/provisioning/datasources"
    mounts = {_CONFIG: "config", f"{sources}/sources.yaml": "config:sources.yaml", ini.SECRETS: "secrets"}
    volumes: dict[str, Mapping[str, Any]] = {
        "config": {"configMap": {"name": NAME}},
        "secrets": {"secret": {"secretName": NAME, "defaultMode": 0o440}},
        "tmp": {"emptyDir": {"sizeLimit": "256Mi"}},
    }
    if args.tls:
        mounts[ini.TLS] = "tls"
        volumes["tls"] = {"secret": {"secretName": secret_of(NAME), "defaultMode": 0o440}}
    container = Container(
        name=NAME,
        image=args.images[NAME],
        ports={"http": _PORT},
        env={"GF_PATHS_CONFIG": f"{_CONFIG}/grafana.ini", "GF_PATHS_DATA": "/var/lib/grafana"},
        resources=args.resources,
        liveness=health,
        readiness=health,
        startup=Probe.http("/api/health", "http", https=args.tls, failures=30),
        mounts=mounts,
        writable={"/var/lib/grafana": "data", "/tmp": "tmp"},
    )
    return Workload(
        name=NAME,
        namespace=args.namespace,
        kind="StatefulSet",
        containers=[container],
        volumes=volumes,
        claims=[Claim(name="data", size=args.storage, storage_class=args.storage_class)],
        user=_USER,
        annotations={"tocsin/config": digest(*files.values())},
        network=Network(
            ingress=[Allow(peers=[namespace_of(args.ingress_namespace), pods("prometheus")], ports=["http"])],
            egress=[HTTPS_OUT, Allow(peers=[{"podSelector": {}}])],
        ),
    )
