"""Thanos ruler: rules that need more than one shard, and nothing else, evaluated on raw data.

It takes PrometheusRules with the label `tocsin/shard: global`, which no shard takes, and asks query itself: the
query-frontend would remember answers. https://thanos.io/tip/components/rule.md/
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pulumi

from alerting.rules.group import RuleGroup
from alerting.yaml_text import dump
from components.alertmanager import NAME as ALERTMANAGER
from components.bucket import OBJECT_STORE, Bucket
from components.certificates import certificate, grpc_name, hosts, secret_of
from components.component import Component
from components.container import Resources, pod_security
from components.namespaces import PAGING
from components.network import Allow, Network, pods, policy
from components.objects import OPEN, Manifest, metadata
from components.prometheus_server import NAME as PROMETHEUS
from components.prometheus_server import web_tls
from components.rules import rule_object
from components.scraping import GLOBAL, SHARD
from components.thanos import GRPC, HTTP, TLS_FOLDER, Surroundings, monitor
from components.thanos_query import NAME as QUERY
from components.thanos_query import STORE_API
from components.versions import IMAGES
from components.workload import disruption_budget, spread

OBJECT: Final = "global"
NAME: Final = "thanos-ruler"
"""Of everything but the operator's object, and the label of the pods."""
CONFIG: Final = "thanos-ruler-config"
_SELECTOR: Final = {"app.kubernetes.io/name": NAME}
_ALERTMANAGER_PORT: Final = 9093


@dataclass(frozen=True, slots=True, kw_only=True)
class ThanosRulerArgs:
    """What it needs to know."""

    around: Surroundings
    bucket: Bucket
    replicas: int
    external_labels: Mapping[str, str]
    """Of everything that it makes; one of them is told apart from those of every Prometheus by its name."""
    groups: tuple[RuleGroup, ...]
    storage: str
    storage_class: str
    resources: Resources


class ThanosRuler(Component):
    """Configuration, certificate, Service, network, the operator's object, and our own rules for it."""

    def __init__(
        self,
        name: str,
        args: ThanosRulerArgs,
        opts: pulumi.ResourceOptions | None = None,
        after: Iterable[pulumi.Resource] = (),
    ) -> None:
        """Registers all of it."""
        super().__init__("ThanosRuler", name, opts, after)
        before = self.place_all(_surroundings(args))
        made = self.place(server(args), after=before)
        # Last: Pulumi takes a Service for made when there are pods behind it.
        self.place(_service(args.around.namespace), after=[made])
        if args.groups:
            self.place(rule_object(OBJECT, args.around.namespace, GLOBAL, args.groups))
        self.place(monitor(NAME, args.around))
        self.finish(name=NAME)


def server(args: ThanosRulerArgs) -> dict[str, Any]:
    """The operator's object."""
    claim: dict[str, Any] = {
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": args.storage_class,
        "resources": {"requests": {"storage": args.storage}},
    }
    labels = {STORE_API: "true", **args.bucket.identity.pod_labels}
    spec: dict[str, Any] = {
        "image": args.around.images["thanos"],
        "version": IMAGES["thanos"].tag,
        "replicas": args.replicas,
        "serviceAccountName": NAME,
        "enableServiceLinks": False,
        "priorityClassName": PAGING,
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "podMetadata": {"labels": labels, "annotations": {"tocsin/config": args.bucket.config_sum}},
        "securityContext": pod_security(),
        "resources": args.resources.to_dict(),
        "storage": {"volumeClaimTemplate": {"spec": claim}},
        "ruleSelector": {"matchLabels": {SHARD: GLOBAL}},
        "queryConfig": {"name": CONFIG, "key": "query.yaml"},
        "alertmanagersConfig": {"name": CONFIG, "key": "alertmanagers.yaml"},
        "objectStorageConfig": OBJECT_STORE.to_dict(),
        "labels": {**args.external_labels, "ruler": OBJECT},
        "evaluationInterval": "30s",
        "retention": "48h",
    }
    if args.replicas > 1:
        spec["topologySpreadConstraints"] = spread(_SELECTOR, hard=True)
    if args.around.tls:
        files = {"certFile": "tls.crt", "keyFile": "tls.key", "caFile": "ca.crt"}
        spec["grpcServerTlsConfig"] = {key: f"{TLS_FOLDER}/{file}" for key, file in files.items()}
        spec["web"] = {"tlsConfig": web_tls(NAME)}
        spec["volumes"] = [{"name": "own-tls", "secret": {"secretName": secret_of(NAME)}}]
        spec["volumeMounts"] = [{"name": "own-tls", "mountPath": TLS_FOLDER, "readOnly": True}]
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "ThanosRuler",
        "metadata": metadata(OBJECT, args.around.namespace),
        "spec": spec,
    }


def _surroundings(args: ThanosRulerArgs) -> list[Manifest]:
    namespace = args.around.namespace
    found: list[Manifest] = [
        {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": metadata(NAME, namespace, None, args.bucket.identity.annotations),
            "automountServiceAccountToken": False,
        },
        policy(NAME, namespace, _SELECTOR, _network(args)),
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": metadata(CONFIG, namespace, annotations=OPEN),
            "type": "Opaque",
            "stringData": {"query.yaml": dump([_query(args)]), "alertmanagers.yaml": dump(_alertmanagers(args))},
        },
    ]
    if args.replicas > 1:
        found.append(disruption_budget(NAME, namespace, _SELECTOR))
    if args.around.tls:
        found.append(certificate(NAME, namespace, [*hosts(NAME, namespace, pods=True), grpc_name(namespace)]))
    return found


def _network(args: ThanosRulerArgs) -> Network:
    return Network(
        ingress=[Allow(peers=[pods(PROMETHEUS)], ports=[HTTP]), Allow(peers=[pods(QUERY)], ports=[GRPC, HTTP])],
        egress=[
            Allow(peers=[pods(QUERY)], ports=[HTTP]),
            Allow(peers=[pods(ALERTMANAGER)], ports=[_ALERTMANAGER_PORT]),
            *args.bucket.egress,
            *args.bucket.identity.egress,
        ],
    )


def _service(namespace: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(NAME, namespace, _SELECTOR),
        "spec": {
            "clusterIP": "None",
            "selector": _SELECTOR,
            "ports": [
                {"name": "grpc", "port": GRPC, "targetPort": "grpc", "protocol": "TCP"},
                {"name": "http", "port": HTTP, "targetPort": HTTP, "protocol": "TCP"},
            ],
        },
    }


def _client(args: ThanosRulerArgs, server: str) -> dict[str, Any]:
    """How it proves who it is, and checks who the other is."""
    if not args.around.tls:
        return {}
    files = {"ca_file": "ca.crt", "cert_file": "tls.crt", "key_file": "tls.key"}
    tls = {key: f"{TLS_FOLDER}/{file}" for key, file in files.items()}
    return {"http_config": {"tls_config": {**tls, "server_name": f"{server}.{args.around.namespace}.svc"}}}


def _query(args: ThanosRulerArgs) -> dict[str, Any]:
    return {
        **_client(args, QUERY),
        "static_configs": [f"{QUERY}.{args.around.namespace}.svc:{HTTP}"],
        "scheme": args.around.scheme,
    }


def _alertmanagers(args: ThanosRulerArgs) -> dict[str, Any]:
    """Every one of them, as their cluster wants it."""
    address = f"dns+alertmanager-operated.{args.around.namespace}.svc:{_ALERTMANAGER_PORT}"
    one = {
        **_client(args, ALERTMANAGER),
        "static_configs": [address],
        "scheme": args.around.scheme,
        "api_version": "v2",
        "timeout": "10s",
    }
    return {"alertmanagers": [one]}
