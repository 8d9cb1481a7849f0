"""What reaches the bot, as values: deliveries of alerts and commands of people."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One alert of an Alertmanager notification."""

    fingerprint: str
    status: Literal["firing", "resolved"]
    starts_at: datetime
    ends_at: datetime | None
    """None while it fires."""
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    generator_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertDelivery:
    """One notification of Alertmanager's first route (grouped by team and service), or what reconciliation found."""

    key: str
    """The inbox's id of the delivery."""
    received_at: datetime
    alerts: tuple[Alert, ...]
    truncated: int = 0
    """How many alerts Alertmanager left out."""
    source: str = "alertmanager"


MISTAKEN: Final = "mistaken"
"""The name of a command that could not be understood: it is refused with the `message` among its arguments, so that
the person hears of it the way every refusal is heard of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What a person (or a program on their behalf) asks of an incident."""

    key: str
    """The caller's idempotency key."""
    received_at: datetime
    name: str
    """A verb of access.yaml: declare, ack, assign, note, priority, mitigate, resolve, reopen, close, merge …"""
    by: str
    """The member's name."""
    incident: int | None = None
    """None for `declare`."""
    args: Mapping[str, Any] = field(default_factory=dict)
    source: str = "api"
    """Where it came from: api, cli, page …"""
    reply: Mapping[str, Any] = field(default_factory=dict)
    """Where the answer goes, as JSON values with the name of a `destination`; empty where nobody waits outside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Denial:
    """A command that its author may not give: recorded, and nothing else happens."""

    key: str
    """The caller's idempotency key."""
    received_at: datetime
    by: str
    command: str
    """The verb that was denied."""
    reason: str
    incident: int | None = None
    args: Mapping[str, Any] = field(default_factory=dict)
    source: str = "api"
    reply: Mapping[str, Any] = field(default_factory=dict)
    """Where the person is told, as for a command."""


Intake = AlertDelivery | Command | Denial
