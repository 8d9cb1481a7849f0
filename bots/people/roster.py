"""Who of a team is on call at a moment, and what comes next: as pages, the API and the command line show it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from alerting.model.team import Team
from alerting.oncall import Shift, shifts
from bots.timeline.event import time_text

_AHEAD: Final = timedelta(days=21)
"""How far one looks for the next shift of a layer that has nobody now: holidays of office hours are shorter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """One layer now."""

    layer: str
    who: str
    """Empty where nobody is."""
    until: datetime | None
    """When the shift that goes on ends; None where there is none."""
    then: str
    """Who is next; empty where nobody is within weeks."""
    begins: datetime | None
    """When the next shift begins."""
    rests: bool
    """Nobody is there because the layer has hours and they are over: nothing is wrong."""

    def to_dict(self) -> dict[str, Any]:
        """As the API shows it."""
        return {
            "layer": self.layer,
            "who": self.who or None,
            "until": time_text(self.until) if self.until else None,
            "next": self.then or None,
            "next_at": time_text(self.begins) if self.begins else None,
        }


def roster(team: Team | None, now: datetime) -> tuple[Duty, ...]:
    """Every layer of the team, in the file's order; empty for one without a schedule."""
    if team is None or team.on_call is None:
        return ()
    found = []
    for layer in team.on_call.layers:
        ahead = shifts(team, layer.name, now, now + _AHEAD)
        current = next((one for one in ahead if one.start <= now < one.end), None)
        until = None if current is None else _end(ahead, current)
        following = next((one for one in ahead if one.start > now and (until is None or one.start >= until)), None)
        found.append(
            Duty(
                layer=layer.name,
                who=current.who if current else "",
                until=until,
                then=following.who if following else "",
                begins=following.start if following else None,
                rests=current is None and layer.hours is not None and following is not None,
            )
        )
    return tuple(found)


def _end(ahead: tuple[Shift, ...], current: Shift) -> datetime:
    """The end of what one person has without a break: an override by the same person goes on."""
    end = current.end
    for one in ahead:
        if one.start == end and one.who == current.who:
            end = one.end
    return end
