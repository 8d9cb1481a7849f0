"""`alerting/catalog/<area>.yaml`: threshold alerts that every service gets."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from alerting.model.document_model import AlertName, DocumentModel, Name
from alerting.model.quantities import Duration


class CatalogAlert(DocumentModel):
    """One alert. `{{name}}` in `expr` takes a value; in texts a value, a label, `{{for}}`, or measured `{{value}}`."""

    alert: AlertName
    """The alert's name; its runbook is called the same."""
    expr: str
    """PromQL; its result should keep a `service` label where there is one."""
    values: Mapping[str, str | int | float] = Field(default_factory=dict)
    """Thresholds and label names; a service may set its own."""
    for_: Annotated[Duration, Field(alias="for")] = Duration(0)
    """How long the expression must match before the alert fires."""
    severity: str
    """A severity of ours or a foreign word of severity.yaml."""
    summary: str
    """What is the matter, in one line; `{{value|percent}}`, `|duration`, `|bytes` and `|number` say how to write it."""
    description: str = ""
    """More about it, for the notification; the places of `summary` work here too."""
    source: str = ""
    """Where the threshold comes from."""


class CatalogArea(DocumentModel):
    """One file of the catalogue."""

    area: Name
    """The file's own name."""
    alerts: tuple[CatalogAlert, ...]
    """The alerts, in the order of evaluation."""
    scope: Literal["shard", "global"] = "shard"
    """Who evaluates: every shard of Prometheus over its own series, or one ruler over those of all."""
    interval: Duration | None = None
    """How often the alerts are evaluated; Prometheus's own default otherwise."""
