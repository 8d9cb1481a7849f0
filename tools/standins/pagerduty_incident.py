"""An incident of a PagerDuty account in memory, the webhooks that it makes, and what is refused."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

ORIGIN: Final = "https://acme.pagerduty.com"
API: Final = "https://api.pagerduty.com"
INTEGRATION: Final = {"id": "PINTEG1", "type": "events_api_v2_inbound_integration_reference", "summary": "Prometheus"}


@dataclass(slots=True, kw_only=True)
class Incident:
    """One incident."""

    id: str
    number: int
    alerts: dict[str, str]
    """The status of each alert, by its key."""
    title: str
    created_at: datetime
    status: str = "triggered"
    level: int = 1
    """Of the escalation policy."""
    assignees: list[str] = field(default_factory=list)
    """Ids of users."""
    acknowledgers: list[str] = field(default_factory=list)
    """Ids of users."""
    merged_into: str = ""
    """The id of another incident."""
    urgency: str = "high"
    priority: str = ""
    """The name of a priority."""
    log: list[str] = field(default_factory=list)
    """What happened to it, for people."""

    @property
    def key(self) -> str:
        """That of its first alert; empty once its alerts have moved to another incident."""
        return next(iter(self.alerts), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A request that a subscription is to get."""

    body: bytes
    headers: Mapping[str, str]


class Refused(Exception):
    """PagerDuty would not do it: status, code and reasons of the answer."""

    def __init__(self, status: int, message: str, *errors: str, code: int = 2001) -> None:
        """`errors` are the reasons in PagerDuty's own words; codes: https://developer.pagerduty.com/docs/errors."""
        self.status, self.message, self.errors, self.code = status, message, errors, code
        super().__init__(message)


def stamp(at: datetime) -> str:
    """A time as PagerDuty writes it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
