"""Sloth's files as they are: `prometheus/v1` and the Kubernetes kind, which spells the same keys in camelCase.

https://pkg.go.dev/github.com/slok/sloth/pkg/prometheus/api/v1
https://pkg.go.dev/github.com/slok/sloth/pkg/kubernetes/api/sloth/v1
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, Field

from tools.imports.source import WireModel

Labels = Mapping[str, Any]


def _either(snake: str, camel: str) -> Any:
    return Field(default=None, validation_alias=AliasChoices(snake, camel))


class Events(WireModel):
    """Queries that count bad and all events."""

    error_query: Annotated[str, Field(validation_alias=AliasChoices("error_query", "errorQuery"))]
    """PromQL that counts bad events over {{.window}}."""
    total_query: Annotated[str, Field(validation_alias=AliasChoices("total_query", "totalQuery"))]
    """PromQL that counts all events over {{.window}}."""


class Raw(WireModel):
    """A query that gives the ratio itself."""

    error_ratio_query: Annotated[str, Field(validation_alias=AliasChoices("error_ratio_query", "errorRatioQuery"))]
    """PromQL that gives the ratio of bad events over {{.window}}."""


class SlothSli(WireModel):
    """One of the three."""

    events: Events | None = None
    raw: Raw | None = None
    plugin: Mapping[str, Any] | None = None


class AlertSettings(WireModel):
    """Settings of the page or the ticket."""

    disable: bool = False
    labels: Labels = Field(default_factory=dict)
    annotations: Labels = Field(default_factory=dict)


class Alerting(WireModel):
    """Settings of the alerts."""

    name: str | None = None
    labels: Labels = Field(default_factory=dict)
    annotations: Labels = Field(default_factory=dict)
    page_alert: AlertSettings | None = _either("page_alert", "pageAlert")
    ticket_alert: AlertSettings | None = _either("ticket_alert", "ticketAlert")


class SlothSlo(WireModel):
    """One SLO."""

    name: str
    """The SLO's name."""
    objective: Any
    """The objective in percent, such as 99.9."""
    description: str = ""
    labels: Labels = Field(default_factory=dict)
    sli: SlothSli
    """The indicator."""
    alerting: Alerting = Alerting()


class SlothService(WireModel):
    """One service with its SLOs."""

    service: str
    """The service's name."""
    labels: Labels = Field(default_factory=dict)
    slos: tuple[SlothSlo, ...] = ()


class SlothFile(SlothService):
    """A `prometheus/v1` document."""

    version: Literal["prometheus/v1"]


class SlothResource(WireModel):
    """A document of the Kubernetes kind."""

    api_version: Annotated[Literal["sloth.slok.dev/v1"], Field(alias="apiVersion")]
    kind: Literal["PrometheusServiceLevel"]
    metadata: Mapping[str, Any] = Field(default_factory=dict)
    spec: SlothService
    """The service and its SLOs."""
