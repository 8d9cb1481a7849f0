"""How soon an issue is brought up to date: at once for people, in its turn for alerts. Pure.

In a storm every incident's alerts change every few seconds; what people read is its state, and GitHub takes one write a
second for all issues together. So what only alerts changed is gathered, and an issue gets at most three writes in ten
minutes that no person caused: its opening, one about alerts, one about its state.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from bots.github.budget import Urgency
from bots.incident import History
from bots.timeline.event import BOT, Event, Kind

WINDOW_S: Final = 600.0
STORM: Final = 15
"""So many writes in the window, of all issues, are a storm."""
_STATE_WRITES: Final = 3
_ALERT_WRITES: Final = 2
_CALM_WRITES: Final = 8
_APART_S: Final = 20.0
_APART_IN_STORM_S: Final = 60.0
_MACHINES: Final = frozenset({BOT, "alertmanager"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """When an issue may be written, and how urgent that is."""

    urgency: Urgency
    wait_s: float


def pace(state: Mapping[str, Any], history: History, now: datetime, *, storm: bool) -> Pace:
    """The pace of an incident of which `state` was written last (`bots.github.written`)."""
    if any(_urgent(event) for event in history.events[int(state.get("events", 0)) :]):
        return Pace(urgency=Urgency.PEOPLE, wait_s=0.0)
    writes = [at for at in state.get("writes", ()) if at > now.timestamp() - WINDOW_S]
    incident = history.state
    if (state.get("status"), state.get("priority")) != (incident.status.value, incident.priority):
        return Pace(urgency=Urgency.PEOPLE, wait_s=_fewer(writes, _STATE_WRITES, now) if storm else 0.0)
    apart = max(writes, default=float("-inf")) + (_APART_IN_STORM_S if storm else _APART_S) - now.timestamp()
    wait_s = max(apart, _fewer(writes, _ALERT_WRITES if storm else _CALM_WRITES, now), 0.0)
    return Pace(urgency=Urgency.ROUTINE, wait_s=wait_s)


def _urgent(event: Event) -> bool:
    """Whether a person did something that the issue does not show yet; what was said there is there."""
    said_there = event.kind is Kind.NOTED and event.source == "github"
    return event.by not in _MACHINES and not said_there


def _fewer(writes: list[float], than: int, now: datetime) -> float:
    """Seconds until the window holds fewer writes than that."""
    if len(writes) < than:
        return 0.0
    return max(sorted(writes)[-than] + WINDOW_S - now.timestamp(), 0.0)
