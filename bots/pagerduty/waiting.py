"""Events that cannot be understood yet: they wait in the outbox and come back to the inbox.

An event waits when somebody's address has to be looked up, when the incident is not on the record yet (a person may be
quicker than Alertmanager's retries), when PagerDuty may have put further alerts into the page meanwhile, and behind
another event of the same page: PagerDuty tells them in order (https://developer.pagerduty.com/docs/webhooks-behavior).
"""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from bots.errors import DestinationError, Overloaded, Postponed, StorageFull, Undeliverable, Unreachable
from bots.inbox import Inbox, Lane
from bots.instants import from_us
from bots.integration import Toolbox
from bots.outbound.destination import Limit, Settled
from bots.outbox import Parcel
from bots.pagerduty.client import Client
from bots.pagerduty.failure import NotFound
from bots.pagerduty.matching import Matching, is_digest
from bots.pagerduty.parts import Part, Parts
from bots.pagerduty.people import Directory
from bots.pagerduty.translate import people_of
from bots.pagerduty.wire import Event, read

WAITING: Final = "pagerduty-waiting"
PATIENCE: Final = timedelta(minutes=10)
"""How long an event waits for its incident; later it belongs to somebody else's."""
_AGAIN_S: Final = 5.0
_SLOWER: Final = 5
"""The longer it has waited, the more seldom it is looked at: after so many parts of the time so far."""
_FRESH: Final = timedelta(minutes=1)
"""How long a page is taken to have the same alerts, before somebody decides about all of them."""
_FOR_ALL: Final = frozenset({"incident.acknowledged", "incident.resolved"})
_log = logging.getLogger(__name__)


def stale(event: Event, part: Part, now: datetime) -> bool:
    """Whether the alerts of a page have to be read before the event is understood: it is about all of them.

    A page with a key of its own was made from one alert.
    """
    page = event.page()
    decided = page is not None and not page.incident_key and not page.merged and event.event_type in _FOR_ALL
    return decided and event.person is not None and (part.looked_at is None or now - part.looked_at > _FRESH)


class Waiting:
    """Looks up who acted, waits for the incident, and puts the event back into the inbox."""

    name = WAITING
    limits: tuple[Limit, ...] = ()
    workers = 2
    merges = False

    def __init__(self, client: Client, tools: Toolbox, parts: Parts, matching: Matching, directory: Directory) -> None:
        """`directory` keeps what is looked up."""
        self._client = client
        self._tools = tools
        self._parts = parts
        self._matching = matching
        self._directory = directory

    def deliver(self, parcel: Parcel) -> None:
        """Raises Postponed while the incident is not there, Unreachable while PagerDuty or the inbox is not."""
        body = str(parcel.payload["body"]).encode()
        received_at = from_us(int(parcel.payload["received_us"]))
        event = read(body)
        if not self._found(event, received_at):
            return
        for user in self._directory.missing([one.id for one in people_of(event)], self._tools.now()):
            self._learn(user)
        _put(self._tools.inbox, body, received_at)

    def settle(self, parcel: Parcel) -> Settled:
        """Twice is the same as once: the event has its own key."""
        return Settled.REPEAT

    def _found(self, event: Event, received_at: datetime) -> bool:
        """Whether it is known whose page it is; false for one that is nobody's here. Raises Postponed."""
        told, page, now = event.told(), event.page(), self._tools.now()
        part = self._parts.get(told)
        if part is not None:
            if stale(event, part, now):
                self._look(told, now)
            return True
        keys = (page.incident_key,) if page is not None and page.incident_key else self._keys(told)
        created_at = page.created_at if page is not None else None
        owners = self._matching.owners(keys, created_at, now)
        if owners:
            status = page.status if page is not None else ""
            new = Part(incident=owners[0], keys=tuple(keys), status=status, created_at=created_at, looked_at=now)
            self._parts.change(told, owners[0], lambda part: replace(new, level=part.level, said=part.said))
            return True
        waited = now - received_at
        if keys and waited < PATIENCE:
            raise Postponed(max(_AGAIN_S, waited.total_seconds() / _SLOWER), "the incident is not on the record yet")
        return False

    def _look(self, told: str, now: datetime) -> None:
        """Which alerts a page has now; those that are known do while PagerDuty is away."""
        try:
            keys = self._keys(told)
        except DestinationError as error:
            _log.warning("the alerts of page %s cannot be read; those that are known count: %s", told, error)
        else:
            self._parts.change(told, 0, lambda part: replace(part.having(*keys), looked_at=now))

    def _keys(self, page: str) -> Sequence[str]:
        """Alertmanager's keys of a page's alerts; none if they come from elsewhere."""
        try:
            return tuple(dict.fromkeys(one.key for one in self._client.alerts(page) if is_digest(one.key)))
        except NotFound:
            return ()

    def _learn(self, user: str) -> None:
        try:
            email = self._client.email(user)
        except Undeliverable as error:
            # Whoever it was, it happened there: without an address they are a stranger, and that is told.
            _log.warning("user %s of PagerDuty cannot be looked up: %s", user, error)
            email = ""
        try:
            self._directory.learn(user, email, self._tools.now())
        except StorageFull as error:
            raise Unreachable(str(error)) from error


def _put(inbox: Inbox, body: bytes, received_at: datetime) -> None:
    """Back into the inbox; raises Unreachable while it has no room."""
    try:
        inbox.put_now(WAITING, Lane.PEOPLE, body, received_at)
    except (Overloaded, StorageFull) as error:
        raise Unreachable(str(error), unknown=False) from error
