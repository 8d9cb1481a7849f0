"""`policies/remediation.yaml`: what keeps remediation from doing harm, and how its success is judged."""

from typing import Annotated

from pydantic import Field, StringConstraints

from alerting.model.document_model import DocumentModel
from alerting.model.quantities import Duration, Flag, Instant

Count = Annotated[int, Field(ge=1, le=1_000, strict=True)]
"""How many, from one."""


class Freeze(DocumentModel):
    """Nothing is run, whoever asks for it."""

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
    """Why, for whoever is told that an action did not run."""
    until: Instant | None = None
    """When it ends by itself; never by default."""


class AttemptLimits(DocumentModel):
    """How often something may be tried before a person has to look."""

    per_incident: Count = 3
    """Attempts at one action in one incident."""
    per_target: Count = 3
    """Attempts that change one target within an hour, whatever the incident and the action."""
    per_hour: Count = 12
    """Attempts that change anything within an hour, all targets together."""


class Verification(DocumentModel):
    """When an action has helped: the service's 5m SLI stays within its objective, with traffic."""

    hold: Duration = Duration(600_000)
    """For so long without a gap."""
    within: Duration = Duration(1_800_000)
    """So long after the action at the latest, else it has not helped; longer for an alert of the catalogue that looks
    back longer, since that has to have ended too."""


class RemediationPolicy(DocumentModel):
    """The whole of `policies/remediation.yaml`; every key, and the file itself, may be left out."""

    freeze: Freeze | None = None
    """A stop for every action, by pull request; `tocsin remediation freeze` is the one for the night."""
    dry_run: Flag = False
    """Actions only say what they would do, whatever the bindings say."""
    approval: Flag = True
    """Whether what one person asks for needs the consent of another one, where the binding does not say. Actions that
    only look never need it, nor do those that run by themselves unless their binding asks for it."""
    approve_within: Duration = Duration(1_800_000)
    """A request that nobody approved for so long has lapsed."""
    attempts: AttemptLimits = AttemptLimits()
    """How often something may be tried."""
    most_ill: Annotated[int, Field(ge=1, le=1_000, strict=True)] = 3
    """With more targets ill at once than this nothing runs by itself: the cause is somewhere else."""
    quiet_after_success: Duration = Duration(1_800_000)
    """How long a target is left alone by actions that run by themselves after one has helped; at least as long as the
    longest window of the alert that asks."""
    verify: Verification = Verification()
    """How success is judged."""
