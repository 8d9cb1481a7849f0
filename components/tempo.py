"""Tempo, as one process on one volume: traces beside the metrics, for who has no other place for them.

Programs or a collector of the cluster's own push to it by OTLP. https://grafana.com/docs/tempo/latest/configuration/
"""

from typing import Any, Final

from components.single_process import Process, SingleProcessArgs, server_tls

NAME: Final = "tempo"
_PORT: Final = 3200
_OTLP_GRPC: Final = 4317
_OTLP_HTTP: Final = 4318
_DATA: Final = "/var/tempo"


def process(args: SingleProcessArgs) -> Process:
    """What runs."""
    return Process(
        name=NAME,
        args=args,
        config=config(args),
        data=_DATA,
        ports={"http": _PORT, "otlp-grpc": _OTLP_GRPC, "otlp-http": _OTLP_HTTP},
        pushed=["otlp-grpc", "otlp-http"],
        user=10001,
    )


def config(args: SingleProcessArgs) -> dict[str, Any]:
    """Its file."""
    # Certificates live 90 days, and these receivers read a new one only if they are told to look.
    tls = {"tls": {**server_tls(), "reload_interval": "1h"}} if args.around.tls else {}
    protocols = {
        "grpc": {"endpoint": f"0.0.0.0:{_OTLP_GRPC}", **tls},
        "http": {"endpoint": f"0.0.0.0:{_OTLP_HTTP}", **tls},
    }
    return {
        "usage_report": {"reporting_enabled": False},
        "server": {"http_listen_port": _PORT, "log_format": "json"},
        "distributor": {"receivers": {"otlp": {"protocols": protocols}}},
        "compactor": {"compaction": {"block_retention": args.retention_hours}},
        "storage": {
            "trace": {"backend": "local", "local": {"path": f"{_DATA}/blocks"}, "wal": {"path": f"{_DATA}/wal"}}
        },
    }
