"""What has to happen outside because of events: values, carried out by others through the outbox.

Each has a key made from the event that caused it, so that carrying the same one out twice can be told.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bots.timeline.event import key_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Notify:
    """People may want to hear of it."""

    incident: int
    what: str
    """`opened`, `acknowledged`, `mitigated`, `resolved`, `reopened`, `closed`, `priority_changed` or another kind."""
    event_key: str
    """The event that caused it."""

    @property
    def key(self) -> str:
        """The same for the same cause."""
        return key_of("notify", str(self.incident), self.what, self.event_key)


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftPostmortem:
    """An incident of high priority was resolved: people want a draft to begin from."""

    incident: int
    event_key: str

    @property
    def key(self) -> str:
        """One draft an incident."""
        return key_of("draft", str(self.incident))


@dataclass(frozen=True, slots=True, kw_only=True)
class RemediationDue:
    """An alert has started to fire: an action bound to it may run by itself."""

    incident: int
    event_key: str
    service: str
    alert: str
    fingerprint: str

    @property
    def key(self) -> str:
        """One look for each time that an alert starts."""
        return key_of("due", str(self.incident), self.event_key)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRemediation:
    """An attempt was asked for (and approved, where that is needed)."""

    incident: int
    event_key: str
    attempt: int
    action: str
    target: Mapping[str, str]
    parameters: Mapping[str, str | int | float | bool]
    alert: str
    service: str
    dry_run: bool

    @property
    def key(self) -> str:
        """Incident and attempt: the name of the run wherever it runs."""
        return key_of("run", str(self.incident), str(self.attempt))


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeRemediation:
    """An attempt has run: whether it helped has to be found out."""

    incident: int
    event_key: str
    attempt: int

    @property
    def key(self) -> str:
        """One judgement an attempt."""
        return key_of("judge", str(self.incident), str(self.attempt))


Effect = Notify | DraftPostmortem | RemediationDue | RunRemediation | JudgeRemediation
