"""Thanos store gateway: answers out of the bucket; the blocks are divided among shards by hash or by age.

https://thanos.io/tip/components/store.md/, https://thanos.io/tip/thanos/sharding.md/
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import pulumi

from alerting.model.quantities import Duration
from alerting.yaml_text import dump
from components.bucket import Bucket
from components.component import Component
from components.container import Resources
from components.network import Allow, pods
from components.thanos import Program, Surroundings, bytes_of, placed
from components.thanos_query import NAME as QUERY
from components.thanos_query import STORE_API

NAME: Final = "thanos-store"


@dataclass(frozen=True, slots=True, kw_only=True)
class ThanosStoreArgs:
    """What it needs to know."""

    around: Surroundings
    bucket: Bucket
    replicas: int
    """Of each shard."""
    shards: int
    """By hash of a block's id; of no meaning with `by_age`."""
    by_age: Sequence[Duration]
    """Ascending ages at which one shard ends and the next begins."""
    storage: str
    storage_class: str
    index_cache: str
    max_series: int
    max_samples: int
    max_download: str
    max_concurrent: int
    resources: Resources


def store_names(shards: int, by_age: Sequence[Duration]) -> list[str]:
    """Of every shard's Service."""
    return [f"{NAME}-{shard}" for shard in range(len(by_age) + 1 if by_age else shards)]


class ThanosStore(Component):
    """The programs of all shards, with Services, certificates and monitors."""

    def __init__(
        self,
        name: str,
        args: ThanosStoreArgs,
        opts: pulumi.ResourceOptions | None = None,
        after: Iterable[pulumi.Resource] = (),
    ) -> None:
        """Registers all of it."""
        super().__init__("ThanosStore", name, opts, after)
        self.services = store_names(args.shards, args.by_age)
        """Of each shard."""
        for program in programs(args):
            self.place_all(placed(program, args.around))
        self.finish(services=self.services)


def programs(args: ThanosStoreArgs) -> list[Program]:
    """What runs, for each shard."""
    return [
        Program(
            name=name,
            command="store",
            kind="StatefulSet",
            replicas=args.replicas,
            resources=args.resources,
            bucket=args.bucket,
            volume=args.storage,
            storage_class=args.storage_class,
            labels={STORE_API: "true"},
            args=[
                f"--index-cache-size={bytes_of(args.index_cache)}B",
                f"--store.limits.request-series={args.max_series}",
                f"--store.limits.request-samples={args.max_samples}",
                f"--store.grpc.downloaded-bytes-limit={bytes_of(args.max_download)}B",
                f"--store.grpc.series-max-concurrency={args.max_concurrent}",
                "--store.enable-index-header-lazy-reader",
                *_part(shard, args),
            ],
            callers=[Allow(peers=[pods(QUERY)], ports=["grpc"])],
        )
        for shard, name in enumerate(store_names(args.shards, args.by_age))
    ]


def _part(shard: int, args: ThanosStoreArgs) -> list[str]:
    """Which blocks a shard has: together they have all, and each has what no other has."""
    if args.by_age:
        newest = [f"--max-time=-{args.by_age[shard - 1]}"] if shard > 0 else []
        oldest = [f"--min-time=-{args.by_age[shard]}"] if shard < len(args.by_age) else []
        return [*newest, *oldest]
    if args.shards == 1:
        return []
    hashed = {"action": "hashmod", "source_labels": ["__block_id"], "target_label": "shard", "modulus": args.shards}
    kept = {"action": "keep", "source_labels": ["shard"], "regex": str(shard)}
    return [f"--selector.relabel-config={dump([hashed, kept])}"]
