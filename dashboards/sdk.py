"""The parts of grafana-foundation-sdk that dashboards are built with, imported in one place.

The SDK warns, when it is imported, that Grafana's classic schema has a successor. The classic one is what every
Grafana from 9 on reads, from files, by its API and through Pulumi; docs/adr/0011-dashboards.md says more.
"""

import warnings
from typing import TypeVar

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", "Prefer using dashboardv2", DeprecationWarning)
    from grafana_foundation_sdk.builders import bargauge, prometheus, stat, table, timeseries
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.cog.encoder import JSONEncoder
    from grafana_foundation_sdk.models import common, dashboard
    from grafana_foundation_sdk.models import prometheus as promquery

__all__ = [
    "Builder",
    "JSONEncoder",
    "Ready",
    "bargauge",
    "common",
    "dashboard",
    "prometheus",
    "promquery",
    "stat",
    "table",
    "timeseries",
]

T = TypeVar("T", covariant=True)


class Ready(Builder[T]):
    """A finished object where the SDK asks for something that builds one."""

    def __init__(self, made: T) -> None:
        """`made` is what `build` returns."""
        self._made = made

    def build(self) -> T:
        """The object."""
        return self._made
