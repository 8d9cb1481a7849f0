"""One event of an incident's timeline: a fact about an alert, or what somebody did.

Only what came from outside is an event. Status, priority and the moment of resolution follow from the set of events
(`bots.incident`), so deliveries may arrive in any order, and twice, without changing what is recorded.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from bots.timeline.event_fields import FIELDS, check
from bots.timeline.intake import Alert

VERSION: Final = 1
BOT: Final = "tocsin"
"""Who acted, where no person did."""

FIRST: Final = datetime(1, 1, 1, tzinfo=UTC)
LAST: Final = datetime(9999, 12, 31, tzinfo=UTC)

_ID_LENGTH: Final = 16
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_MAX_TEXT: Final = 2_000
"""Characters of a label or an annotation that are kept; longer ones end in an ellipsis."""
_MAX_LABELS: Final = 64
"""Labels (and annotations) of an alert that are kept, the first by name."""
_MAX_NAME: Final = 200


class Kind(StrEnum):
    """What an event says."""

    OPENED = "opened"
    ALERT_FIRED = "alert_fired"
    ALERT_RESOLVED = "alert_resolved"
    ACKNOWLEDGED = "acknowledged"
    ASSIGNED = "assigned"
    ROLE_ASSIGNED = "role_assigned"
    NOTED = "noted"
    PRIORITY_CHANGED = "priority_changed"
    MITIGATED = "mitigated"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    CLOSED = "closed"
    LINKED = "linked"
    REMEDIATION_REQUESTED = "remediation_requested"
    REMEDIATION_APPROVED = "remediation_approved"
    REMEDIATION_STARTED = "remediation_started"
    REMEDIATION_FINISHED = "remediation_finished"
    AMENDED = "amended"
    REDACTED = "redacted"
    DENIED = "denied"


FACTS: Final = frozenset({Kind.ALERT_FIRED, Kind.ALERT_RESOLVED})
"""Kinds that say something about an alert."""


class EventError(ValueError):
    """Not an event; `problems` holds every reason, a line each."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        """Keeps the problems and makes them the message."""
        self.problems = problems
        super().__init__("; ".join(problems))


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What is appended to a timeline; the same event always has the same key, whoever tells it and however often."""

    kind: Kind
    at: datetime
    """When it happened: for a fact of an alert its own time, else when the bot received it."""
    by: str
    """A member's name, `alertmanager`, or `tocsin`."""
    key: str
    """What makes a repetition a no-op: sha256, in hex."""
    source: str = ""
    """Where it came from: api, cli, page …"""
    data: Mapping[str, Any] = field(default_factory=dict)
    """What else the kind holds (`bots.timeline.event_fields`), as JSON values."""
    v: int = VERSION

    @property
    def id(self) -> str:
        """A short name for the event, unique in its incident."""
        return self.key[:_ID_LENGTH]

    def to_dict(self) -> dict[str, Any]:
        """The event as it is written: flat, in a fixed order."""
        head: dict[str, Any] = {
            "v": self.v,
            "id": self.id,
            "at": time_text(self.at),
            "by": self.by,
            "kind": self.kind.value,
            "key": self.key,
        }
        if self.source:
            head["source"] = self.source
        head.update(self.data)
        return head

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> "Event":
        """Reads what `to_dict` wrote; raises EventError with everything that is wrong."""
        problems = check(value)
        if problems:
            raise EventError(problems)
        data = {name: item for name, item in value.items() if name not in FIELDS.head}
        event = cls(
            v=value["v"],
            kind=Kind(value["kind"]),
            at=parse_time(value["at"]),
            by=value["by"],
            key=value["key"],
            source=value.get("source", ""),
            data=data,
        )
        if event.id != value["id"]:
            raise EventError((f"id: got {value['id']}; expected {event.id}, the start of the key",))
        return event


def time_text(at: datetime) -> str:
    """RFC 3339 in UTC, with fractions of a second only where there are some."""
    text = at.astimezone(UTC).replace(tzinfo=None).isoformat()
    return f"{text}Z"


def parse_time(text: str) -> datetime:
    """Reads what `time_text` wrote; raises ValueError for anything without a zone."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone; expected one such as 2026-01-05T10:00:00Z")
    return at.astimezone(UTC)


def key_of(*parts: str) -> str:
    """The sha256 of parts, in hex; parts cannot run into each other."""
    digest = hashlib.sha256()
    for part in parts:
        encoded = part.encode("utf-8", "replace")
        digest.update(b"%d:" % len(encoded) + encoded)
    return digest.hexdigest()


def clean(text: str, limit: int = _MAX_TEXT) -> str:
    """Text that UTF-8 can carry, and not more of it than the limit."""
    # Most texts are plain, and this runs for every label of every alert.
    whole = text if text.isascii() else _SURROGATE.sub("\ufffd", text)
    return whole if len(whole) <= limit else whole[: limit - 1] + "…"


def fact(alert: Alert, *, service: str, team: str, severity: str, priority: str, source: str) -> Event:
    """What one alert of a notification says; times outside years 1 to 9999 in UTC are moved to the nearest inside."""
    starts = _in_range(alert.starts_at)
    data: dict[str, Any] = {
        "alert": clean(alert.labels.get("alertname", "") or "unnamed", _MAX_NAME),
        "fingerprint": clean(alert.fingerprint, _MAX_NAME),
        "severity": severity,
        "priority": priority,
        "starts_at": time_text(starts),
    }
    firing = alert.status == "firing"
    ends = starts if firing or alert.ends_at is None else max(starts, _in_range(alert.ends_at))
    if not firing:
        data["ends_at"] = time_text(ends)
    data["labels"] = _texts(alert.labels)
    data["annotations"] = _texts(alert.annotations)
    if alert.generator_url:
        data["generator_url"] = clean(alert.generator_url)
    # The episode, as it was told: a changed start or end is another fact, and the same one told twice is not.
    episode = [data["starts_at"]] if firing else [data["starts_at"], data["ends_at"]]
    return Event(
        kind=Kind.ALERT_FIRED if firing else Kind.ALERT_RESOLVED,
        at=starts if firing else ends,
        by="alertmanager",
        key=key_of("alert", team, service, data["fingerprint"], alert.status, *episode),
        source="" if source == "alertmanager" else clean(source, _MAX_NAME),
        data=data,
    )


def _texts(pairs: Mapping[str, str]) -> dict[str, str]:
    kept = sorted(pairs.items())[:_MAX_LABELS]
    return {clean(name, _MAX_NAME): clean(text) for name, text in kept}


def _in_range(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError:
        return FIRST if at.year <= 1 else LAST
