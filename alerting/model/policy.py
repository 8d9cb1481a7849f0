"""The whole of what a team's files say, as one frozen value."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from alerting.model.access import Access
from alerting.model.catalog import CatalogArea
from alerting.model.remediation import RemediationPolicy
from alerting.model.routing import Routing
from alerting.model.runbook import RunbookFrontMatter
from alerting.model.service import Service
from alerting.model.severity import SeverityPolicy
from alerting.model.silence import Silence
from alerting.model.team import Team
from alerting.model.windows import BurnWindows

PLATFORM = "platform"
"""The service that an alert without a service label belongs to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Every policy file, read and valid by itself; `alerting.checks` says whether they fit together."""

    services: Mapping[str, Service]
    teams: Mapping[str, Team]
    severity: SeverityPolicy
    routing: Routing
    access: Access
    silences: Mapping[str, Silence]
    catalog: Mapping[str, CatalogArea]
    windows: BurnWindows
    runbooks: Mapping[str, RunbookFrontMatter]
    remediation: RemediationPolicy = field(default_factory=RemediationPolicy)
