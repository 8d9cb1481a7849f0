"""What PagerDuty has to know of an incident, and what has to change there for it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from bots.incident import History
from bots.pagerduty.client import RemotePage, Update
from bots.people.escalation import escalations
from bots.timeline.event import BOT, Event, Kind
from bots.timeline.state import Incident, Mark, Status

TRIGGERED: Final = "triggered"
ACKNOWLEDGED: Final = "acknowledged"
RESOLVED: Final = "resolved"
_TAKEN: Final = (Kind.ACKNOWLEDGED.value, Kind.MITIGATED.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """How the pages of an incident should be."""

    status: str = ""
    """acknowledged, resolved, or nothing to be said."""
    since: datetime | None = None
    """When it became so; pages of alerts that began later are not meant."""
    by: str = ""
    """Who made it so."""
    priority: str = ""
    """The name of PagerDuty's priority; empty where nobody changed it."""
    ranked: str = ""
    """The event by which somebody changed it last: the same may be chosen again, over something else there."""
    step: int = 0
    """The step of the escalation that was reached; 0 before any."""
    assignee: str = ""
    """The member to whom somebody gave it; empty where nobody did."""
    assigned_by: str = ""
    assigned: str = ""
    """The event by which they gave it."""

    def to_dict(self) -> dict[str, Any]:
        """What is kept of it once it is written."""
        return {
            "status": self.status,
            "since": _text(self.since),
            "priority": self.priority,
            "ranked": self.ranked,
            "step": self.step,
            "assignee": self.assignee,
            "assigned": self.assigned,
        }

    def same(self, before: Mapping[str, Any]) -> bool:
        """Whether nothing is to be said, after what was written before."""
        said = self.to_dict()
        # What an earlier version did not keep is nobody's news.
        return said == {**(said if before else Wanted().to_dict()), **before}

    def _new(self, before: Mapping[str, Any], *names: str) -> bool:
        said = self.to_dict()
        return any(said[name] != before.get(name, said[name] if before else "") for name in names)

    def ranks(self, before: Mapping[str, Any]) -> bool:
        """Whether somebody changed the priority since."""
        return bool(self.priority) and self._new(before, "priority", "ranked")

    def gives(self, before: Mapping[str, Any]) -> bool:
        """Whether somebody gave it to anybody since."""
        return bool(self.assignee) and self._new(before, "assignee", "assigned")

    def of_others(self) -> "Wanted":
        """The same for a page of an alert that nobody took on."""
        return replace(self, status="", since=None, by="")

    @property
    def working(self) -> bool:
        """Whether the one who is to have it is at it: took it on, or gave it to nobody but themselves."""
        return self.status == ACKNOWLEDGED and self.assignee in (self.by, self.assigned_by)


def wanted(history: History, priorities: Mapping[Any, str]) -> Wanted:
    """What people did, as PagerDuty has to know it; `priorities` is what each of ours is called there."""
    state = history.state
    status, since, by = _status(state)
    ranked = _last(history, Kind.PRIORITY_CHANGED)
    steps = [one.step for one in escalations(history) if one.to] if state.status is Status.OPEN else []
    given = _last(history, Kind.ASSIGNED) if state.status.active else None
    return Wanted(
        status=status,
        since=since,
        by=by,
        priority=priorities.get(state.priority, "") if ranked is not None else "",
        ranked=ranked.id if ranked is not None else "",
        step=max(steps, default=0),
        assignee=str(given.data["to"]) if given is not None else "",
        assigned_by=given.by if given is not None else "",
        assigned=given.id if given is not None else "",
    )


def _last(history: History, kind: Kind) -> Event | None:
    return next((event for event in reversed(history.events) if event.kind == kind), None)


def _text(at: datetime | None) -> str:
    return at.isoformat() if at is not None else ""


def _status(state: Incident) -> tuple[str, datetime | None, str]:
    if state.status in (Status.ACKNOWLEDGED, Status.MITIGATED):
        mark = _taken_on(state)
        return ACKNOWLEDGED, mark.at if mark else None, mark.by if mark else ""
    if not state.status.active:
        by = state.resolved_by or state.closed_by
        # What ended by itself is told to PagerDuty by Alertmanager.
        return ("", None, "") if by == BOT else (RESOLVED, state.resolved_at or state.closed_at, by)
    return "", None, ""


def _taken_on(state: Incident) -> Mark | None:
    """When somebody took it on in the phase that goes on: clocks differ, so in the first phase whatever the time."""
    start = state.phases[-1].start if len(state.phases) > 1 else None
    marks = [mark for mark in state.inputs.marks if mark.kind in _TAKEN and (start is None or mark.at >= start)]
    return min(marks, key=lambda mark: mark.at) if marks else None


def change(
    page: RemotePage, wish: Wanted, before: Mapping[str, Any], *, priorities: Mapping[str, str], level: int
) -> Update | None:
    """What has to change about one page, but for who has it; None if nothing has.

    It is what has changed since it was written last: an acknowledgment that PagerDuty took back is not given again.
    `priorities` are the account's ids by name, `level` that of its escalation policy which the page has reached.
    """
    if page.status == RESOLVED:
        return None
    again = (wish.status, _text(wish.since)) != (before.get("status"), before.get("since"))
    acknowledge = wish.status == ACKNOWLEDGED and page.status == TRIGGERED and again
    status = RESOLVED if wish.status == RESOLVED and again else ACKNOWLEDGED if acknowledge else ""
    priority = priorities.get(wish.priority, "") if wish.ranks(before) and wish.priority != page.priority else ""
    # A page that PagerDuty itself took there, or further, is not called back.
    climbs = wish.step > max(level, before.get("step", 0)) and page.status == TRIGGERED and not status
    if not status and not priority and not climbs:
        return None
    return Update(id=page.id, status=status, priority_id=priority, escalation_level=wish.step if climbs else None)
