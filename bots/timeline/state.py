"""What an incident is at a moment: the state that follows from its events.

    (declared, or an alert fires)
               │
               ▼
             open ──ack──▶ acknowledged ──mitigate──▶ mitigated
               │                │                         │
               └────────────────┴───────────┬─────────────┘
                                            │ its last page alert resolves (its last ticket, if it never paged),
                                            │ or a person resolves it
                                            ▼
     open ◀── an alert comes back ──────  resolved ──a person and a verdict──▶ closed
     open ◀── a person reopens it ──────────┴───────────────────────────────────┘

Steps may be left out: what is mitigated counts as acknowledged, and an open incident may be resolved.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from bots.timeline.alert_state import AlertState, Fact

_NAME: Final = re.compile(r"(?:INC-)?([1-9]\d{0,8})")


class Status(StrEnum):
    """Where an incident is; the diagram above shows the ways between them."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    MITIGATED = "mitigated"
    RESOLVED = "resolved"
    CLOSED = "closed"

    @property
    def active(self) -> bool:
        """Whether somebody has to do something about it now."""
        return self in (Status.OPEN, Status.ACKNOWLEDGED, Status.MITIGATED)


def incident_name(number: int) -> str:
    """`INC-7` for 7."""
    return f"INC-{number}"


def incident_number(name: str | int) -> int:
    """7 for `INC-7`, `7` or 7; raises ValueError with the expected form for anything else."""
    match = _NAME.fullmatch(str(name))
    if not match or isinstance(name, bool):
        raise ValueError(f"{str(name)[:60]!r} is not an incident; expected one such as INC-7")
    return int(match[1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What a person (or the bot on a person's behalf) did to the state, and when."""

    kind: str
    """The kind of the event."""
    at: datetime
    by: str
    value: str = ""
    """The priority of a change of priority."""
    dismissed: frozenset[str] | None = None
    """Fingerprints that fired, as far as was known, when a person resolved; None is all that fired."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remediation:
    """One attempt at an action."""

    attempt: int
    action: str
    alert: str
    target: Mapping[str, str]
    parameters: Mapping[str, str | int | float | bool]
    automatic: bool
    dry_run: bool
    requested_by: str
    requested_at: datetime
    approval: bool = False
    """Whether another person had to consent."""
    approved_by: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    outcome: str = ""
    """Empty until it has ended; `ran` until it is known whether it helped, then `verified` or `not_verified`."""
    detail: str = ""
    output: str = ""
    """What it found out."""
    judged_at: datetime | None = None
    """When it was known whether it helped."""
    judgement: str = ""
    """Why it is taken to have helped, or not."""
    inherited_from: int | None = None
    """The incident that this one is a duplicate of and whose attempt it was."""

    @property
    def waits(self) -> bool:
        """Whether it waits for the consent of another person."""
        return self.approval and not self.approved_by and not self.outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Something that belongs to the incident: another one, a GitHub issue, a page."""

    relation: str
    incident: int | None = None
    url: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What the events said, before anything is derived from it."""

    number: int
    team: str
    service: str
    opened_at: datetime
    opened_by: str
    opened_key: str = ""
    drill: bool = False
    declared: bool = False
    title: str = ""
    alerts: Mapping[str, AlertState] = field(default_factory=dict)
    moved: Mapping[str, tuple[str, Fact]] = field(default_factory=dict)
    """Facts that turned out to belong to another incident: event id → fingerprint and fact."""
    marks: tuple[Mark, ...] = ()
    verdict: str = ""
    assignee: str = ""
    roles: Mapping[str, str] = field(default_factory=dict)
    began_at: datetime | None = None
    """When the trouble really began, if somebody said so."""
    remediations: tuple[Remediation, ...] = ()
    links: tuple[Link, ...] = ()
    duplicate_of: int | None = None
    duplicates: tuple[int, ...] = ()
    touched: bool = False
    """A person or a remediation has worked on it: the bot no longer moves alerts out of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """A time in which the incident was not resolved; every phase but the first began by reopening."""

    start: datetime
    end: datetime | None
    started_by: str
    ended_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """The inputs and everything that follows from them (`bots.timeline.derive`)."""

    inputs: Inputs
    status: Status
    priority: str
    paged: bool
    title: str
    phases: tuple[Phase, ...]
    started_at: datetime
    """When its first page fired (its first ticket, if it never paged); when it was declared."""
    acknowledged_at: datetime | None
    acknowledged_by: str
    mitigated_at: datetime | None
    mitigated_by: str
    resolved_at: datetime | None
    resolved_by: str
    closed_at: datetime | None
    closed_by: str

    @property
    def number(self) -> int:
        """7 for INC-7."""
        return self.inputs.number

    @property
    def name(self) -> str:
        """`INC-7`."""
        return incident_name(self.number)

    @property
    def team(self) -> str:
        """The team it belongs to."""
        return self.inputs.team

    @property
    def service(self) -> str:
        """The service that is in trouble."""
        return self.inputs.service

    @property
    def drill(self) -> bool:
        """Whether it is a rehearsal."""
        return self.inputs.drill

    @property
    def verdict(self) -> str:
        """What a responder said it was; empty before."""
        return self.inputs.verdict

    @property
    def assignee(self) -> str:
        """Who works on it; empty if nobody."""
        return self.inputs.assignee

    @property
    def alerts(self) -> Mapping[str, AlertState]:
        """Its alerts by fingerprint."""
        return self.inputs.alerts

    @property
    def firing(self) -> tuple[str, ...]:
        """Fingerprints of the alerts that fire, as far as is known."""
        return tuple(sorted(fingerprint for fingerprint, alert in self.alerts.items() if alert.firing))

    @property
    def alerts_in_order(self) -> tuple[AlertState, ...]:
        """Its alerts, the first to fire first."""
        return tuple(sorted(self.alerts.values(), key=lambda alert: (alert.started_at, alert.name, alert.fingerprint)))

    def attempt(self, number: Any) -> Remediation | None:
        """Its own attempt of that number, not one that it inherited; None if there is none."""
        own = (one for one in self.inputs.remediations if one.inherited_from is None)
        return next((one for one in own if one.attempt == number), None)

    @property
    def ended_at(self) -> datetime | None:
        """When the last thing of it ended; None while it is active."""
        return None if self.status.active else self.resolved_at or self.closed_at
