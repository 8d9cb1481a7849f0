"""Loki, as one process on one volume: logs beside the metrics, for who has no other place for them.

Agents of the cluster's own push to it. https://grafana.com/docs/loki/latest/configure/
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pulumi

from alerting.model.quantities import Duration
from components.component import Component
from components.container import Resources
from components.single_process import Process, placed
from components.thanos import Surroundings

NAME: Final = "loki"
_PORT: Final = 3100
_DATA: Final = "/var/loki"
_SCHEMA_FROM: Final = "2024-01-01"
"""Before the first line that any installation can have; a later day would lose what is older."""
_HOUR_MS: Final = 3_600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LokiArgs:
    """What it needs to know."""

    around: Surroundings
    retention: Duration
    storage: str
    storage_class: str
    resources: Resources
    writers: Sequence[str]
    """Namespaces whose pods may push, beside our own."""


class Loki(Component):
    """Configuration, certificate, Service, network, the process and its monitor."""

    def __init__(
        self,
        name: str,
        args: LokiArgs,
        opts: pulumi.ResourceOptions | None = None,
        after: Iterable[pulumi.Resource] = (),
    ) -> None:
        """Registers all of it."""
        super().__init__("Loki", name, opts, after)
        self.url = f"{args.around.scheme}://{NAME}.{args.around.namespace}.svc:{_PORT}"
        """Where Grafana asks and agents push."""
        self.place_all(placed(process(args), args.around))
        self.finish(url=self.url)


def process(args: LokiArgs) -> Process:
    """What runs."""
    return Process(
        name=NAME,
        config=config(args),
        data=_DATA,
        ports={"http": _PORT},
        storage=args.storage,
        storage_class=args.storage_class,
        resources=args.resources,
        writers={name: ["http"] for name in args.writers},
        user=10001,
    )


def config(args: LokiArgs) -> dict[str, Any]:
    """Its file. Retention needs the compactor, and whole hours."""
    server: dict[str, Any] = {"http_listen_port": _PORT, "log_format": "json"}
    return {
        "auth_enabled": False,
        "analytics": {"reporting_enabled": False},
        "server": server,
        "common": {
            "path_prefix": _DATA,
            "replication_factor": 1,
            "ring": {"kvstore": {"store": "inmemory"}, "instance_addr": "127.0.0.1"},
            "storage": {"filesystem": {"chunks_directory": f"{_DATA}/chunks", "rules_directory": f"{_DATA}/rules"}},
        },
        "schema_config": {
            "configs": [
                {
                    "from": _SCHEMA_FROM,
                    "store": "tsdb",
                    "object_store": "filesystem",
                    "schema": "v13",
                    "index": {"prefix": "index_", "period": "24h"},
                }
            ]
        },
        "compactor": {
            "working_directory": f"{_DATA}/compactor",
            "retention_enabled": True,
            "delete_request_store": "filesystem",
        },
        "limits_config": {
            "retention_period": f"{args.retention.ms // _HOUR_MS}h",
            "max_query_series": 5000,
            "max_entries_limit_per_query": 5000,
            "query_timeout": "2m",
            "ingestion_rate_mb": 16,
            "ingestion_burst_size_mb": 32,
        },
    }
