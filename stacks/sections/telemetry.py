"""`tocsin:logs` and `tocsin:traces`: where Grafana finds logs and traces. Off where nothing is said."""

from typing import Annotated

from pydantic import AfterValidator

from alerting.model.quantities import Duration
from stacks.sections.section import Bytes, ObjectName, ResourcesSection, Section, either, shaped

Url = Annotated[str, shaped(r"https?://[^\s/]+(/\S*)?", "address", "one such as https://logs.example.com")]
_DAY_MS = 86_400_000


def _whole_hours(retention: Duration) -> Duration:
    if retention.ms < _DAY_MS or retention.ms % 3_600_000:
        raise ValueError(f"got {retention}; expected whole hours, at least a day")
    return retention


class Own(Section):
    """One process in the cluster, on one volume."""

    retention: Annotated[Duration, AfterValidator(_whole_hours)] = Duration(14 * _DAY_MS)
    """How long it keeps what it gets, in whole hours."""
    storage: Bytes = "50Gi"
    """Its volume."""
    writers: tuple[ObjectName, ...] = ()
    """Namespaces whose pods may push, beside our own."""
    resources: ResourcesSection = ResourcesSection(cpu="200m", memory="1Gi", cpu_limit="2", memory_limit="2Gi")
    """Of the process."""


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

    _one = either("loki", "opensearch")


class Traces(Section):
    """The whole of `tocsin:traces`: exactly one of them."""

    tempo: Own | None = None
    """A Tempo of our own."""
    jaeger: Jaeger | None = None
    """One that is there."""

    _one = either("tempo", "jaeger")
