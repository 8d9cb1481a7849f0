"""`tocsin:logs` and `tocsin:traces`: where Grafana finds logs and traces. Off where nothing is said."""

from typing import Annotated

from pydantic import Field, model_validator

from alerting.model.quantities import Duration
from stacks.sections.section import Bytes, ObjectName, ResourcesSection, Section

Url = Annotated[str, Field(pattern=r"^https?://[^\s/]+(/\S*)?$")]
_DAY_MS = 86_400_000


class Own(Section):
    """One process in the cluster, on one volume."""

    retention: Duration = Duration(14 * _DAY_MS)
    """How long it keeps what it gets, in whole hours."""
    storage: Bytes = "50Gi"
    """Its volume."""
    writers: tuple[ObjectName, ...] = ()
    """Namespaces whose pods may push, beside our own."""
    resources: ResourcesSection = ResourcesSection(cpu="200m", memory="1Gi", cpu_limit="2", memory_limit="2Gi")
    """Of the process."""

    @model_validator(mode="after")
    def _whole_hours(self) -> "Own":
        if self.retention.ms < _DAY_MS or self.retention.ms % 3_600_000:
            raise ValueError(f"got a retention of {self.retention}; expected whole hours, at least a day")
        return self


class OpenSearch(Section):
    """An OpenSearch that is there already; a Grafana of our own fetches its plugin from grafana.com when it starts."""

    url: Url
    """Its address."""
    index: str
    """The pattern of the indexes with logs, such as logs-*."""
    version: str
    """Its version, such as 2.19.0."""
    time_field: str = "@timestamp"
    """The field with a line's time."""


class Jaeger(Section):
    """A Jaeger that is there already."""

    url: Url
    """The address of its query service."""


class Logs(Section):
    """The whole of `tocsin:logs`: exactly one of them."""

    loki: Own | None = None
    """A Loki of our own."""
    opensearch: OpenSearch | None = None
    """One that is there."""

    @model_validator(mode="after")
    def _one(self) -> "Logs":
        if (self.loki is None) == (self.opensearch is None):
            got = "got neither" if self.loki is None else "got both"
            raise ValueError(f"{got}; expected either `loki` or `opensearch`")
        return self


class Traces(Section):
    """The whole of `tocsin:traces`: exactly one of them."""

    tempo: Own | None = None
    """A Tempo of our own."""
    jaeger: Jaeger | None = None
    """One that is there."""

    @model_validator(mode="after")
    def _one(self) -> "Traces":
        if (self.tempo is None) == (self.jaeger is None):
            got = "got neither" if self.tempo is None else "got both"
            raise ValueError(f"{got}; expected either `tempo` or `jaeger`")
        return self
