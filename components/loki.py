"""Loki, as one process on one volume: logs beside the metrics, for who has no other place for them.

Agents of the cluster's own push to it. https://grafana.com/docs/loki/latest/configure/
"""

from typing import Any, Final

from components.single_process import Process, SingleProcessArgs

NAME: Final = "loki"
_PORT: Final = 3100
_DATA: Final = "/var/loki"
_SCHEMA_FROM: Final = "2024-01-01"
"""Before the first line that any installation can have; a later day would lose what is older."""


def process(args: SingleProcessArgs) -> Process:
    """What runs."""
    return Process(
        name=NAME,
        args=args,
        config=config(args),
        data=_DATA,
        ports={"http": _PORT},
        pushed=["http"],
        user=10001,
    )


def config(args: SingleProcessArgs) -> dict[str, Any]:
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
            "retention_period": args.retention_hours,
            "max_query_series": 5000,
            "max_entries_limit_per_query": 5000,
            "query_timeout": "2m",
            "ingestion_rate_mb": 16,
            "ingestion_burst_size_mb": 32,
        },
    }
