"""`alerting/catalog/<area>.yaml`: threshold alerts that every service gets."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from alerting.model.document_model import AlertName, DocumentModel, Name
from alerting.model.quantities import Duration


class CatalogAlert(DocumentModel):
    """One alert. `{{name}}` in `expr` takes a value; in texts a value, a label, or the measured `{{value|percent}}`."""

    alert: AlertName
    expr: str
    """PromQL; its result should keep a `service` label where there is one."""
    values: Mapping[str, str | int | float] = Field(default_factory=dict)
    """Thresholds and label names; a service may set its own."""
    for_: Annotated[Duration, Field(alias="for")] = Duration(0)
    severity: str
    """A severity of ours or a foreign word of severity.yaml."""
    summary: str
    description: str = ""
    source: str = ""
    """Where the threshold comes from."""


class CatalogArea(DocumentModel):
    """One file of the catalogue."""

    area: Name
    alerts: tuple[CatalogAlert, ...]
    interval: Duration | None = None
    """How often the alerts are evaluated; Prometheus's own default otherwise."""
