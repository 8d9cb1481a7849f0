"""`alerting/windows.yaml`: the pairs of burn-rate windows, with their source."""

from typing import Annotated, Literal

from pydantic import Field

from alerting.model.document_model import DocumentModel
from alerting.model.quantities import Duration, Number


class WindowPair(DocumentModel):
    """Alert when both windows burn faster than `factor`."""

    severity: Literal["page", "ticket"]
    """What the alert asks of a person."""
    long: Duration
    """The window that shows that it matters."""
    short: Duration
    """The window that shows that it still goes on."""
    factor: Annotated[Number, Field(gt=0)]
    """Burn rate: how many times faster than the objective allows."""


class BurnWindows(DocumentModel):
    """The whole of `alerting/windows.yaml`; other periods scale the windows by period/`period`."""

    source: str
    """Where the numbers come from."""
    period: Duration
    """The period that the windows below are made for."""
    pairs: Annotated[tuple[WindowPair, ...], Field(min_length=1)]
    """The pairs; those of one severity make one alert."""

    def __hash__(self) -> int:
        """Cheaper than that of everything; there is one such value in a repository."""
        return hash((self.source, self.period, len(self.pairs)))
