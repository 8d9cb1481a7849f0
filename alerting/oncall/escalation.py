"""Whom a page reaches, step by step."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from alerting.model.quantities import Duration
from alerting.model.team import EscalationStep, Recipient, Team
from alerting.oncall.schedule import on_call

DEFAULT_WAIT: Final = Duration(300_000)
"""How long a step waits when its file does not say: the time that a P0 or P1 has to be acknowledged in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notified:
    """One step of the escalation of a page that nobody acknowledges."""

    who: str | None
    """The member's name; None when the layer has nobody at that time, and the next step comes at once."""
    layer: str | None
    """The layer that the step names; None when it names a person."""
    after: Duration
    """Time from the page to this step."""
    wait: Duration | None
    """Time from this step to the next; None for the last."""


def notified(team: Team, at: datetime) -> tuple[Notified, ...]:
    """The people whom a page at `at` reaches, in order, each looked up at the time of their step.

    A team without `escalation` notifies its layers in the file's order. Empty for a team with neither.
    """
    steps = team.escalation or _default_steps(team)
    found: list[Notified] = []
    after = Duration(0)
    for number, step in enumerate(steps, 1):
        layer = step.notify.layer
        who = step.notify.person
        if who is None and layer is not None:
            who = on_call(team, at + timedelta(milliseconds=after.ms)).get(layer)
        wait = Duration(0) if who is None else step.wait or DEFAULT_WAIT
        found.append(Notified(who=who, layer=layer, after=after, wait=None if number == len(steps) else wait))
        after = Duration(after.ms + wait.ms)
    return tuple(found)


def _default_steps(team: Team) -> tuple[EscalationStep, ...]:
    """Every layer in turn."""
    layers = team.on_call.layers if team.on_call else ()
    return tuple(EscalationStep(notify=Recipient(layer=layer.name)) for layer in layers)
