"""Which alerts an incident may still have to do with: its place, its time, and the alerts that fire in it."""

from dataclasses import dataclass
from typing import Final

from bots.rulebook import Place
from bots.timeline.event import time_text
from bots.timeline.state import Incident, Status

FOREVER_TEXT: Final = "9999-12-31T00:00:00.000000Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Times are RFC 3339 to the microsecond, so that they compare as text."""

    place: Place
    start: str
    until: str
    """The last moment that anything of it went on; far in the future while it is active."""
    firing: tuple[str, ...]
    """Fingerprints that fire; none any more once it is closed."""


def reach_of(incident: Incident) -> Reach:
    """The reach of an incident."""
    spans = [span for alert in incident.alerts.values() for span in alert.spans]
    starts = [incident.started_at, *(span.start for span in spans)]
    ends = [incident.ended_at or incident.started_at, *(span.end for span in spans if span.end is not None)]
    closed = incident.status is Status.CLOSED
    return Reach(
        place=Place(incident.team, incident.service, incident.drill),
        start=sortable(time_text(min(starts))),
        until=FOREVER_TEXT if incident.status.active else sortable(time_text(max(ends))),
        firing=() if closed else incident.firing,
    )


def sortable(text: str) -> str:
    """The time with six digits of a second: `…:05Z` sorts after `…:05.5Z` otherwise."""
    return text if "." in text else f"{text[:-1]}.000000Z"
