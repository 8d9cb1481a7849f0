"""From webhooks in the inbox to commands: what cannot be understood yet waits in the outbox and comes back.

An event waits when somebody's address has to be looked up, or when the incident is not on the record yet: a person may
be quicker than Alertmanager's retries.
"""

import hashlib
import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from alerting.model.policy import Policy
from bots.destination import Limit, Settled
from bots.directory import member_of_email
from bots.errors import Overloaded, Postponed, StorageFull, Unreachable
from bots.inbox import Inbox, Item, Lane
from bots.instants import from_us, to_us
from bots.intake import Intake
from bots.integration import Toolbox
from bots.mirror import Mirror
from bots.outbox import Errand, Parcel
from bots.pagerduty.client import Client, NotFound
from bots.pagerduty.matching import Matching
from bots.pagerduty.people import Directory
from bots.pagerduty.translate import KNOWN_TYPES, SOURCE, Known, intakes, people_of
from bots.pagerduty.wire import Event, read

WAITING: Final = "pagerduty-waiting"
PATIENCE: Final = timedelta(minutes=10)
"""How long an event waits for its incident; later it belongs to somebody else's."""
_AGAIN_S: Final = 5.0


class Inbound:
    """Opens rows of PagerDuty's; called by the writer's thread, which never waits for anybody outside."""

    def __init__(self, tools: Toolbox, mirror: Mirror, matching: Matching, directory: Directory) -> None:
        """`mirror` keeps which page belongs to which incident."""
        self._tools = tools
        self._mirror = mirror
        self._matching = matching
        self._directory = directory

    def __call__(self, item: Item) -> Sequence[Intake]:
        """What the event asks; raises Rejected for what is none."""
        event = read(item.body)
        if event.event_type not in KNOWN_TYPES:
            return ()
        number = self._incident(event, item)
        if number is None or self._unknown(event):
            if number is not None or self._may_be_ours(event, item):
                self._wait(event, item)
            return ()
        history = self._tools.reading.get(number)
        if history is None:
            return ()
        others = self._keep(event, number)
        policy = self._tools.policy()
        known = Known(
            policy=policy, history=history, member=lambda user: self._member(policy, user), others_open=others
        )
        return intakes(event, known, item.received_at)

    def _incident(self, event: Event, item: Item) -> int | None:
        page, about = event.page(), event.about()
        told = page.id if page is not None else about.incident.id if about is not None else ""
        known = self._mirror.part(told) if told else None
        if known is not None:
            return known.incident
        if page is None or not page.incident_key:
            return None
        return self._matching.find(page.incident_key, self._tools.now())

    def _unknown(self, event: Event) -> bool:
        wanted = [one.id for one in people_of(event)]
        return bool(self._directory.missing(wanted, self._tools.now()))

    def _member(self, policy: Policy, user: str) -> str:
        email = self._directory.email(user)
        return member_of_email(policy, email) or "" if email else ""

    def _may_be_ours(self, event: Event, item: Item) -> bool:
        """Whether the incident may be on the record soon: its key looks like Alertmanager's, and it is not long ago."""
        page = event.page()
        ours = page is None or _is_digest(page.incident_key or "")
        return ours and self._tools.now() - item.received_at < PATIENCE

    def _keep(self, event: Event, number: int) -> int:
        """Keeps how the page is now; gives how many other pages of the incident are not resolved."""
        page = event.page()
        if page is not None:
            known = self._mirror.part(page.id)
            state = {**(known.state if known else {}), "key": page.incident_key or "", "status": page.status}
            if known is None or dict(known.state) != state:
                self._mirror.put_part(number, page.id, state)
        told = "" if page is None else page.id
        history = self._tools.reading.get(number)
        parts = {one.remote: one.state for one in self._mirror.parts(number)}
        ended = {state["key"] for state in parts.values() if state["status"] == "resolved"}
        going = {state["key"] for name, state in parts.items() if state["status"] != "resolved" and name != told}
        firing: set[str] = set()
        if history is not None:
            firing = {key for key, alerts in self._matching.pages(history).items() if any(a.firing for a in alerts)}
        own = page.incident_key if page is not None else None
        return len((going | (firing - ended)) - {own})

    def _wait(self, event: Event, item: Item) -> None:
        key = hashlib.sha256(b"pagerduty waiting %d " % to_us(item.received_at) + item.body).hexdigest()
        errand = Errand(
            destination=WAITING,
            key=key,
            line=key,
            incident=None,
            event_key=event.id,
            payload={"body": item.body.decode(), "received_us": to_us(item.received_at)},
        )

        def write(connection: sqlite3.Connection) -> None:
            self._tools.outbox.insert(connection, [errand], item.received_at)
            self._tools.outbox.release(connection, [key])

        self._tools.journal.run(write)


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
        if not self._known(event):
            if self._tools.now() - received_at < PATIENCE:
                raise Postponed(_AGAIN_S, "the incident is not on the record yet")
            return
        for user in self._directory.missing([one.id for one in people_of(event)], self._tools.now()):
            self._learn(user)
        _put(self._tools.inbox, body, received_at)

    def settle(self, parcel: Parcel) -> Settled:
        """Twice is the same as once: the event has its own key."""
        return Settled.REPEAT

    def _known(self, event: Event) -> bool:
        page, about = event.page(), event.about()
        told = page.id if page is not None else about.incident.id if about is not None else ""
        if self._mirror.part(told) is not None:
            return True
        key = page.incident_key if page is not None else None
        return key is not None and self._matching.find(key, self._tools.now()) is not None

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


def _is_digest(key: str) -> bool:
    return len(key) == 64 and set(key) <= set("0123456789abcdef")
