"""What prometheus-operator turns into scrape jobs, such that every series says which service it is about.

Each object carries the label `tocsin/shard`, by which exactly one shard takes it, and hashes by its service
(`__tmp_hash`), so that a service is never split, however many shards an object of the operator is given by hand.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from components.objects import metadata

MONITORING: Final = "monitoring.coreos.com/v1"
SCRAPE_CONFIG: Final = "monitoring.coreos.com/v1alpha1"
SHARD: Final = "tocsin/shard"
"""The label that says which shard of Prometheus takes an object; `ALL` for rules that every shard evaluates."""
ALL: Final = "all"
GLOBAL: Final = "global"
"""The value of rules that no shard takes, but the ruler."""
METRICS_USERNAME: Final = "metrics-username"
METRICS_PASSWORD: Final = "metrics-password"
_TIMEOUT_S: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """A certificate that a scraped program shows, signed by who signed the Secret's, and ours where it asks for one."""

    secret: str
    """Name of a Secret with `ca.crt`, `tls.crt` and `tls.key` in the namespace of Prometheus."""
    server_name: str
    """The name in the program's certificate."""
    mutual: bool = False
    """Whether Prometheus shows its own certificate."""

    def to_dict(self) -> dict[str, Any]:
        """As in `tlsConfig`."""
        found: dict[str, Any] = {
            "ca": {"secret": {"name": self.secret, "key": "ca.crt"}},
            "serverName": self.server_name,
        }
        if self.mutual:
            found["cert"] = {"secret": {"name": self.secret, "key": "tls.crt"}}
            found["keySecret"] = {"name": self.secret, "key": "tls.key"}
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Whose series they are, and which shard has them."""

    service: str
    shard: int
    labels: Mapping[str, str] = field(default_factory=dict)
    """More labels of every series."""

    @property
    def object_labels(self) -> dict[str, str]:
        """Of the object itself."""
        return {SHARD: str(self.shard)}

    def relabelings(self, job: str) -> list[dict[str, Any]]:
        """What gives the series their labels."""
        given = {"job": job, "service": self.service, "__tmp_hash": self.service, **self.labels}
        return [{"action": "replace", "targetLabel": name, "replacement": value} for name, value in given.items()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A page of metrics of the pods behind a Service."""

    port: str
    """The name of the Service's port."""
    path: str = "/metrics"
    interval_s: int = 30
    scheme: str = "http"
    tls: Tls | None = None
    """Makes the scheme https."""
    login: str | None = None
    """A Secret in the namespace of the monitor with METRICS_USERNAME and METRICS_PASSWORD, which the page asks for."""
    honor_labels: bool = False
    """Whether labels of the page win; only for exporters that speak of others."""
    relabelings: Sequence[Mapping[str, Any]] = ()
    """After the owner's."""
    metric_relabelings: Sequence[Mapping[str, Any]] = ()

    def to_dict(self, owner: Owner, job: str) -> dict[str, Any]:
        """As in a ServiceMonitor."""
        found: dict[str, Any] = {
            "port": self.port,
            "path": self.path,
            "interval": f"{self.interval_s}s",
            "scrapeTimeout": f"{min(self.interval_s, _TIMEOUT_S)}s",
            "scheme": "https" if self.tls is not None else self.scheme,
            "relabelings": [*owner.relabelings(job), *map(dict, self.relabelings)],
        }
        if self.honor_labels:
            found["honorLabels"] = True
        if self.tls is not None:
            found["tlsConfig"] = self.tls.to_dict()
        if self.login is not None:
            keys = (("username", METRICS_USERNAME), ("password", METRICS_PASSWORD))
            found["basicAuth"] = {word: {"name": self.login, "key": key} for word, key in keys}
        if self.metric_relabelings:
            found["metricRelabelings"] = [dict(one) for one in self.metric_relabelings]
        return found


def service_monitor(
    name: str,
    namespace: str,
    owner: Owner,
    selector: Mapping[str, str],
    endpoints: Sequence[Endpoint],
    *,
    job: str | None = None,
    target_namespace: str | None = None,
    scrape_class: str | None = None,
) -> dict[str, Any]:
    """Scrapes the pods behind the Services with the labels of `selector`, in the same namespace by default."""
    spec: dict[str, Any] = {
        "namespaceSelector": {"matchNames": [target_namespace or namespace]},
        "selector": {"matchLabels": dict(selector)},
        "endpoints": [endpoint.to_dict(owner, job or name) for endpoint in endpoints],
    }
    if scrape_class is not None:
        spec["scrapeClass"] = scrape_class
    return _object("ServiceMonitor", MONITORING, name, namespace, owner, spec)


def scrape_config(
    name: str,
    namespace: str,
    owner: Owner,
    targets: Sequence[str],
    *,
    job: str,
    path: str,
    scheme: str,
    interval_s: int,
) -> dict[str, Any]:
    """Scrapes fixed addresses."""
    spec = {
        "jobName": job,
        "staticConfigs": [{"targets": list(targets)}],
        "metricsPath": path,
        "scheme": scheme.upper(),
        "scrapeInterval": f"{interval_s}s",
        "scrapeTimeout": f"{min(interval_s, _TIMEOUT_S)}s",
        "relabelings": owner.relabelings(job),
    }
    return _object("ScrapeConfig", SCRAPE_CONFIG, name, namespace, owner, spec)


def probe(
    name: str, namespace: str, owner: Owner, target: str, *, job: str, prober: str, module: str, interval_s: int
) -> dict[str, Any]:
    """Asks the blackbox exporter at `prober` about a target."""
    spec = {
        "jobName": job,
        "prober": {"url": prober},
        "module": module,
        "interval": f"{interval_s}s",
        "scrapeTimeout": f"{min(interval_s, _TIMEOUT_S)}s",
        "targets": {"staticConfig": {"static": [target], "relabelingConfigs": owner.relabelings(job)}},
    }
    return _object("Probe", MONITORING, name, namespace, owner, spec)


def spread(monitor: Mapping[str, Any], shards: int) -> list[dict[str, Any]]:
    """A ServiceMonitor of things that no other depends on, such as machines, divided among all shards by address."""
    if shards == 1:
        return [dict(monitor)]
    found = []
    for shard in range(shards):
        about = monitor["metadata"]
        keep = [
            {
                "action": "hashmod",
                "sourceLabels": ["__address__"],
                "targetLabel": "__tmp_shard",
                "modulus": shards,
            },
            {"action": "keep", "sourceLabels": ["__tmp_shard"], "regex": str(shard)},
        ]
        spec = {
            **monitor["spec"],
            "endpoints": [
                {**endpoint, "relabelings": [*endpoint["relabelings"], *keep]}
                for endpoint in monitor["spec"]["endpoints"]
            ],
        }
        own = {**about, "name": f"{about['name']}-{shard}", "labels": {**about["labels"], SHARD: str(shard)}}
        found.append({**monitor, "metadata": own, "spec": spec})
    return found


def _object(kind: str, version: str, name: str, namespace: str, owner: Owner, spec: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": version,
        "kind": kind,
        "metadata": metadata(name, namespace, owner.object_labels),
        "spec": spec,
    }
