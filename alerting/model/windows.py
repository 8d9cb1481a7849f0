"""`alerting/windows.yaml`: the pairs of burn-rate windows, with their source."""

from typing import Annotated, Literal

from pydantic import Field

from alerting.model.document_model import DocumentModel
from alerting.model.quantities import Duration, Number


class WindowPair(DocumentModel):
    """Alert when both windows burn faster than `factor`."""

    severity: Literal["page", "ticket"]
    long: Duration
    short: Duration
    factor: Annotated[Number, Field(gt=0)]


class BurnWindows(DocumentModel):
    """The whole of `alerting/windows.yaml`; other periods scale the windows by period/`period`."""

    source: str
    period: Duration
    pairs: Annotated[tuple[WindowPair, ...], Field(min_length=1)]
