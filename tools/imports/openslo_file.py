"""OpenSLO v1 documents as they are: https://github.com/OpenSLO/OpenSLO#specification"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from tools.imports.source import WireModel

VERSIONS = ("openslo/v1", "openslo.com/v1")
"""The second is what Kubernetes operators have to write."""
Free = Mapping[str, Any]


class Metadata(WireModel):
    """What every object is called."""

    name: str
    """The object's name."""
    display_name: Annotated[str, Field(alias="displayName")] = ""
    labels: Free = Field(default_factory=dict)
    annotations: Free = Field(default_factory=dict)


class MetricSource(WireModel):
    """Where a metric comes from, and how it is asked for."""

    ref: Annotated[str | None, Field(alias="metricSourceRef")] = None
    type: str | None = None
    spec: Any = None


class Metric(WireModel):
    """One metric."""

    source: Annotated[MetricSource, Field(alias="metricSource")]
    """Where the metric comes from."""


class RatioMetric(WireModel):
    """Good or bad events out of all, or their ratio."""

    counter: bool = False
    good: Metric | None = None
    bad: Metric | None = None
    total: Metric | None = None
    raw: Metric | None = None
    raw_type: Annotated[Literal["success", "failure"] | None, Field(alias="rawType")] = None


class SliSpec(WireModel):
    """An indicator."""

    description: str = ""
    threshold: Annotated[Metric | None, Field(alias="thresholdMetric")] = None
    ratio: Annotated[RatioMetric | None, Field(alias="ratioMetric")] = None


class InlineSli(WireModel):
    """An indicator inside an SLO."""

    metadata: Free = Field(default_factory=dict)
    spec: SliSpec
    """The indicator."""


class Calendar(WireModel):
    """Where windows of the calendar begin."""

    start: Annotated[str, Field(alias="startTime")] = ""
    zone: Annotated[str, Field(alias="timeZone")] = "UTC"


class TimeWindow(WireModel):
    """The period of an SLO."""

    duration: str
    """Such as 28d or 1M."""
    rolling: Annotated[bool | None, Field(alias="isRolling")] = None
    calendar: Calendar | None = None


class Objective(WireModel):
    """One promise; an SLO may make several."""

    display_name: Annotated[str, Field(alias="displayName")] = ""
    op: Literal["lte", "gte", "lt", "gt"] | None = None
    value: float | None = None
    target: Any = None
    target_percent: Annotated[Any, Field(alias="targetPercent")] = None
    slice_target: Annotated[Any, Field(alias="timeSliceTarget")] = None
    slice_window: Annotated[Any, Field(alias="timeSliceWindow")] = None
    indicator: InlineSli | None = None
    indicator_ref: Annotated[str | None, Field(alias="indicatorRef")] = None
    weight: Annotated[Any, Field(alias="compositeWeight")] = None


class SloSpec(WireModel):
    """An SLO."""

    description: str = ""
    service: str | None = None
    indicator: InlineSli | None = None
    indicator_ref: Annotated[str | None, Field(alias="indicatorRef")] = None
    windows: Annotated[tuple[TimeWindow, ...], Field(alias="timeWindow")] = ()
    budgeting: Annotated[str, Field(alias="budgetingMethod")] = "Occurrences"
    objectives: Annotated[tuple[Objective, ...], Field(min_length=1)]
    """What is promised."""
    alert_policies: Annotated[tuple[Any, ...] | None, Field(alias="alertPolicies")] = None


class ServiceSpec(WireModel):
    """A service."""

    description: str = ""


class DataSourceSpec(WireModel):
    """A server that metrics come from."""

    description: str = ""
    type: str = ""
    connection: Annotated[Any, Field(alias="connectionDetails")] = None


class SloObject(WireModel):
    """A document of kind SLO."""

    metadata: Metadata
    """What the SLO is called."""
    spec: SloSpec
    """What the SLO says."""


class SliObject(WireModel):
    """A document of kind SLI."""

    metadata: Metadata
    """What the indicator is called."""
    spec: SliSpec
    """What the indicator says."""


class ServiceObject(WireModel):
    """A document of kind Service."""

    metadata: Metadata
    """What the service is called."""
    spec: ServiceSpec = ServiceSpec()


class DataSourceObject(WireModel):
    """A document of kind DataSource."""

    metadata: Metadata
    """What the data source is called."""
    spec: DataSourceSpec = DataSourceSpec()


class OtherObject(WireModel):
    """A document of another kind: alert policies, conditions and notification targets."""

    metadata: Metadata
    """What the object is called."""
    spec: Any = None
