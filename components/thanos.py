"""What every program of Thanos has in common: addresses, certificates, probes, and the way to the bucket."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from alerting.yaml_text import dump
from components.bucket import KEY, SECRET, Bucket
from components.certificates import certificate, grpc_name, hosts, secret_of
from components.container import Container, Probe, Resources
from components.network import Allow, Network, pods
from components.objects import Manifest, metadata
from components.prometheus_server import NAME as PROMETHEUS
from components.prometheus_server import client_tls
from components.scraping import Endpoint, Owner, service_monitor
from components.versions import Images
from components.workload import Claim, Kind, Workload, manifests

GRPC: Final = 10901
HTTP: Final = 10902
TLS_FOLDER: Final = "/etc/tls"
_WEB_FOLDER: Final = "/etc/thanos/web"
_WEB_FILE: Final = "web.yml"
BUCKET_FOLDER: Final = "/etc/thanos/bucket"
DATA: Final = "/var/thanos"
_USER: Final = 1001
"""Of the image. https://github.com/thanos-io/thanos/blob/v0.42.4/Dockerfile"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Where the programs run."""

    namespace: str
    images: Images
    platform: Owner
    """Whose their metrics are."""
    tls: bool
    """Whether they speak TLS with each other."""

    @property
    def scheme(self) -> str:
        """Of their pages."""
        return "https" if self.tls else "http"


def bytes_of(amount: str) -> int:
    """`2Gi` as a number, which is how Thanos's flags and caches want it."""
    powers = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40}
    return int(amount[:-2]) << powers[amount[-2:]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One program; whatever all of them do is not said here."""

    name: str
    command: str
    """Such as `query`."""
    args: Sequence[str]
    resources: Resources
    callers: Sequence[Allow] = ()
    """Who may ask it, beside Prometheus for its metrics."""
    egress: Sequence[Allow] = ()
    kind: Kind = "Deployment"
    replicas: int = 1
    grpc: bool = True
    """Whether it answers on gRPC."""
    bucket: Bucket | None = None
    volume: str | None = None
    """The size of its volume; one that goes with the pod where None."""
    storage_class: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    grace_s: int = 150
    """A little longer than the two minutes in which questions are finished."""
    startup_failures: int = 60
    """How many times ten seconds it may take until it is ready for the first time."""


def placed(program: Program, around: Surroundings) -> list[Manifest]:
    """Everything that belongs to a program, itself last, and its monitor after it."""
    found: list[Manifest] = []
    if around.tls:
        names = [
            *hosts(program.name, around.namespace, pods=program.kind == "StatefulSet"),
            grpc_name(around.namespace),
        ]
        found = [certificate(program.name, around.namespace, names), _web_config(program, around)]
    return [*found, *manifests(_workload(program, around)), monitor(program.name, around)]


def monitor(name: str, around: Surroundings, *, service: str | None = None) -> dict[str, Any]:
    """Scrapes its metrics."""
    server = service or name
    tls = client_tls(f"{server}.{around.namespace}.svc") if around.tls else None
    labels = {"app.kubernetes.io/name": name}
    return service_monitor(name, around.namespace, around.platform, labels, [Endpoint(port="http", tls=tls)])


def arguments(program: Program, around: Surroundings) -> list[str]:
    """The whole command line behind `thanos`."""
    found = [program.command, "--log.format=json", f"--http-address=0.0.0.0:{HTTP}"]
    if around.tls:
        found.append(f"--http.config={_WEB_FOLDER}/{_WEB_FILE}")
    if program.grpc:
        found.append(f"--grpc-address=0.0.0.0:{GRPC}")
        if around.tls:
            found += [
                f"--grpc-server-tls-cert={TLS_FOLDER}/tls.crt",
                f"--grpc-server-tls-key={TLS_FOLDER}/tls.key",
                f"--grpc-server-tls-client-ca={TLS_FOLDER}/ca.crt",
            ]
    if program.bucket is not None:
        found.append(f"--objstore.config-file={BUCKET_FOLDER}/{KEY}")
    if program.kind == "StatefulSet":
        found.append(f"--data-dir={DATA}")
    return [*found, *program.args]


def _workload(program: Program, around: Surroundings) -> Workload:
    volumes, mounts = _files(program, around)
    writable, claims = {}, []
    if program.kind == "StatefulSet":
        writable = {DATA: "data"}
        if program.volume is None:
            volumes["data"] = {"emptyDir": {}}
        else:
            claims = [Claim(name="data", size=program.volume, storage_class=program.storage_class)]
    container = Container(
        name="thanos",
        image=around.images["thanos"],
        args=arguments(program, around),
        ports={"http": HTTP, **({"grpc": GRPC} if program.grpc else {})},
        mounts=mounts,
        writable=writable,
        resources=program.resources,
        startup=Probe.http("/-/ready", "http", https=around.tls, failures=program.startup_failures),
        liveness=Probe.http("/-/healthy", "http", https=around.tls, every_s=30, failures=4),
        readiness=Probe.http("/-/ready", "http", https=around.tls),
    )
    identity = program.bucket.identity if program.bucket is not None else None
    return Workload(
        name=program.name,
        namespace=around.namespace,
        kind=program.kind,
        replicas=program.replicas,
        containers=[container],
        volumes=volumes,
        claims=claims,
        labels=program.labels,
        annotations={"tocsin/config": program.bucket.config_sum} if program.bucket is not None else {},
        account_annotations=identity.annotations if identity is not None else {},
        pod_labels=identity.pod_labels if identity is not None else {},
        user=_USER,
        grace_s=program.grace_s,
        spread_hard=program.kind == "StatefulSet",
        network=Network(
            ingress=[Allow(peers=[pods(PROMETHEUS)], ports=["http"]), *program.callers],
            egress=_egress(program),
        ),
    )


def _egress(program: Program) -> list[Allow]:
    if program.bucket is None:
        return list(program.egress)
    return [*program.egress, *program.bucket.egress, *program.bucket.identity.egress]


def _files(program: Program, around: Surroundings) -> tuple[dict[str, Mapping[str, Any]], dict[str, str]]:
    """Volumes and where they are mounted."""
    volumes: dict[str, Mapping[str, Any]] = {}
    mounts: dict[str, str] = {}
    if program.bucket is not None:
        volumes["bucket"], mounts[BUCKET_FOLDER] = {"secret": {"secretName": SECRET}}, "bucket"
    if around.tls:
        volumes["tls"], mounts[TLS_FOLDER] = {"secret": {"secretName": secret_of(program.name)}}, "tls"
        volumes["web"], mounts[_WEB_FOLDER] = {"configMap": {"name": f"{program.name}-web"}}, "web"
    return volumes, mounts


def _web_config(program: Program, around: Surroundings) -> dict[str, Any]:
    """How its pages are served; the files are read anew for every connection."""
    tls = {"cert_file": f"{TLS_FOLDER}/tls.crt", "key_file": f"{TLS_FOLDER}/tls.key", "min_version": "TLS12"}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata(f"{program.name}-web", around.namespace),
        "data": {_WEB_FILE: dump({"tls_server_config": tls})},
    }
