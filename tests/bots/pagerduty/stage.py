"""A bot's integration with PagerDuty on files of its own: a ledger in memory, a real HTTP account, a clock to move."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from alerting.model.policy import Policy
from alerting.policy import load
from bots.errors import Postponed
from bots.files import SCHEMA
from bots.inbox import INSERT, Inbox, Item
from bots.incident import History
from bots.integration import Integration, Toolbox
from bots.journal import Journal
from bots.metrics import Metrics
from bots.outbound.destination import Destination
from bots.outbound.errands import errands
from bots.outbox import Outbox, Parcel
from bots.pagerduty.integration import pagerduty
from bots.pagerduty.settings import PagerDutySettings
from bots.rulebook import Rules
from bots.timeline.envelope import open_item
from bots.timeline.intake import Alert, AlertDelivery, Command, Denial, Intake
from bots.timeline.summary import Summary, state_dict
from tests.bots.office import TEN, Office, at
from tools.standins.pagerduty import Trouble, application
from tools.standins.pagerduty_account import Account
from tools.standins.pagerduty_incident import Webhook
from tools.standins.pagerduty_requests import TOKEN
from tools.standins.serving import serving

MINI = load(Path(__file__).parents[2] / "data" / "mini")
USERS = {
    "PANA": "ana@example.com",
    "PBEN": "Ben@Example.com",
    "PBOT": "tocsin@example.com",
    "PEVE": "eve@other.example",
}
SECRET = "webhook-secret"


def alert(name: str = "CheckoutAvailabilityBurn", start: float = 0, end: float | None = None, **more: str) -> Alert:
    """An alert of the service checkout, in minutes after ten."""
    labels = {"alertname": name, "service": "checkout", "team": "payments", "severity": "page", "priority": "P0"}
    return Alert(
        fingerprint=name,
        status="firing" if end is None else "resolved",
        starts_at=at(start),
        ends_at=None if end is None else at(end),
        labels=labels | more,
        annotations={"summary": f"{name} is wrong"},
    )


class Shelf:
    """Reads incidents where an office keeps them."""

    def __init__(self, office: Office) -> None:
        self.office = office

    def get(self, number: int) -> History | None:
        """One with its timeline."""
        return self.office.records.histories.get(number)

    def find(self, *, active: bool | None = None, limit: int = 50, **more: Any) -> list[Summary]:
        """As the index would list them."""
        histories = sorted(self.office.records.histories.values(), key=lambda one: -one.number)
        found = [one for one in histories if active in (None, one.state.status.active)]
        return [Summary.of(one.path, state_dict(one.state)) for one in found[:limit]]


@dataclass(kw_only=True)
class Stage:
    """Everything of one test."""

    account: Account
    trouble: Trouble
    tools: Toolbox
    integration: Integration
    office: Office
    policy: Policy
    now: datetime = field(default_factory=lambda: TEN)
    webhooks: list[Webhook] = field(default_factory=list)
    keys: int = 0
    denials: list[Denial] = field(default_factory=list)

    def minutes(self, minutes: float) -> None:
        """It is so many minutes after ten."""
        self.now = at(minutes)

    def fire(self, *alerts: Alert, page: bool = True) -> None:
        """Alertmanager tells the bot, and PagerDuty."""
        self.keys += 1
        self.take(AlertDelivery(key=f"d{self.keys}", received_at=self.now, alerts=alerts))
        if page:
            self.page(*alerts)

    def page(self, *alerts: Alert) -> None:
        """Alertmanager tells PagerDuty."""
        for one in alerts:
            self.account.event(
                "trigger" if one.status == "firing" else "resolve", self.key(one), one.labels["alertname"]
            )

    def key(self, one: Alert) -> str:
        """Alertmanager's key for an alert."""
        from alerting.routes.answer import Router

        found = Router(self.policy).pagerduty_key(one.labels)
        assert found is not None
        return found

    def ask(self, name: str, by: str = "ana", number: int | None = 1, source: str = "slack", **args: Any) -> None:
        """A person asks elsewhere."""
        self.keys += 1
        self.take(
            Command(
                key=f"c{self.keys}", received_at=self.now, name=name, by=by, incident=number, args=args, source=source
            )
        )

    def take(self, *intakes: Intake) -> None:
        """The writer: decides, records, and puts the errands of the mirror into the outbox."""
        decision = self.office.ledger.decide(intakes, self.now)
        self.office.records.commit(decision)
        self.office.ledger.accept(decision)
        self.denials += [one for one in intakes if isinstance(one, Denial)]
        made = errands(decision, lambda due: None, self.integration.mirrors)
        mine = [one for one in made if one.destination in self.integration.mirrors]

        def write(connection: sqlite3.Connection) -> None:
            self.tools.outbox.insert(connection, mine, self.now)
            self.tools.outbox.release(connection, [one.key for one in mine])

        self.tools.journal.run(write)

    def receive(self) -> list[Webhook]:
        """What PagerDuty has sent since the last time reaches the inbox, and is translated and recorded."""
        got, self.webhooks[:] = list(self.webhooks), []
        for webhook in got:
            self.tools.inbox.put_now("pagerduty", 0, webhook.body, self.now)  # type: ignore[arg-type]  # Lane.PEOPLE
        self.translate()
        return got

    def translate(self) -> list[Intake]:
        """Works the inbox off, as the writer does."""
        found: list[Intake] = []
        while items := self.tools.inbox.pending(100):
            for item in items:
                opened = self._open(item)
                found += opened
                self.take(*opened)
            self.tools.journal.run(lambda connection: self.tools.inbox.finish(connection, items))
            self.tools.inbox.finished(items)
        return found

    def _open(self, item: Item) -> Sequence[Intake]:
        translator = self.integration.translators.get(item.source)
        return translator(item) if translator else [open_item(item)]

    def deliver(self) -> list[str]:
        """Works the outbox off once, as the dispatcher does; gives why parcels were put off."""
        put_off = []
        for destination in self.integration.destinations:
            for parcel in self._heads(destination):
                beside = self.tools.outbox.ready_beside(parcel) if destination.merges else ()
                self.tools.outbox.start(parcel, self.now)
                try:
                    destination.deliver(parcel)
                except Postponed as error:
                    self.tools.outbox.later(
                        parcel, self.now + timedelta(seconds=error.after_s), str(error), unknown=False
                    )
                    put_off.append(str(error))
                else:
                    self.tools.outbox.done(parcel, self.now)
                    self.tools.outbox.done_too(beside, self.now)
        return put_off

    def _heads(self, destination: Destination) -> list[Parcel]:
        return self.tools.outbox.heads(destination.name, self.now, 100, merges=destination.merges)

    def waiting(self) -> list[Parcel]:
        """What is still in the outbox."""
        later = self.now + timedelta(days=1)
        return [one for each in self.integration.destinations for one in self.tools.outbox.heads(each.name, later, 100)]

    def settle(self) -> None:
        """Everybody has heard of everything."""
        for _ in range(20):
            self.deliver()
            self.receive()
            ready = [one for each in self.integration.destinations for one in self._heads(each)]
            if not self.webhooks and not ready:
                return
        raise AssertionError("it goes on for ever")

    def writes(self) -> list[str]:
        """Requests that changed something."""
        return [path for method, path in self.trouble.calls if method != "GET"]


@contextmanager
def staged(folder: str) -> Iterator[Stage]:
    """Opens everything, closes everything."""
    home = Path(folder)
    (home / "token").write_text(TOKEN + "\n")
    (home / "secrets").write_text(SECRET + "\n")
    account, trouble = Account(USERS), Trouble()
    account.secrets = (SECRET,)
    journal = Journal(home / "inbox.db", schema=SCHEMA, insert=INSERT, limit_bytes=2**26)
    office = Office(Rules.of(MINI))
    inbox = Inbox(journal)
    held: list[Stage] = []
    tools = Toolbox(
        policy=lambda: MINI,
        reading=Shelf(office),  # type: ignore[arg-type]  # reads as Reading does, from memory
        inbox=inbox,
        outbox=Outbox(journal),
        journal=journal,
        metrics=Metrics(),
        now=lambda: held[0].now,
        public_url=lambda: "http://incidents.example.com",
    )
    with serving(application(account, trouble)) as url:
        settings = PagerDutySettings(
            token_file=home / "token",
            sender="tocsin@example.com",
            webhook_secrets_file=home / "secrets",
            url=url,
        )
        stage = Stage(
            account=account,
            trouble=trouble,
            tools=tools,
            integration=pagerduty(settings, tools),
            office=office,
            policy=MINI,
        )
        held.append(stage)
        account.now = lambda: stage.now
        account.on_webhook = stage.webhooks.append
        try:
            yield stage
        finally:
            inbox.close()
            journal.close()
