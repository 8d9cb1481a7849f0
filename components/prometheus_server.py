"""The operator's object for one shard of Prometheus, as a plain manifest.

An object with `shards: 2` gives all rules to both halves, and the half without a service reports that its metrics are
gone: so every shard is an object of its own, see docs/adr/0014-shards.md. Replicas of a shard scrape the same and are
told apart by `prometheus_replica`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from alerting.model.quantities import Duration
from components.certificates import secret_of
from components.container import Resources, pod_security
from components.flavours import Identity
from components.namespaces import PAGING
from components.objects import metadata
from components.scraping import ALL, SHARD, Owner, Tls
from components.versions import IMAGES, Images
from components.workload import spread

NAME: Final = "prometheus"
REPLICA_LABEL: Final = "prometheus_replica"
KUBELET_CLASS: Final = "kubelet"
_TLS_FOLDER: Final = "/etc/tls"
_ACCOUNT: Final = "/var/run/secrets/kubernetes.io/serviceaccount"
_SIZE_SHARE: Final = 0.85
"""Of the volume, above which the oldest blocks go before their time: a full volume stops the server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretKey:
    """A key of a Secret in the same namespace."""

    name: str
    key: str

    def to_dict(self) -> dict[str, str]:
        """As a selector."""
        return {"name": self.name, "key": self.key}


@dataclass(frozen=True, slots=True, kw_only=True)
class PrometheusArgs:
    """What the servers need to know."""

    namespace: str
    images: Images
    platform: Owner
    """Whose their own metrics are."""
    shards: int
    replicas: int
    retention: Duration
    storage_gib: int
    """Of each server's volume."""
    storage_class: str
    resources: Resources
    external_labels: Mapping[str, str]
    """Of every shard; `prometheus` and the replica's label are added."""
    alertmanager: str
    """The Service of the Alertmanagers."""
    tls: bool
    object_store: SecretKey | None
    """Where blocks are uploaded to; no Thanos sidecar without one."""
    identity: Identity
    """Of who uploads."""
    outside_ports: frozenset[int] = frozenset()
    """Ports of targets outside the cluster."""
    ownership: tuple[Mapping[str, Any], ...] = ()
    """Relabelings that find the service of a container or volume; see `components.ownership`."""


def shard_name(shard: int) -> str:
    """Of the object, its Service and its external label."""
    return f"{NAME}-{shard}"


def client_tls(server_name: str) -> Tls:
    """What Prometheus shows and expects when it scrapes with our own certificates."""
    return Tls(secret=secret_of(NAME), server_name=server_name, mutual=True)


def server(shard: int, args: PrometheusArgs) -> dict[str, Any]:
    """The operator's object for one shard."""
    mine = {"matchLabels": {SHARD: str(shard)}}
    spec: dict[str, Any] = {
        **_pods(shard, args),
        "version": IMAGES["prometheus"].tag,
        "shards": 1,
        "externalLabels": {**args.external_labels, "prometheus": shard_name(shard)},
        "prometheusExternalLabelName": "",
        "replicaExternalLabelName": REPLICA_LABEL,
        "scrapeInterval": "30s",
        "scrapeTimeout": "10s",
        "evaluationInterval": "30s",
        "retention": str(args.retention),
        "retentionSize": f"{int(args.storage_gib * 1024 * _SIZE_SHARE)}MB",
        "walCompression": True,
        "enableFeatures": ["native-histograms"],
        "serviceDiscoveryRole": "EndpointSlice",
        "arbitraryFSAccessThroughSMs": {"deny": True},
        "scrapeClasses": [_kubelet_class()],
        "serviceMonitorSelector": mine,
        "podMonitorSelector": mine,
        "probeSelector": mine,
        "scrapeConfigSelector": mine,
        "ruleSelector": {"matchExpressions": [{"key": SHARD, "operator": "In", "values": [str(shard), ALL]}]},
        "query": {"maxConcurrency": 20, "maxSamples": 50_000_000, "timeout": "2m"},
        "alerting": {"alertmanagers": [_alertmanagers(args)]},
    }
    if args.tls:
        spec["web"] = {"tlsConfig": web_tls(NAME)}
    if args.object_store is not None:
        spec["thanos"] = _sidecar(args, args.object_store)
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "Prometheus",
        "metadata": metadata(shard_name(shard), args.namespace, {SHARD: str(shard)}),
        "spec": spec,
    }


def _pods(shard: int, args: PrometheusArgs) -> dict[str, Any]:
    """What the pods are like."""
    claim: dict[str, Any] = {
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": args.storage_class,
        "resources": {"requests": {"storage": f"{args.storage_gib}Gi"}},
    }
    found: dict[str, Any] = {
        "image": args.images["prometheus"],
        "replicas": args.replicas,
        "serviceAccountName": NAME,
        "automountServiceAccountToken": True,
        "enableServiceLinks": False,
        "priorityClassName": PAGING,
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "securityContext": pod_security(),
        "resources": args.resources.to_dict(),
        "storage": {"volumeClaimTemplate": {"spec": claim}},
        "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
    }
    if args.replicas > 1:
        found["topologySpreadConstraints"] = spread(selector(shard), hard=True)
    if args.identity.pod_labels:
        found["podMetadata"] = {"labels": dict(args.identity.pod_labels)}
    if args.tls:
        found["volumes"] = [{"name": "own-tls", "secret": {"secretName": secret_of(NAME)}}]
    return found


def web_tls(name: str) -> dict[str, Any]:
    """The server's certificate, as the operator's objects name it."""
    secret = secret_of(name)
    return {
        "cert": {"secret": {"name": secret, "key": "tls.crt"}},
        "keySecret": {"name": secret, "key": "tls.key"},
        "minVersion": "TLS12",
    }


def _alertmanagers(args: PrometheusArgs) -> dict[str, Any]:
    found: dict[str, Any] = {
        "apiVersion": "v2",
        "namespace": args.namespace,
        "name": args.alertmanager,
        "port": "web",
        "scheme": "https" if args.tls else "http",
    }
    if args.tls:
        found["tlsConfig"] = client_tls(f"{args.alertmanager}.{args.namespace}.svc").to_dict()
    return found


def _sidecar(args: PrometheusArgs, store: SecretKey) -> dict[str, Any]:
    """With it the operator switches local compaction off, which uploaded blocks must never go through."""
    found: dict[str, Any] = {
        "image": args.images["thanos"],
        "version": IMAGES["thanos"].tag,
        "objectStorageConfig": store.to_dict(),
        "blockSize": "2h",
        "resources": Resources(cpu="50m", memory="256Mi", cpu_limit="1", memory_limit="1Gi").to_dict(),
    }
    if args.tls:
        names = {"certFile": "tls.crt", "keyFile": "tls.key", "caFile": "ca.crt"}
        found["grpcServerTlsConfig"] = {key: f"{_TLS_FOLDER}/{file}" for key, file in names.items()}
        found["volumeMounts"] = [{"name": "own-tls", "mountPath": _TLS_FOLDER, "readOnly": True}]
    return found


def _kubelet_class() -> dict[str, Any]:
    """How kubelets are asked. Many clouds let them sign their own certificates, which nobody can check."""
    return {
        "name": KUBELET_CLASS,
        "authorization": {"type": "Bearer", "credentialsFile": f"{_ACCOUNT}/token"},
        "tlsConfig": {"caFile": f"{_ACCOUNT}/ca.crt", "insecureSkipVerify": True},
    }


def selector(shard: int) -> dict[str, str]:
    """Labels that the operator gives the pods of a shard."""
    return {"app.kubernetes.io/name": NAME, "operator.prometheus.io/name": shard_name(shard)}
