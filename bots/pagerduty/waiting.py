"""Events that cannot be understood yet: they wait in the outbox and come back to the inbox.

An event waits when somebody's address has to be looked up, or when the incident is not on the record yet: a person may
be quicker than Alertmanager's retries.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from bots.destination import Limit, Settled
from bots.errors import Overloaded, Postponed, StorageFull, Unreachable
from bots.inbox import Inbox, Lane
from bots.instants import from_us
from bots.integration import Toolbox
from bots.mirror import Mirror
from bots.outbox import Parcel
from bots.pagerduty.client import Client, NotFound
from bots.pagerduty.matching import Matching, is_digest
from bots.pagerduty.people import Directory
from bots.pagerduty.translate import SOURCE, people_of
from bots.pagerduty.wire import Event, read

WAITING: Final = "pagerduty-waiting"
PATIENCE: Final = timedelta(minutes=10)
"""How long an event waits for its incident; later it belongs to somebody else's."""
_AGAIN_S: Final = 5.0
_SLOWER: Final = 5
"""The longer it has waited, the more seldom it is looked at: after so many parts of the time so far."""


class Waiting:
    """Looks up who acted, waits for the incident, and puts the event back into the inbox."""

    name = WAITING
    limits: tuple[Limit, ...] = ()
    workers = 2
    merges = False

    def __init__(
        self, client: Client, tools: Toolbox, mirror: Mirror, matching: Matching, directory: Directory
    ) -> None:
        """`directory` keeps what is looked up."""
        self._client = client
        self._tools = tools
        self._mirror = mirror
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
        page, about = event.page(), event.about()
        told = page.id if page is not None else about.incident.id if about is not None else ""
        if self._mirror.part(told) is not None:
            return True
        keys = self._keys(told, page.incident_key if page is not None else None)
        now = self._tools.now()
        number = next((one for key in keys if (one := self._matching.find(key, now)) is not None), None)
        if number is not None:
            self._mirror.put_part(number, told, {"keys": list(keys), "status": page.status if page is not None else ""})
            return True
        waited = now - received_at
        if keys and waited < PATIENCE:
            raise Postponed(max(_AGAIN_S, waited.total_seconds() / _SLOWER), "the incident is not on the record yet")
        return False

    def _keys(self, page: str, key: str | None) -> Sequence[str]:
        """Alertmanager's keys of a page: its own, or those of its alerts; none if it comes from elsewhere."""
        if key:
            return (key,)
        try:
            return tuple(one for one in self._client.alert_keys(page) if is_digest(one))
        except NotFound:
            return ()

    def _learn(self, user: str) -> None:
        try:
            email = self._client.email(user)
        except NotFound:
            email = ""
        try:
            self._directory.learn(user, email, self._tools.now())
        except StorageFull as error:
            raise Unreachable(str(error)) from error


def _put(inbox: Inbox, body: bytes, received_at: datetime) -> None:
    """Back into the inbox; raises Unreachable while it has no room."""
    try:
        inbox.put_now(SOURCE, Lane.PEOPLE, body, received_at)
    except (Overloaded, StorageFull) as error:
        raise Unreachable(str(error), unknown=False) from error
