"""Hiding text in events: a leaked secret, or a name that somebody wants taken out. Pure.

The event stays, with its key, kind, time and author; only text goes. What an event is found by and what its state
follows from is never hidden, so the incident is the same afterwards.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from bots.timeline.event import Event, Kind, key_of

MASK: Final = "[redacted]"
MIN_TEXT: Final = 3
"""Shorter texts are part of too much else."""
_KEPT: Final = frozenset(
    {
        *("fingerprint", "severity", "priority", "starts_at", "ends_at", "team", "service", "verdict", "began_at"),
        *("outcome", "moved_to", "incident", "amends", "redacts", "attempt", "alerts", "duplicate_of", "relation"),
        "edited_at",
    }
)
"""What the state follows from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Redaction:
    """An incident's events with text hidden, and what could not be."""

    events: tuple[Event, ...]
    """All of them, those with hidden text changed."""
    ids: tuple[str, ...]
    """The changed ones."""
    left: tuple[str, ...]
    """Where the text is that cannot be hidden: event and field."""


def hide_event(events: Sequence[Event], event_id: str) -> Redaction:
    """Hides all text of one event, and of what corrected it."""
    changed = [replace(event, data=_masked_all(event.data)) if _about(event, event_id) else event for event in events]
    return Redaction(events=tuple(changed), ids=_differing(events, changed), left=())


def hide_text(events: Sequence[Event], text: str) -> Redaction:
    """Hides a text wherever it is in the events."""
    changed: list[Event] = []
    left: list[str] = []
    for event in events:
        by, source = event.by.replace(text, MASK), event.source.replace(text, MASK)
        changed.append(replace(event, by=by, source=source, data=_masked_text(event.data, text)))
        left += [f"event {event.id}: {name}" for name in _KEPT if text in str(event.data.get(name, ""))]
    return Redaction(events=tuple(changed), ids=_differing(events, changed), left=tuple(sorted(left)))


def redacted_event(number: int, ids: Sequence[str], *, reason: str, by: str, at: datetime) -> Event:
    """The event that says who hid text in which others, and why."""
    key = key_of("redacted", str(number), at.isoformat(), by, *ids)
    return Event(kind=Kind.REDACTED, at=at, by=by, key=key, source="cli", data={"redacts": list(ids), "reason": reason})


def _about(event: Event, event_id: str) -> bool:
    return event.id == event_id or (event.kind is Kind.AMENDED and event_id in event.data["amends"])


def _differing(before: Sequence[Event], after: Sequence[Event]) -> tuple[str, ...]:
    return tuple(old.id for old, new in zip(before, after, strict=True) if old != new)


def _masked_all(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value if name in _KEPT else _mask(value) for name, value in data.items()}


def _mask(value: Any) -> Any:
    if isinstance(value, str):
        return MASK
    if isinstance(value, Mapping):
        return {name: _mask(item) for name, item in value.items()}
    return value


def _masked_text(data: Mapping[str, Any], text: str) -> dict[str, Any]:
    return {name: value if name in _KEPT else _replaced(value, text) for name, value in data.items()}


def _replaced(value: Any, text: str) -> Any:
    if isinstance(value, str):
        return value.replace(text, MASK)
    if isinstance(value, Mapping):
        return {name.replace(text, MASK): _replaced(item, text) for name, item in value.items()}
    return value


def only_masked(old: Event, new: Event) -> bool:
    """Whether the one event can be the other with text hidden."""
    same = (old.v, old.key, old.kind, old.at) == (new.v, new.key, new.kind, new.at)
    return same and all(old.data.get(name) == new.data.get(name) for name in _KEPT)
