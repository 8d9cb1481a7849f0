"""Thanos compactor: merges and thins blocks, and deletes those that are too old. Exactly one per bucket.

A second one would delete blocks under the first. So there is no number of replicas to set, a StatefulSet never has two
pods of one name, and each cluster has its own part of the bucket. https://thanos.io/tip/components/compact.md/
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import pulumi

from alerting.model.quantities import Duration
from components.bucket import Bucket
from components.component import Component
from components.container import Resources
from components.thanos import Program, Surroundings, placed

NAME: Final = "thanos-compactor"
_FOR_EVER: Final = "0d"


@dataclass(frozen=True, slots=True, kw_only=True)
class ThanosCompactorArgs:
    """What it needs to know."""

    around: Surroundings
    bucket: Bucket
    raw: Duration | None
    """How long data stays as it was measured; None is for ever, as for the other two."""
    five_minutes: Duration | None
    one_hour: Duration | None
    concurrency: int
    storage: str
    storage_class: str
    resources: Resources


class ThanosCompactor(Component):
    """The program, its Service, certificate and monitor."""

    def __init__(
        self,
        name: str,
        args: ThanosCompactorArgs,
        opts: pulumi.ResourceOptions | None = None,
        after: Iterable[pulumi.Resource] = (),
    ) -> None:
        """Registers all of it."""
        super().__init__("ThanosCompactor", name, opts, after)
        self.place_all(placed(program(args), args.around))
        self.finish(name=NAME)


def program(args: ThanosCompactorArgs) -> Program:
    """What runs. After a fault it halts and says so in `thanos_compact_halted`, for which there is an alert."""
    return Program(
        name=NAME,
        command="compact",
        kind="StatefulSet",
        replicas=1,
        grpc=False,
        resources=args.resources,
        bucket=args.bucket,
        volume=args.storage,
        storage_class=args.storage_class,
        args=[
            "--wait",
            "--wait-interval=5m",
            f"--compact.concurrency={args.concurrency}",
            f"--retention.resolution-raw={args.raw or _FOR_EVER}",
            f"--retention.resolution-5m={args.five_minutes or _FOR_EVER}",
            f"--retention.resolution-1h={args.one_hour or _FOR_EVER}",
            "--delete-delay=48h",
        ],
    )
