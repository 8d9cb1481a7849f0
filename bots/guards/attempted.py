"""Attempts at remediation as the guard rails see them, from whatever incident."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from alerting.actions import ACTIONS
from bots.timeline.event import parse_time
from bots.timeline.state import incident_name, incident_number

PENDING: Final = ""
"""The outcome of an attempt that has not ended."""
RAN: Final = "ran"
"""It ended well, and whether it helped is not known yet."""
VERIFIED: Final = "verified"
NOT_VERIFIED: Final = "not_verified"
REJECTED: Final = "rejected"
_NEVER_RAN: Final = frozenset({"refused", REJECTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempted:
    """One attempt."""

    incident: int
    attempt: int
    action: str
    target: str
    """What it acts on, in one word for the same thing (`aim`)."""
    requested_at: datetime
    started_at: datetime | None = None
    outcome: str = PENDING
    automatic: bool = False
    dry_run: bool = False
    judged_at: datetime | None = None
    """When it was known whether it helped."""

    @property
    def name(self) -> str:
        """`attempt 2 of INC-7`."""
        return f"attempt {self.attempt} of {incident_name(self.incident)}"

    @property
    def at(self) -> datetime:
        """When it was made: what waited for approval began long after it was asked for."""
        return self.started_at or self.requested_at

    @property
    def counts(self) -> bool:
        """Whether it changed something, or may yet."""
        return not self.dry_run and changes(self.action) and self.outcome not in _NEVER_RAN


def changes(action: str) -> bool:
    """Whether an action changes anything; one that is not known counts as if it did."""
    known = ACTIONS.get(action)
    return known is None or known.changes


def aim(target: Mapping[str, str]) -> str:
    """A target in words, the same for the same target: `namespace shop, deployment checkout`."""
    return ", ".join(f"{key} {value}" for key, value in sorted(target.items(), key=lambda item: _order(item[0])))


def _order(key: str) -> tuple[bool, str]:
    return key != "namespace", key


def attempted(state: Mapping[str, Any]) -> tuple[Attempted, ...]:
    """The attempts that an `incident.yaml` tells of, but for those that it only inherited."""
    return tuple(
        Attempted(
            incident=incident_number(state["id"]),
            attempt=one["attempt"],
            action=one["action"],
            target=aim(one.get("target", {})),
            requested_at=parse_time(one["requested_at"]),
            started_at=parse_time(one["started_at"]) if "started_at" in one else None,
            outcome=one.get("outcome", PENDING),
            automatic=one.get("automatic", False),
            dry_run=one.get("dry_run", False),
            judged_at=parse_time(one["judged_at"]) if "judged_at" in one else None,
        )
        for one in state.get("remediations", ())
        if "inherited_from" not in one
    )
