"""An exporter for each server of a database, which asks it with credentials of its own.

https://github.com/prometheus-community/postgres_exporter, https://github.com/prometheus/mysqld_exporter
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import pulumi

from alerting.model.target import Database, DatabaseInstance
from components.component import Component
from components.container import Container, Probe, Resources
from components.network import Allow, Network, pods
from components.objects import metadata
from components.scraping import Endpoint, Owner, service_monitor
from components.versions import Images
from components.workload import Workload, manifests

_LONGEST: Final = 63


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseExporterArgs:
    """What the exporters of one database need to know."""

    namespace: str
    images: Images
    owner: Owner
    """The database as a service."""
    database: Database
    interval_s: int
    addresses: Mapping[str, str]
    """Instance → host and port where the stack says otherwise than the policy."""


def credentials(service: str) -> str:
    """The Secret with `username` and `password`, in the exporters' namespace."""
    return f"database-{service}"


def exporter_name(service: str, instance: str) -> str:
    """The name of everything that belongs to one exporter, short enough for a Service."""
    whole = f"{service}-{instance}-exporter"
    if len(whole) <= _LONGEST:
        return whole
    return f"{whole[: _LONGEST - 9].rstrip('-')}-{hashlib.sha256(whole.encode()).hexdigest()[:8]}"


class DatabaseExporter(Component):
    """The exporters of one database."""

    def __init__(
        self,
        name: str,
        args: DatabaseExporterArgs,
        opts: pulumi.ResourceOptions | None = None,
        after: Iterable[pulumi.Resource] = (),
    ) -> None:
        """Registers an exporter and a monitor for each server."""
        super().__init__("DatabaseExporter", name, opts, after)
        for instance in args.database.instances:
            address = args.addresses.get(instance.name, instance.address)
            own = exporter_name(args.owner.service, instance.name)
            if args.database.engine == "mysql":
                self.place(_my_cnf(args, own))
            self.place_all(manifests(_workload(args, own, address)))
            self.place(_monitor(args, instance, own, address))
        self.finish()


def _monitor(args: DatabaseExporterArgs, instance: DatabaseInstance, own: str, address: str) -> dict[str, Any]:
    labels = {"instance": address, **instance.labels}
    owner = Owner(service=args.owner.service, shard=args.owner.shard, labels=labels)
    endpoint = Endpoint(port="metrics", interval_s=args.interval_s)
    job = f"{args.database.engine}-exporter"
    return service_monitor(own, args.namespace, owner, {"app.kubernetes.io/name": own}, [endpoint], job=job)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Engine:
    """How the exporter of one engine is told what to ask."""

    image: str
    port: int
    args: Sequence[str]
    env: Mapping[str, Any]
    mounts: Mapping[str, str]
    volumes: Mapping[str, Mapping[str, Any]]


def _postgres(args: DatabaseExporterArgs, name: str, address: str) -> _Engine:
    mode = "require" if args.database.tls else "disable"
    return _Engine(
        image="postgres-exporter",
        port=9187,
        args=["--web.listen-address=:9187"],
        env={
            "DATA_SOURCE_URI": f"{address}/{quote(args.database.database, safe='')}?sslmode={mode}",
            "DATA_SOURCE_USER_FILE": "/etc/database/username",
            "DATA_SOURCE_PASS_FILE": "/etc/database/password",
        },
        mounts={"/etc/database": "credentials"},
        volumes={"credentials": {"secret": {"secretName": credentials(args.owner.service)}}},
    )


def _mysql(args: DatabaseExporterArgs, name: str, address: str) -> _Engine:
    """It takes names and passwords from nothing but its environment and its file."""
    secret = credentials(args.owner.service)
    return _Engine(
        image="mysqld-exporter",
        port=9104,
        args=[
            "--web.listen-address=:9104",
            f"--mysqld.address={address}",
            "--mysqld.username=$(MYSQLD_EXPORTER_USERNAME)",
            "--config.my-cnf=/etc/mysqld-exporter/my.cnf",
        ],
        env={
            "MYSQLD_EXPORTER_USERNAME": {"secretKeyRef": {"name": secret, "key": "username"}},
            "MYSQLD_EXPORTER_PASSWORD": {"secretKeyRef": {"name": secret, "key": "password"}},
        },
        mounts={"/etc/mysqld-exporter": "config"},
        volumes={"config": {"configMap": {"name": name}}},
    )


_ENGINES: Final[Mapping[str, Callable[[DatabaseExporterArgs, str, str], _Engine]]] = {
    "postgres": _postgres,
    "mysql": _mysql,
}


def _my_cnf(args: DatabaseExporterArgs, name: str) -> dict[str, Any]:
    """`tls` is that of https://github.com/go-sql-driver/mysql#tls: true checks the server's certificate."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata(name, args.namespace),
        "data": {"my.cnf": f"[client]\ntls = {'true' if args.database.tls else 'false'}\n"},
    }


def _workload(args: DatabaseExporterArgs, name: str, address: str) -> Workload:
    engine = _ENGINES[args.database.engine](args, name, address)
    page = Probe.http("/", "metrics")
    container = Container(
        name=engine.image,
        image=args.images[engine.image],
        args=engine.args,
        env=engine.env,
        mounts=engine.mounts,
        ports={"metrics": engine.port},
        resources=Resources(cpu="20m", memory="48Mi", cpu_limit="200m", memory_limit="128Mi"),
        liveness=page,
        readiness=page,
    )
    return Workload(
        name=name,
        namespace=args.namespace,
        containers=[container],
        volumes=engine.volumes,
        network=Network(
            ingress=[Allow(peers=[pods("prometheus")], ports=["metrics"])],
            egress=[Allow(ports=[int(address.rpartition(":")[2])])],
        ),
    )
