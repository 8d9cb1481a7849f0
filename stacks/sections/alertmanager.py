"""`tocsin:alertmanager`: the servers that notify."""

from typing import Annotated

from pydantic import Field, Strict

from stacks.sections.section import Bytes, ResourcesSection, Section


class Alertmanager(Section):
    """The whole of `tocsin:alertmanager`."""

    replicas: Annotated[int, Strict(), Field(ge=1, le=9)] = 3
    """Servers of the cluster."""
    storage: Bytes = "5Gi"
    """The volume of each server, which remembers silences and what was sent."""
    resources: ResourcesSection = ResourcesSection(cpu="50m", memory="128Mi", cpu_limit="500m", memory_limit="256Mi")
    """Of each server."""
