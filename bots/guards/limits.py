"""The numbers of the guard rails, from the policy; in a rehearsal all of them are as much shorter as its windows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from alerting.alert_windows import longest_window
from alerting.model.policy import Policy
from alerting.model.quantities import Duration
from alerting.remediations import bindings
from alerting.timescale import REAL, Timescale
from bots.guards.freeze import Freeze, of_file

HOUR: Final = Duration(3_600_000)
_SEVERITIES: Final = ("page", "ticket")


def span(duration: Duration) -> timedelta:
    """A duration as Python counts."""
    return timedelta(milliseconds=duration.ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What may be done how often."""

    frozen: Freeze | None = None
    """The switch in the file."""
    dry_run: bool = False
    approval: bool = True
    approve_within: timedelta = timedelta(minutes=30)
    per_incident: int = 3
    per_target: int = 3
    per_hour: int = 12
    hour: timedelta = timedelta(hours=1)
    most_ill: int = 3
    quiet: timedelta = timedelta(minutes=30)
    quiet_after: Mapping[tuple[str, str, str], timedelta] = field(default_factory=dict)
    """(service, alert, severity) → how long a target is left alone after a success, where that is longer than `quiet`:
    an alert that looks back six hours still sees what was put right four hours ago."""

    @classmethod
    def of(cls, policy: Policy, scale: Timescale = REAL) -> "Limits":
        """The limits that a policy sets."""
        told = policy.remediation
        quiet = span(scale.window(told.quiet_after_success))
        windows = {
            (service.service, alert, severity): span(longest_window(policy, service, alert, severity, scale))
            for service, alert, binding in bindings(policy)
            if binding.automatic
            for severity in _SEVERITIES
        }
        return cls(
            frozen=of_file(told.freeze),
            dry_run=told.dry_run,
            approval=told.approval,
            approve_within=span(scale.window(told.approve_within)),
            per_incident=told.attempts.per_incident,
            per_target=told.attempts.per_target,
            per_hour=told.attempts.per_hour,
            hour=span(scale.window(HOUR)),
            most_ill=told.most_ill,
            quiet=quiet,
            quiet_after={key: window for key, window in windows.items() if window > quiet},
        )

    def quiet_for(self, service: str, alert: str, severity: str) -> timedelta:
        """How long an alert leaves a target alone after a success."""
        return max(self.quiet, self.quiet_after.get((service, alert, severity), timedelta()))

    @property
    def horizon(self) -> timedelta:
        """How far back attempts matter."""
        return max(self.hour, self.quiet, *self.quiet_after.values())
