"""Escalation as PagerDuty knows it: rules with a delay in whole minutes."""

from dataclasses import dataclass
from typing import Final

from alerting.model.quantities import Duration
from alerting.model.team import EscalationStep, Recipient, Team
from alerting.oncall import DEFAULT_WAIT

MINUTE: Final = Duration(60_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Whom a rule notifies, and when it is over; a schedule that has nobody is passed at once there as here."""

    layer: str | None
    person: str | None
    delay_min: int


def steps(team: Team) -> tuple[EscalationStep, ...]:
    """The team's steps; without any all its layers in turn, as `alerting.oncall` has it."""
    if team.escalation or team.on_call is None:
        return team.escalation
    return tuple(EscalationStep(notify=Recipient(layer=layer.name)) for layer in team.on_call.layers)


def rules(team: Team) -> tuple[Rule, ...]:
    """PagerDuty's rules; a wait that is no whole number of minutes is rounded up."""
    return tuple(
        Rule(layer=step.notify.layer, person=step.notify.person, delay_min=minutes(step.wait or DEFAULT_WAIT))
        for step in steps(team)
    )


def minutes(wait: Duration) -> int:
    """At least 1."""
    return max(1, -(-wait.ms // MINUTE.ms))
