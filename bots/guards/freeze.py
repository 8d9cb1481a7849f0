"""The freeze switch: nothing is run while it is on, whoever asks.

There are two: the key `freeze` of policies/remediation.yaml, by pull request, and the command for the night, whose
events are in the audit trail. Both must be off.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from alerting.model.remediation import Freeze as FreezeInFile
from bots.timeline.event import Event, Kind, parse_time, time_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze:
    """One switch that is on."""

    reason: str
    by: str = ""
    """Who switched it on; empty for the file."""
    at: datetime | None = None
    until: datetime | None = None
    """When it ends by itself."""

    def holds(self, now: datetime) -> bool:
        """Whether it is still on."""
        return self.until is None or now < self.until

    def __str__(self) -> str:
        """In words, with the way out."""
        until = f" until {time_text(self.until)}" if self.until else ""
        if not self.by:
            return f"remediation is frozen in policies/remediation.yaml{until}: {self.reason}"
        since = f" since {time_text(self.at)}" if self.at else ""
        return (
            f"remediation is frozen{since}{until} by {self.by}: {self.reason}; `tocsin remediation unfreeze` lifts it"
        )


def stops(switches: Iterable[Freeze | None], now: datetime) -> str:
    """What the first switch that is on says; empty if none is."""
    return next((str(one) for one in switches if one is not None and one.holds(now)), "")


def of_file(freeze: FreezeInFile | None) -> Freeze | None:
    """The switch in the file."""
    return None if freeze is None else Freeze(reason=freeze.reason, until=freeze.until)


def of_event(event: Event) -> Freeze | None:
    """What an event of the audit trail left behind: a switch that is on, or none."""
    if not event.data.get("freeze"):
        return None
    until = event.data.get("until")
    return Freeze(reason=str(event.data["text"]), by=event.by, at=event.at, until=parse_time(until) if until else None)


def switched(events: Iterable[Event]) -> Event | None:
    """The last event that switched it on or off; None if none did."""
    return next((one for one in reversed(list(events)) if one.kind == Kind.NOTED and "freeze" in one.data), None)
