"""How a file binds an alert to a remediation action."""

from collections.abc import Mapping

from pydantic import Field

from alerting.model.document_model import DocumentModel
from alerting.model.quantities import Flag


class RemediationBinding(DocumentModel):
    """An action of `alerting.actions`, what it acts on, and whether it may run without being asked for."""

    action: str
    """The action's name, such as `restart_deployment`."""
    target: Mapping[str, str] = Field(default_factory=dict)
    """What the action acts on, such as namespace and deployment."""
    parameters: Mapping[str, str | int | float | bool] = Field(default_factory=dict)
    """The action's own parameters."""
    automatic: Flag | None = None
    """Run when the alert fires; otherwise a person asks for it. A service's binding to the action of the runbook takes
    this, and what follows, from there."""
    approval: Flag | None = None
    """Whether another person has to consent before it runs, also where it asks by itself; policies/remediation.yaml
    says what holds otherwise."""
    dry_run: Flag | None = None
    """It only says what it would do."""
