"""What the policy says about incidents: whose an alert is, how bad, what may be done about it, who there is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, cast

from alerting import names
from alerting.model.action import RemediationBinding
from alerting.model.document_model import Priority, Severity, Tier
from alerting.model.policy import PLATFORM, Policy
from alerting.model.team import Team
from alerting.remediations import bindings
from alerting.timescale import REAL, Timescale
from bots.guards.limits import Limits
from bots.timeline.event import clean
from bots.timeline.event_fields import PRIORITIES

_MAX_NAME: Final = 63
_UNKNOWN_TIER: Final[Tier] = 3
_DRILL: Final = "drill"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where an incident happens: alerts of different places never share one."""

    team: str
    service: str
    drill: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What an alert's labels make of it."""

    place: Place
    severity: Severity
    priority: Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The policy, as far as the ledger needs it."""

    owners: Mapping[str, str] = field(default_factory=dict)
    """Service → team."""
    tiers: Mapping[str, Tier] = field(default_factory=dict)
    foreign: Mapping[str, Severity] = field(default_factory=dict)
    matrix: Mapping[Severity, Mapping[Tier, Priority]] = field(default_factory=dict)
    bindings: Mapping[tuple[str, str], RemediationBinding] = field(default_factory=dict)
    """(service, alert) → action; the service `` holds for all."""
    members: frozenset[str] = frozenset()
    teams: frozenset[str] = frozenset()
    rotas: Mapping[str, Team] = field(default_factory=dict)
    """Team → who is on call when."""
    reopen_within: timedelta = timedelta(minutes=30)
    """An alert that comes back within this time after the resolution reopens the incident."""
    limits: Limits = field(default_factory=Limits)
    """The numbers of remediation's guard rails."""

    @classmethod
    def of(cls, policy: Policy, *, scale: Timescale = REAL) -> "Rules":
        """The rules that a policy makes; in a rehearsal with guard rails as much shorter as its windows."""
        general = {
            ("", alert): runbook.remediation
            for alert, runbook in policy.runbooks.items()
            if runbook.remediation is not None
        }
        own = {(service.service, alert): binding for service, alert, binding in bindings(policy)}
        return cls(
            owners={name: service.owner for name, service in policy.services.items()},
            tiers={name: service.tier for name, service in policy.services.items()},
            foreign=policy.severity.foreign,
            matrix=policy.severity.matrix,
            bindings=general | own,
            members=frozenset(member.name for team in policy.teams.values() for member in team.members),
            teams=frozenset(policy.teams),
            rotas=policy.teams,
            reopen_within=timedelta(milliseconds=policy.routing.reopen_within.ms),
            limits=Limits.of(policy, scale),
        )

    def standing(self, labels: Mapping[str, str]) -> Standing:
        """Whose the alert is and how bad; labels are outside text, and every one may be missing or nonsense."""
        service = _name(labels.get(names.SERVICE, "")) or PLATFORM
        team = _name(labels.get(names.TEAM, "")) or self.team_of(service)
        severity = self._severity(labels.get(names.SEVERITY, ""))
        priority = labels.get(names.PRIORITY, "")
        return Standing(
            place=Place(team, service, labels.get(_DRILL) == "true"),
            severity=severity,
            priority=cast(Priority, priority) if priority in PRIORITIES else self.priority(severity, service),
        )

    def _severity(self, word: str) -> Severity:
        """Ours, or what a foreign word stands for; an unknown one counts as ticket."""
        if word in ("page", "ticket", "info"):
            return cast(Severity, word)
        return self.foreign.get(word, "ticket")

    def team_of(self, service: str) -> str:
        """The team that owns a service; the platform's for one that no file describes."""
        return self.owners.get(service) or self.owners.get(PLATFORM) or PLATFORM

    def priority(self, severity: Severity, service: str) -> Priority:
        """The priority of an alert without one of its own."""
        tier = self.tiers.get(service, _UNKNOWN_TIER)
        return self.matrix.get(severity, {}).get(tier, "P3")

    def binding(self, service: str, alert: str) -> RemediationBinding | None:
        """The action bound to an alert of a service; the service's own wins over the runbook's."""
        return self.bindings.get((service, alert)) or self.bindings.get(("", alert))


def _name(text: str) -> str:
    return " ".join(clean(text, _MAX_NAME).split())
