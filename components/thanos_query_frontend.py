"""Thanos query-frontend: splits long questions by day, answers what it can out of its cache, and retries the rest.

https://thanos.io/tip/components/query-frontend.md/
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pulumi

from alerting.model.quantities import Duration
from alerting.yaml_text import dump
from components.component import Component
from components.container import Resources
from components.network import READERS, Allow, pods
from components.thanos import HTTP, TLS_FOLDER, Program, Surroundings, bytes_of, placed
from components.thanos_query import NAME as QUERY

NAME: Final = "thanos-query-frontend"


@dataclass(frozen=True, slots=True, kw_only=True)
class ThanosQueryFrontendArgs:
    """What it needs to know."""

    around: Surroundings
    replicas: int
    split: Duration
    cache: str
    """Bytes of each replica's own cache."""
    memcached: Sequence[str]
    """Addresses of a cache that all replicas share, instead of their own."""
    resources: Resources
    query: str
    """The address of query."""


class ThanosQueryFrontend(Component):
    """The program, its Service, certificate and monitor."""

    def __init__(
        self,
        name: str,
        args: ThanosQueryFrontendArgs,
        opts: pulumi.ResourceOptions | None = None,
        after: Iterable[pulumi.Resource] = (),
    ) -> None:
        """Registers all of it."""
        super().__init__("ThanosQueryFrontend", name, opts, after)
        self.url = f"{args.around.scheme}://{NAME}.{args.around.namespace}.svc:{HTTP}"
        """The address for people and Grafana."""
        self.place_all(placed(program(args), args.around))
        self.finish(url=self.url)


def program(args: ThanosQueryFrontendArgs) -> Program:
    """What runs."""
    egress = [Allow(peers=[pods(QUERY)], ports=[HTTP])]
    if args.memcached:
        egress.append(Allow(ports=sorted({int(one.rpartition(":")[2]) for one in args.memcached})))
    cache = dump(_cache(args))
    downstream = [f"--query-frontend.downstream-url={args.query}"]
    if args.around.tls:
        downstream.append(f"--query-frontend.downstream-tripper-config={dump(_tripper())}")
    return Program(
        name=NAME,
        command="query-frontend",
        replicas=args.replicas,
        resources=args.resources,
        grpc=False,
        args=[
            *downstream,
            "--query-frontend.compress-responses",
            "--query-range.align-range-with-step",
            f"--query-range.split-interval={args.split}",
            "--query-range.max-retries-per-request=3",
            f"--query-range.response-cache-config={cache}",
            f"--labels.split-interval={args.split}",
            "--labels.max-retries-per-request=3",
            f"--labels.response-cache-config={cache}",
        ],
        callers=[Allow(peers=[pods("grafana"), READERS], ports=["http"])],
        egress=egress,
    )


def _cache(args: ThanosQueryFrontendArgs) -> dict[str, Any]:
    if args.memcached:
        return {
            "type": "MEMCACHED",
            "config": {
                "addresses": list(args.memcached),
                "timeout": "500ms",
                "max_async_concurrency": 20,
                "max_async_buffer_size": 10_000,
                "max_get_multi_concurrency": 100,
                "max_get_multi_batch_size": 100,
                "max_item_size": "1MiB",
                "max_idle_connections": 100,
                "dns_provider_update_interval": "10s",
                "expiration": "24h",
            },
        }
    # Two caches, of ranges and of labels, share what there is.
    return {"type": "IN-MEMORY", "config": {"max_size": f"{bytes_of(args.cache) // 2}B", "validity": "24h"}}


def _tripper() -> dict[str, Any]:
    files = {"ca_file": "ca.crt", "cert_file": "tls.crt", "key_file": "tls.key"}
    return {"tls_config": {key: f"{TLS_FOLDER}/{file}" for key, file in files.items()}}
