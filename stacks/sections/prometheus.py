"""`tocsin:prometheus`: the servers that scrape and evaluate."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, Strict

from alerting.model.quantities import Duration
from stacks.sections.section import Count, ResourcesSection, Section


class Prometheus(Section):
    """The whole of `tocsin:prometheus`."""

    replicas: Count = 2
    """Servers of each shard, which scrape the same."""
    shards: Annotated[int, Strict(), Field(ge=1, le=100)] = 1
    """Groups of servers among which the services are divided; each service belongs to one."""
    retention: Duration | None = None
    """How far back the servers themselves look; by default the longest window of an SLO plus two days."""
    storage_gib: Count = 100
    """The volume of each server, in GiB."""
    resources: ResourcesSection = ResourcesSection(cpu="500m", memory="4Gi", cpu_limit="4", memory_limit="4Gi")
    """Of each server."""
    external_labels: Mapping[str, str] = Field(default_factory=dict)
    """Labels of everything that leaves a server, beside `cluster` and `prometheus`."""
