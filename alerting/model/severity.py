"""`policies/severity.yaml`: what a severity asks of a person and what a priority means."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from alerting.model.document_model import DocumentModel, Priority, Severity, Tier
from alerting.model.quantities import Day, Duration, Number


class PriorityMeaning(DocumentModel):
    """What one priority means, and within what time people act on it."""

    means: str
    """What has happened to users."""
    acknowledge_within: Duration | None = None
    """How soon somebody says that they are on it."""
    update_every: Duration | None = None
    """How often those who wait hear news."""
    postmortem_within: Duration | None = None
    """How soon after the end the postmortem is due."""
    pagerduty: str | None = None
    """The priority of PagerDuty that means the same; the one of the same name by default."""


class Baseline(DocumentModel):
    """What improvement is measured against; `tocsin report --set-baseline` writes it."""

    time_to_resolve: Duration
    """The median time from the first page to the resolution."""
    until: Day
    """The last day of the 28 that it was measured over."""
    incidents: Annotated[Number, Field(gt=0)]
    """Of how many incidents it is the median."""


class SeverityPolicy(DocumentModel):
    """The whole of `policies/severity.yaml`."""

    foreign: Mapping[str, Severity] = Field(default_factory=dict)
    """Words of other tools and what they are here."""
    priorities: Mapping[Priority, PriorityMeaning]
    """What each priority means; all five are needed."""
    matrix: Mapping[Severity, Mapping[Tier, Priority]]
    """The priority of an alert, by its severity and the tier of its service."""
    baseline: Baseline | None = None
    """What the times of later incidents are compared with; without it the time to resolve has no target."""

    def severity(self, word: str) -> Severity | None:
        """The severity that a word of ours or of another tool stands for; None if it is unknown (counts as ticket)."""
        if word in ("page", "ticket", "info"):
            return word  # type: ignore[return-value]  # narrowed by the test above
        return self.foreign.get(word)

    def priority(self, severity: Severity, tier: Tier) -> Priority:
        """The priority of an alert of that severity on a service of that tier."""
        return self.matrix[severity][tier]
