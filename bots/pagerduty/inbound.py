"""From webhooks in the inbox to commands; what cannot be understood yet waits in the outbox (`waiting`)."""

import hashlib
import sqlite3
from collections.abc import Sequence
from typing import Final

from alerting.model.policy import Policy
from bots.directory import member_of_email
from bots.inbox import Item
from bots.instants import to_us
from bots.intake import Intake
from bots.integration import Toolbox
from bots.mirror import Mirror
from bots.outbox import Errand
from bots.pagerduty.matching import Matching, is_digest
from bots.pagerduty.people import Directory
from bots.pagerduty.translate import KNOWN_TYPES, Known, intakes, people_of
from bots.pagerduty.waiting import PATIENCE, WAITING
from bots.pagerduty.wire import Event, read

_RESOLVED: Final = "resolved"


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
        """Whether the incident may be on the record soon: its key looks like Alertmanager's, and it is not long ago.

        A page without a key has alerts that have one; who waits asks for them.
        """
        page = event.page()
        ours = page is None or not page.incident_key or is_digest(page.incident_key)
        return ours and self._tools.now() - item.received_at < PATIENCE

    def _keep(self, event: Event, number: int) -> int:
        """Keeps how the page is now; gives how many other pages of the incident are not resolved."""
        page = event.page()
        if page is not None:
            known = self._mirror.part(page.id)
            keys = known.state["keys"] if known is not None else [page.incident_key]
            state = {"keys": keys, "status": page.status}
            if known is None or dict(known.state) != state:
                self._mirror.put_part(number, page.id, state)
        told = "" if page is None else page.id
        history = self._tools.reading.get(number)
        parts = {one.remote: one.state for one in self._mirror.parts(number)}
        ended = {key for state in parts.values() if state["status"] == _RESOLVED for key in state["keys"]}
        going = {key for name, state in parts.items() if state["status"] != _RESOLVED for key in state["keys"]}
        firing: set[str] = set()
        if history is not None:
            firing = {key for key, alerts in self._matching.pages(history).items() if any(a.firing for a in alerts)}
        own = set(parts[told]["keys"]) if told in parts else set()
        return len((going | (firing - ended)) - own)

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
