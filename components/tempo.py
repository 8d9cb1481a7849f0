"""Tempo, as one process on one volume: traces beside the metrics, for who has no other place for them.

Programs or a collector of the cluster's own push to it by OTLP. https://grafana.com/docs/tempo/latest/configuration/
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pulumi

from alerting.model.quantities import Duration
from components.component import Component
from components.container import Resources
from components.single_process import Process, placed, server_tls
from components.thanos import Surroundings

NAME: Final = "tempo"
_PORT: Final = 3200
_OTLP_GRPC: Final = 4317
_OTLP_HTTP: Final = 4318
_DATA: Final = "/var/tempo"
_HOUR_MS: Final = 3_600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class TempoArgs:
    """What it needs to know."""

    around: Surroundings
    retention: Duration
    storage: str
    storage_class: str
    resources: Resources
    writers: Sequence[str]
    """Namespaces whose pods may push, beside our own."""


class Tempo(Component):
    """Configuration, certificate, Service, network, the process and its monitor."""

    def __init__(
        self,
        name: str,
        args: TempoArgs,
        opts: pulumi.ResourceOptions | None = None,
        after: Iterable[pulumi.Resource] = (),
    ) -> None:
        """Registers all of it."""
        super().__init__("Tempo", name, opts, after)
        self.url = f"{args.around.scheme}://{NAME}.{args.around.namespace}.svc:{_PORT}"
        """Where Grafana asks."""
        self.place_all(placed(process(args), args.around))
        self.finish(url=self.url)


def process(args: TempoArgs) -> Process:
    """What runs."""
    return Process(
        name=NAME,
        config=config(args),
        data=_DATA,
        ports={"http": _PORT, "otlp-grpc": _OTLP_GRPC, "otlp-http": _OTLP_HTTP},
        storage=args.storage,
        storage_class=args.storage_class,
        resources=args.resources,
        writers={name: ["otlp-grpc", "otlp-http"] for name in args.writers},
        user=10001,
    )


def config(args: TempoArgs) -> dict[str, Any]:
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
        "compactor": {"compaction": {"block_retention": f"{args.retention.ms // _HOUR_MS}h"}},
        "storage": {
            "trace": {"backend": "local", "local": {"path": f"{_DATA}/blocks"}, "wal": {"path": f"{_DATA}/wal"}}
        },
    }
