"""Brings PagerDuty up to date with an incident: acknowledged here is acknowledged there, over here is over there.

Alertmanager opens and closes the pages; the bot only says what people did elsewhere. It writes what has changed since
it wrote last, so what happened in PagerDuty does not go back there, and an acknowledgment that PagerDuty took back
(its timeout) is not given again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from bots.alert_state import AlertState
from bots.destination import Limit, Settled
from bots.destinations import put
from bots.directory import member
from bots.errors import Postponed
from bots.event import BOT, Kind
from bots.incident import History
from bots.integration import Toolbox
from bots.mirror import Mirror
from bots.outbox import Parcel
from bots.pagerduty.client import Client, RemotePage, UnknownRequester, Update
from bots.pagerduty.matching import Matching
from bots.pagerduty.priorities import theirs
from bots.pagerduty.translate import SOURCE, link
from bots.people.escalation import escalations
from bots.state import Incident, Mark, Status

_EARLY: Final = timedelta(minutes=5)
"""A page may be a little older than the alert's own start says: clocks differ."""
_LONGEST: Final = timedelta(days=170)
"""A list covers six months at most: https://developer.pagerduty.com/api-reference/9d0b4b12e36f9-list-incidents"""
_LATE: Final = timedelta(minutes=3)
"""How long a page of a firing alert may take to be there: Alertmanager's group_wait, its retries, PagerDuty's queue."""
_AGAIN_S: Final = 5.0
_TRIGGERED: Final = "triggered"
_ACKNOWLEDGED: Final = "acknowledged"
_RESOLVED: Final = "resolved"
_TAKEN: Final = (Kind.ACKNOWLEDGED.value, Kind.MITIGATED.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """How the pages of an incident should be."""

    status: str
    """acknowledged, resolved, or nothing to be said."""
    since: datetime | None
    """When it became so; pages of alerts that began later are not meant."""
    by: str
    """Who made it so."""
    priority: str
    """The name of PagerDuty's priority; empty where nobody changed it."""
    step: int
    """The step of the escalation that was reached; 0 before any."""

    def to_dict(self) -> dict[str, Any]:
        """What is kept of it once it is written."""
        since = self.since.isoformat() if self.since else ""
        return {"status": self.status, "since": since, "priority": self.priority, "step": self.step}


def wanted(history: History, priorities: Mapping[Any, str]) -> Wanted:
    """What people did, as PagerDuty has to know it. Pure."""
    state = history.state
    status, since, by = _status(state)
    changed = any(event.kind == Kind.PRIORITY_CHANGED for event in history.events)
    steps = [one.step for one in escalations(history)] if state.status is Status.OPEN else []
    return Wanted(
        status=status,
        since=since,
        by=by,
        priority=priorities.get(state.priority, "") if changed else "",
        step=max(steps, default=0),
    )


def _status(state: Incident) -> tuple[str, datetime | None, str]:
    if state.status in (Status.ACKNOWLEDGED, Status.MITIGATED):
        mark = _taken_on(state)
        return _ACKNOWLEDGED, mark.at if mark else None, mark.by if mark else ""
    if not state.status.active:
        by = state.resolved_by or state.closed_by
        # What ended by itself is told to PagerDuty by Alertmanager.
        return ("", None, "") if by == BOT else (_RESOLVED, state.resolved_at or state.closed_at, by)
    return "", None, ""


def _taken_on(state: Incident) -> Mark | None:
    """When somebody took it on in the phase that goes on: clocks differ, so in the first phase whatever the time."""
    start = state.phases[-1].start if len(state.phases) > 1 else None
    marks = [mark for mark in state.inputs.marks if mark.kind in _TAKEN and (start is None or mark.at >= start)]
    return min(marks, key=lambda mark: mark.at) if marks else None


class PagerDutyMirror:
    """The destination of what people may want to hear: here only what PagerDuty has to know."""

    name = SOURCE
    limits: tuple[Limit, ...] = ()
    workers = 2
    merges = True

    def __init__(self, client: Client, tools: Toolbox, mirror: Mirror, matching: Matching, sender: str) -> None:
        """`sender` is the address in whose name the bot acts where no user of the account did."""
        self._client = client
        self._tools = tools
        self._mirror = mirror
        self._matching = matching
        self._sender = sender

    def deliver(self, parcel: Parcel) -> None:
        """Writes the difference; raises Postponed while a page that has to be there is not, else DestinationError."""
        history = self._tools.reading.get(int(parcel.payload["incident"]))
        if history is None:
            return
        wish = wanted(history, theirs(self._tools.policy()))
        known = self._mirror.get(history.number)
        before = dict(known.state) if known else {}
        if _same(wish, before):
            return
        meant = {key: alerts for key, alerts in self._matching.pages(history).items() if _meant(alerts, wish.since)}
        pages = [page for key, alerts in meant.items() for page in self._pages(key, alerts)]
        self._keep(history, pages)
        missing = {key for key, alerts in meant.items() if any(one.firing for one in alerts)} - {
            one.key for one in pages
        }
        self._write(history, pages, wish, before)
        if missing and wish.status and self._tools.now() - _newest(meant, missing) < _LATE:
            # It will ring a moment later; then it is to be told at once that somebody is on it.
            raise Postponed(_AGAIN_S, "the page is not in PagerDuty yet")
        self._mirror.put(history.number, "", wish.to_dict())

    def settle(self, parcel: Parcel) -> Settled:
        """Twice is the same as once."""
        return Settled.REPEAT

    def _pages(self, key: str, alerts: Sequence[AlertState]) -> tuple[RemotePage, ...]:
        now = self._tools.now()
        since = max(min(alert.started_at for alert in alerts) - _EARLY, now - _LONGEST)
        return self._client.pages(key, since, now + _EARLY)

    def _keep(self, history: History, pages: Sequence[RemotePage]) -> None:
        """Remembers which pages are the incident's, here and in the record."""
        for page in pages:
            known = self._mirror.part(page.id)
            state = {"keys": known.state["keys"] if known else [page.key], "status": page.status}
            if known is None or dict(known.state) != state:
                self._mirror.put_part(history.number, page.id, state)
            for command in link(history, page.id, page.url, self._tools.now()):
                put(self._tools.inbox, command)

    def _write(self, history: History, pages: Sequence[RemotePage], wish: Wanted, before: Mapping[str, Any]) -> None:
        ids = self._client.priorities() if _priority_changed(wish, before) else {}
        updates = [one for page in pages if (one := _update(page, wish, before, ids)) is not None]
        if not updates:
            return
        author = member(self._tools.policy(), wish.by)
        for page in self._update(updates, author.email if author else ""):
            known = self._mirror.part(page.id)
            self._mirror.put_part(
                history.number,
                page.id,
                {"keys": known.state["keys"] if known else [page.key], "status": page.status},
            )

    def _update(self, updates: Sequence[Update], email: str) -> Sequence[RemotePage]:
        """In the name of who did it, if the account knows them, else in the bot's."""
        if email:
            try:
                return self._client.update(updates, email)
            except UnknownRequester:
                pass  # A member need not have an account there.
        return self._client.update(updates, self._sender)


def _same(wish: Wanted, before: Mapping[str, Any]) -> bool:
    now = wish.to_dict()
    if not before:
        return not wish.status and not wish.priority and not wish.step
    return now == before


def _meant(alerts: Sequence[AlertState], since: datetime | None) -> bool:
    """A page of an alert that began after somebody took the incident on is to ring: nobody knows of it yet."""
    return since is None or min(alert.spans[-1].start for alert in alerts) <= since


def _newest(meant: Mapping[str, Sequence[AlertState]], keys: set[str]) -> datetime:
    return max(alert.spans[-1].start for key in keys for alert in meant[key])


def _priority_changed(wish: Wanted, before: Mapping[str, Any]) -> bool:
    return bool(wish.priority) and wish.priority != before.get("priority", "")


def _update(page: RemotePage, wish: Wanted, before: Mapping[str, Any], ids: Mapping[str, str]) -> Update | None:
    """What has to change about one page; None if nothing has."""
    if page.status == _RESOLVED:
        return None
    again = (wish.status, wish.since.isoformat() if wish.since else "") != (before.get("status"), before.get("since"))
    acknowledge = wish.status == _ACKNOWLEDGED and page.status == _TRIGGERED and again
    status = _RESOLVED if wish.status == _RESOLVED and again else _ACKNOWLEDGED if acknowledge else ""
    priority = ids.get(wish.priority, "") if page.priority != wish.priority else ""
    level = wish.step if wish.step > before.get("step", 0) and page.status == _TRIGGERED and not status else None
    if not status and not priority and level is None:
        return None
    return Update(id=page.id, status=status, priority_id=priority, escalation_level=level)
