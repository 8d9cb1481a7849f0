"""Thanos query: one answer out of all Prometheus servers, stores and the ruler, with replicas taken for one.

https://thanos.io/tip/components/query.md/
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import pulumi

from alerting.model.quantities import Duration
from alerting.yaml_text import dump
from components.certificates import grpc_name
from components.component import Component
from components.container import Resources
from components.network import Allow, pods
from components.prometheus import SIDECAR
from components.prometheus_server import NAME as PROMETHEUS
from components.prometheus_server import REPLICA_LABEL
from components.thanos import GRPC, HTTP, TLS_FOLDER, Program, Surroundings, placed

NAME: Final = "thanos-query"
RULER_REPLICA_LABEL: Final = "thanos_ruler_replica"
"""The operator's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThanosQueryArgs:
    """What it needs to know."""

    around: Surroundings
    replicas: int
    max_concurrent: int
    max_concurrent_select: int
    timeout: Duration
    max_series: int
    resources: Resources
    services: Sequence[str]
    """Services without an address beside the sidecars', whose pods are asked on the port `grpc`."""
    callers: Sequence[str]
    """The programs that may ask it."""


class ThanosQuery(Component):
    """The program, its Service, certificate and monitor."""

    def __init__(
        self,
        name: str,
        args: ThanosQueryArgs,
        opts: pulumi.ResourceOptions | None = None,
        after: Iterable[pulumi.Resource] = (),
    ) -> None:
        """Registers all of it."""
        super().__init__("ThanosQuery", name, opts, after)
        self.url = f"{args.around.scheme}://{NAME}.{args.around.namespace}.svc:{HTTP}"
        """Its address for who must not get remembered answers, such as the ruler."""
        self.place_all(placed(program(args), args.around))
        self.finish(url=self.url)


def program(args: ThanosQueryArgs) -> Program:
    """What runs. Instant questions, such as a ruler's, never see thinned data; graphs do where it is enough."""
    return Program(
        name=NAME,
        command="query",
        replicas=args.replicas,
        resources=args.resources,
        args=[
            f"--query.replica-label={REPLICA_LABEL}",
            f"--query.replica-label={RULER_REPLICA_LABEL}",
            "--query.auto-downsampling",
            "--query.instant.default.max_source_resolution=0s",
            f"--query.max-concurrent={args.max_concurrent}",
            f"--query.max-concurrent-select={args.max_concurrent_select}",
            f"--query.timeout={args.timeout}",
            f"--store.limits.request-series={args.max_series}",
            "--store.response-timeout=30s",
            f"--endpoint.sd-config={_endpoints(args)}",
        ],
        callers=[
            Allow(peers=[pods(name) for name in args.callers], ports=["http"]),
        ],
        egress=[
            Allow(peers=[pods(PROMETHEUS), *({"podSelector": {"matchLabels": {STORE_API: "true"}}},)], ports=[GRPC]),
        ],
    )


STORE_API: Final = "tocsin/store-api"
"""The label of pods, beside Prometheus', that query asks."""


def _endpoints(args: ThanosQueryArgs) -> str:
    """Whom it asks, found by DNS again and again. Each proves that it has the name that all of them share."""
    namespace = args.around.namespace
    found = [{"address": f"dnssrv+_grpc._tcp.{one}.{namespace}.svc"} for one in (SIDECAR, *args.services)]
    if not args.around.tls:
        return dump({"endpoints": found})
    files = {"cert_file": "tls.crt", "key_file": "tls.key", "ca_file": "ca.crt"}
    tls = {"enabled": True, **{key: f"{TLS_FOLDER}/{file}" for key, file in files.items()}}
    return dump({"default_client_config": {"tls_config": tls, "server_name": grpc_name(namespace)}, "endpoints": found})
