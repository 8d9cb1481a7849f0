"""Brings PagerDuty up to date with an incident: acknowledged here is acknowledged there, over here is over there.

Alertmanager opens and closes the pages; the bot only says what people did elsewhere. It writes what has changed since
it wrote last, so what happened in PagerDuty does not go back there, and an acknowledgment that PagerDuty took back
(its timeout) is not given again.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from bots.destinations import put
from bots.directory import member
from bots.errors import Postponed
from bots.incident import History
from bots.integration import Toolbox
from bots.outbound.destination import Limit, Settled
from bots.outbound.mirror import Mirror
from bots.outbox import Parcel
from bots.pagerduty.client import Client, RemotePage, Update
from bots.pagerduty.matching import APART, Matching
from bots.pagerduty.parts import ASSIGNEE, PRIORITY, Part, Parts
from bots.pagerduty.priorities import theirs
from bots.pagerduty.translate import SOURCE, link
from bots.pagerduty.wanted import ACKNOWLEDGED, RESOLVED, TRIGGERED, Wanted, change, wanted
from bots.pagerduty.writing import Writing
from bots.timeline.alert_state import AlertState

_LONGEST: Final = timedelta(days=170)
"""A list covers six months at most: https://developer.pagerduty.com/api-reference/9d0b4b12e36f9-list-incidents"""
_LATE: Final = timedelta(minutes=3)
"""How long a page of a firing alert may take to be there: Alertmanager's group_wait, its retries, PagerDuty's queue."""
_AGAIN_S: Final = 5.0
_log = logging.getLogger(__name__)


class PagerDutyMirror:
    """The destination of what people may want to hear: here only what PagerDuty has to know."""

    name = SOURCE
    limits: tuple[Limit, ...] = ()
    workers = 2
    merges = True

    def __init__(
        self, client: Client, tools: Toolbox, mirror: Mirror, parts: Parts, matching: Matching, sender: str
    ) -> None:
        """`sender` is the address in whose name the bot acts where no user of the account did."""
        self._client = client
        self._tools = tools
        self._mirror = mirror
        self._parts = parts
        self._matching = matching
        self._writing = Writing(client, sender)

    def deliver(self, parcel: Parcel) -> None:
        """Writes the difference; raises Postponed while a page that has to be there is not, else DestinationError."""
        history = self._tools.reading.get(int(parcel.payload["incident"]))
        if history is None:
            return
        wish = wanted(history, theirs(self._tools.policy()))
        known = self._mirror.get(history.number)
        before = dict(known.state) if known else {}
        if wish.same(before):
            return
        alerts = self._matching.pages(history)
        found = {key: self._pages(history, key, several) for key, several in alerts.items()}
        pages = self._keep(history, found)
        meant = {key for key, several in alerts.items() if _meant(several, wish.since)}
        taken = {page.id for key in meant for page in found[key]}
        self._write(history, {page: wish if page.id in taken else wish.of_others() for page in pages}, before)
        self._assign(history, pages, wish, before)
        late = [_newest(alerts[key]) for key in meant if _missing(alerts[key], found[key])]
        if late and self._tools.now() - max(late) < _LATE:
            # It will ring a moment later; then it is to be told at once that somebody is on it.
            raise Postponed(_AGAIN_S, "the page is not in PagerDuty yet")
        self._mirror.put(history.number, "", wish.to_dict())

    def settle(self, parcel: Parcel) -> Settled:
        """Twice is the same as once."""
        return Settled.REPEAT

    def _pages(self, history: History, key: str, alerts: Sequence[AlertState]) -> tuple[RemotePage, ...]:
        now, state = self._tools.now(), history.state
        since = max(min(alert.started_at for alert in alerts) - APART, now - _LONGEST)
        # What was created after the end belongs to the next incident of the same alert.
        ended = None if state.status.active else state.resolved_at or state.closed_at
        until = max(min(now, ended or now), since) + APART
        return self._client.pages(key, since, until)

    def _keep(self, history: History, found: Mapping[str, Sequence[RemotePage]]) -> list[RemotePage]:
        """Remembers which pages are the incident's, here and in the record; gives each of them once."""
        pages: dict[str, RemotePage] = {}
        for key, several in found.items():
            for page in several:
                pages[page.id] = page
                self._known(history, page, key)
        for page in pages.values():
            for command in link(history, page.id, page.url, self._tools.now()):
                put(self._tools.inbox, command)
        return list(pages.values())

    def _known(self, history: History, page: RemotePage, *keys: str, level: int | None = None) -> Part:
        """Keeps how a page is, and what else is known of it."""

        def change(part: Part) -> Part:
            return replace(
                part.having(*keys),
                status=page.status,
                created_at=page.created_at or part.created_at,
                level=part.level if level is None else level,
            )

        return self._parts.change(page.id, history.number, change)

    def _say(self, history: History, page: str, about: str, value: str) -> None:
        """Before it is said: the echo may be back before the answer."""
        self._parts.change(page, history.number, lambda part: part.saying(about, value, self._tools.now()))

    def _write(self, history: History, wishes: Mapping[RemotePage, Wanted], before: Mapping[str, Any]) -> None:
        ids = self._client.priorities() if any(wish.ranks(before) for wish in wishes.values()) else {}
        updates: dict[str, Update] = {}
        by = next((wish.by for wish in wishes.values() if wish.by), "")
        for page, wish in wishes.items():
            one = change(page, wish, before, priorities=ids, level=self._known(history, page).level)
            if one is not None and not (one.status == RESOLVED and self._shared(history, page, by)):
                updates[page.id] = one
                if one.priority_id:
                    self._say(history, page.id, PRIORITY, wish.priority)
        for page in self._writing.update(list(updates.values()), self._email(by)):
            self._known(history, page, level=updates[page.id].escalation_level if page.id in updates else None)

    def _assign(self, history: History, pages: Sequence[RemotePage], wish: Wanted, before: Mapping[str, Any]) -> None:
        """Gives the pages to whom the incident was given; PagerDuty calls them, unless they are at it already."""
        email = self._email(wish.assignee)
        if not email or not wish.gives(before) or all(page.status == RESOLVED for page in pages):
            return
        user = self._client.user(email)
        if not user:
            _log.info("%s has no account in PagerDuty; who has the pages there stays", wish.assignee)
            return
        updates = [Update(id=page.id, assignee=user) for page in pages if _others(page, user)]
        for one in updates:
            self._say(history, one.id, ASSIGNEE, user)
        given = self._writing.update(updates, self._email(wish.assigned_by))
        again = [Update(id=page.id, status=ACKNOWLEDGED) for page in given if wish.working and page.status == TRIGGERED]
        for page in (*given, *self._writing.update(again, email)):
            self._known(history, page)

    def _shared(self, history: History, page: RemotePage, by: str) -> bool:
        """Whether a page goes on for another incident; then only the alerts of this one end in it."""
        if not self._tools.reading.find(active=True, limit=1):
            return False
        own = self._matching.pages(history)
        alerts = self._client.alerts(page.id)
        keys = {one.key for one in alerts}
        self._known(history, page, *sorted(keys))
        owners = self._matching.owners(keys - own.keys(), page.created_at, self._tools.now())
        others = [self._tools.reading.get(number) for number in owners if number != history.number]
        if not any(one is not None and one.state.status.active for one in others):
            return False
        mine = [one.id for one in alerts if one.key in own and one.status != RESOLVED]
        if mine:
            self._writing.resolve_alerts(page.id, mine, self._email(by))
        return True

    def _email(self, name: str) -> str:
        found = member(self._tools.policy(), name) if name else None
        return found.email if found else ""


def _meant(alerts: Sequence[AlertState], since: datetime | None) -> bool:
    """A page of an alert that began after somebody took the incident on is to ring: nobody knows of it yet."""
    return since is None or min(alert.spans[-1].start for alert in alerts) <= since


def _missing(alerts: Sequence[AlertState], pages: Sequence[RemotePage]) -> bool:
    """Whether an alert fires that has no page yet; one that is over is that of an earlier episode."""
    firing = [alert.spans[-1].start for alert in alerts if alert.firing]
    return bool(firing) and not any(
        page.status != RESOLVED or (page.created_at is not None and page.created_at > max(firing) - APART)
        for page in pages
    )


def _newest(alerts: Sequence[AlertState]) -> datetime:
    return max(alert.spans[-1].start for alert in alerts)


def _others(page: RemotePage, user: str) -> bool:
    """Whether others than the user have a page that goes on."""
    return page.status != RESOLVED and user not in page.assignees
