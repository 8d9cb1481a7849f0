"""From webhooks in the inbox to commands; what cannot be understood yet waits in the outbox (`waiting`)."""

import hashlib
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from alerting.model.policy import Policy
from bots.directory import member_of_email
from bots.inbox import Item
from bots.incident import History
from bots.instants import to_us
from bots.integration import Toolbox
from bots.outbox import Errand
from bots.pagerduty.matching import Matching, is_digest
from bots.pagerduty.meaning import ASSIGNING, KNOWN_TYPES, Known
from bots.pagerduty.parts import ASSIGNEE, PRIORITY, Part, Parts
from bots.pagerduty.people import Directory
from bots.pagerduty.translate import intakes, people_of
from bots.pagerduty.waiting import PATIENCE, WAITING, stale
from bots.pagerduty.wanted import RESOLVED
from bots.pagerduty.wire import Event, read
from bots.timeline.intake import Intake

_ESCALATED: Final = "incident.escalated"
_PRIORITY: Final = "incident.priority_updated"


class Inbound:
    """Opens rows of PagerDuty's; called by the writer's thread, which never waits for anybody outside."""

    def __init__(self, tools: Toolbox, parts: Parts, matching: Matching, directory: Directory, sender: str) -> None:
        """`parts` keeps which page belongs to which incident; `sender` is the address of the bot's own user there."""
        self._tools = tools
        self._parts = parts
        self._matching = matching
        self._directory = directory
        self._sender = sender.lower()

    def __call__(self, item: Item) -> Sequence[Intake]:
        """What the event asks; raises Rejected for what is none."""
        event = read(item.body)
        if event.event_type not in KNOWN_TYPES:
            return ()
        if self._waits(event, item):
            self._wait(event, item)
            return ()
        return self._opened(event, item)

    def again(self, item: Item) -> Sequence[Intake]:
        """The same for an event that has waited."""
        return self._opened(read(item.body), item)

    def _opened(self, event: Event, item: Item) -> Sequence[Intake]:
        part = self._parts.get(event.told())
        numbers = self._numbers(event, part)
        if not numbers:
            return ()
        echo, policy = self._echo(event, part), self._tools.policy()
        self._keep(event, numbers[0], echo=echo)
        found: list[Intake] = []
        for number in numbers:
            history = self._tools.reading.get(number)
            if history is not None:
                known = Known(
                    policy=policy,
                    history=history,
                    member=partial(self._member, policy),
                    others_open=self._others(event, history),
                    echo=echo,
                )
                found += intakes(event, known, item.received_at)
        return found

    def _numbers(self, event: Event, part: Part | None) -> tuple[int, ...]:
        """The incidents that a page belongs to: those that go on, else one."""
        page = event.page()
        keys = set(part.keys if part is not None else ())
        if page is not None and page.incident_key:
            keys.add(page.incident_key)
        created_at = page.created_at if page is not None else part.created_at if part is not None else None
        owners = self._matching.owners(keys, created_at, self._tools.now())
        if part is None:
            return owners
        own = self._tools.reading.get(part.incident)
        going = [one for one in owners if (found := self._tools.reading.get(one)) and found.state.status.active]
        if own is None or (going and not own.state.status.active):
            return tuple(going) or owners
        return tuple(dict.fromkeys((part.incident, *going)))

    def _echo(self, event: Event, part: Part | None) -> bool:
        """Whether it is what the bot did itself: as its own user, or in somebody's name."""
        if event.person is not None and self._directory.email(event.person.id) == self._sender:
            return True
        told = _told_back(event)
        return told is not None and part is not None and part.echoes(*told, event.occurred_at)

    def _member(self, policy: Policy, user: str) -> str:
        email = self._directory.email(user)
        return member_of_email(policy, email) or "" if email else ""

    # what waits

    def _waits(self, event: Event, item: Item) -> bool:
        told = event.told()
        if told and self._tools.outbox.queued(WAITING, told):
            # PagerDuty tells what happens to a page in order, and so it is to be understood.
            return True
        part = self._parts.get(told)
        if not self._numbers(event, part):
            return self._may_be_ours(event, item)
        if part is not None and stale(event, part, self._tools.now()):
            return True
        return bool(self._directory.missing([one.id for one in people_of(event)], self._tools.now()))

    def _may_be_ours(self, event: Event, item: Item) -> bool:
        """Whether the incident may be on the record soon: its key looks like Alertmanager's, and it is not long ago.

        A page without a key has alerts that have one; who waits asks for them.
        """
        page = event.page()
        ours = page is None or not page.incident_key or is_digest(page.incident_key)
        return ours and self._tools.now() - item.received_at < PATIENCE

    def _wait(self, event: Event, item: Item) -> None:
        key = hashlib.sha256(b"pagerduty waiting %d " % to_us(item.received_at) + item.body).hexdigest()
        errand = Errand(
            destination=WAITING,
            key=key,
            line=event.told() or key,
            incident=None,
            event_key=event.id,
            payload={"body": item.body.decode(), "received_us": to_us(item.received_at)},
        )

        def write(connection: sqlite3.Connection) -> None:
            self._tools.outbox.insert(connection, [errand], item.received_at)
            self._tools.outbox.release(connection, [key])

        self._tools.journal.run(write)

    # what is kept

    def _keep(self, event: Event, number: int, *, echo: bool) -> None:
        """Keeps how the page is now, which level it has reached, and what of the bot's own has come back."""
        self._parts.change(event.told(), number, lambda part: _after(part, event, echo=echo))
        page = event.page()
        if page is not None and page.merged and page.resolve_reason is not None and page.resolve_reason.incident:
            # Its alerts go on there.
            known = self._parts.get(page.id)
            keys = known.keys if known is not None else ()
            self._parts.change(page.resolve_reason.incident.id, number, lambda part: part.having(*keys))

    def _others(self, event: Event, history: History) -> int:
        """How many other pages of the incident are not resolved, or will be there soon."""
        told = event.told()
        page, parts = self._parts.get(told), self._parts.of(history.number)
        own = set(page.keys) if page is not None else set()
        ended = {key for part in parts.values() if part.status == RESOLVED for key in part.keys}
        going = {key for name, part in parts.items() if name != told and part.status != RESOLVED for key in part.keys}
        pages = self._matching.pages(history)
        firing = {key for key, alerts in pages.items() if any(alert.firing for alert in alerts)}
        return len(going | (firing - ended - own))


def _after(part: Part, event: Event, *, echo: bool) -> Part:
    """What is known of a page after an event."""
    page, told = event.page(), _told_back(event)
    if page is not None:
        keys = [page.incident_key] if page.incident_key else []
        part = replace(part.having(*keys), status=page.status, created_at=page.created_at or part.created_at)
    if told is not None:
        part = part.told_back(*told)
    if event.event_type == _ESCALATED and not echo:
        part = replace(part, level=part.level + 1)
    return part


def _told_back(event: Event) -> tuple[str, str] | None:
    """What the event says, as the bot keeps what it wrote; None for what the bot writes in its own name alone."""
    page = event.page()
    if page is not None and event.event_type == _PRIORITY and page.priority is not None:
        return PRIORITY, page.priority.summary or ""
    if page is not None and event.event_type in ASSIGNING - {_ESCALATED} and len(page.assignees) == 1:
        return ASSIGNEE, page.assignees[0].id
    return None
