"""Who is on call is shown in every mirror; when somebody comes or goes, in whatever layer, it is shown anew.

A shift change that matters to whoever works on an incident is said as well (`handoff`); this one says nothing.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from alerting.model.policy import Policy
from bots.clock import Due, View
from bots.outbox import Errand
from bots.people.duty import last_turn
from bots.people.handoff import LATE
from bots.timeline.event import time_text
from bots.timeline.state import incident_name


def showing(mirrors: Sequence[str]) -> Due:
    """What is due for these destinations; each reads the incident, and who is on call, when it writes."""

    def due(view: View, policy: Policy, now: datetime) -> Iterable[Errand]:
        turns: dict[str, datetime | None] = {}
        for history in view.active():
            name = history.state.team
            team = policy.teams.get(name)
            if team is None or team.on_call is None:
                continue
            if name not in turns:
                turns[name] = last_turn(team, now - LATE, now)
            at = turns[name]
            if at is not None and history.state.inputs.opened_at < at:
                for mirror in mirrors:
                    yield _errand(mirror, history.number, at)

    return due


def _errand(mirror: str, number: int, at: datetime) -> Errand:
    key = f"on call:{number}:{mirror}:{time_text(at)}"
    return Errand(
        destination=mirror,
        key=key,
        line=incident_name(number),
        incident=number,
        event_key=key,
        payload={"incident": number, "what": "on_call", "event_key": key},
    )
