"""A bot's integration with Slack on files of its own: a ledger in memory, a real workspace, a clock to move."""

import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from alerting.model.policy import Policy
from alerting.policy import load
from bots.api import problem
from bots.clock import Clock, Look
from bots.files import SCHEMA
from bots.inbox import INSERT, Inbox, Item
from bots.incident import History
from bots.integration import Integration, Toolbox
from bots.journal import Journal
from bots.metrics import Metrics
from bots.outbound.dispatch import Dispatch
from bots.outbound.errands import errands
from bots.outbox import Outbox
from bots.replies import replies
from bots.rulebook import Rules
from bots.slack.integration import slack as slack_integration
from bots.slack.settings import SlackSettings
from bots.timeline.answer import Answer
from bots.timeline.envelope import open_item
from bots.timeline.intake import AlertDelivery, Command, Intake
from bots.timeline.summary import Summary, state_dict
from tests.bots.office import TEN, Office, alert, at
from tests.bots.slack.office import SECRET, messages, workspace
from tools.standins.serving import serving
from tools.standins.slack import Slack, running
from tools.standins.slack_hands import Hands, by_http

MINI = load(Path(__file__).parents[2] / "data" / "mini")
URL = "http://incidents.example.com"
_PATIENCE_S = 90.0


class Shelf:
    """Reads incidents where an office keeps them, unless `closed`."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.open = threading.Event()
        self.open.set()

    def get(self, number: int) -> History | None:
        """One with its timeline; waits as long as it is closed."""
        assert self.open.wait(_PATIENCE_S)
        return self.office.records.histories.get(number)

    def find(
        self, *, active: bool | None = None, team: str | None = None, service: str | None = None, limit: int = 50
    ) -> list[Summary]:
        """As the index would list them."""
        assert self.open.wait(_PATIENCE_S)
        histories = sorted(self.office.records.histories.values(), key=lambda one: -one.number)
        found = [Summary.of(one.path, state_dict(one.state)) for one in histories]
        wanted = [one for one in found if active in (None, one.status.active)]
        fitting = [one for one in wanted if team in (None, one.team) and service in (None, one.service)]
        return fitting[:limit]


@dataclass(kw_only=True)
class Stage:
    """Everything of one test."""

    slack: Slack
    hands: Hands
    tools: Toolbox
    integration: Integration
    office: Office
    shelf: Shelf
    dispatch: Dispatch
    moment: list[datetime]
    policy: Policy = MINI
    keys: int = 0
    answers: list[Answer] = field(default_factory=list)

    @property
    def now(self) -> datetime:
        """The time."""
        return self.moment[0]

    def advance(self, seconds: float) -> None:
        """Time passes."""
        self.moment[0] += timedelta(seconds=seconds)

    def fire(self, name: str = "CheckoutAvailabilityBurn", **labels: str) -> None:
        """Alertmanager tells the bot of an alert."""
        self.keys += 1
        minutes = (self.now - TEN).total_seconds() / 60
        made = alert(name, minutes, **{"priority": "P0", **labels})
        self.take(AlertDelivery(key=f"d{self.keys}", received_at=self.now, alerts=(made,)))

    def ask(self, name: str, by: str = "ana", number: int | None = 1, source: str = "api", **args: Any) -> None:
        """A person asks elsewhere."""
        self.keys += 1
        self.take(
            Command(
                key=f"c{self.keys}", received_at=self.now, name=name, by=by, incident=number, args=args, source=source
            )
        )

    def take(self, *intakes: Intake) -> None:
        """The writer: decides, records, and puts the errands into the outbox."""
        decision = self.office.ledger.decide(intakes, self.now)
        self.office.records.commit(decision)
        self.office.ledger.accept(decision)
        self.answers += decision.answers
        made = [*errands(decision, lambda due: None, self.integration.mirrors), *replies(intakes, decision.answers)]
        mine = [one for one in made if one.destination == "slack"]

        def write(connection: sqlite3.Connection) -> None:
            self.tools.outbox.insert(connection, mine, self.now)
            self.tools.outbox.release(connection, [one.key for one in mine])

        self.tools.journal.run(write)
        self.dispatch.wake()

    def translate(self) -> list[Intake]:
        """Works the inbox off, as the writer does."""
        found: list[Intake] = []
        while items := self.tools.inbox.pending(100):
            for item in items:
                opened = self._open(item)
                found += opened
                if opened:
                    self.take(*opened)
            done = tuple(items)
            self.tools.journal.run(lambda connection, done=done: self.tools.inbox.finish(connection, done))
            self.tools.inbox.finished(items)
        return found

    def _open(self, item: Item) -> Sequence[Intake]:
        translator = self.integration.translators.get(item.source)
        return translator(item) if translator else [open_item(item)]

    def waiting(self) -> int:
        """How many errands are not done."""
        return self.tools.outbox.waiting(["slack"])["slack"][0]

    def settle(self, step_s: float = 1.0) -> None:
        """Returns when everybody has heard of everything; time passes in steps meanwhile."""
        end = time.monotonic() + _PATIENCE_S
        while time.monotonic() < end:
            self.translate()
            if not self.waiting() and not self.tools.inbox.waiting():
                return
            self.advance(step_s)
            self.dispatch.wake()
            time.sleep(0.02)
        raise AssertionError(f"{self.waiting()} errands are not done")

    def hour(self, minutes: int = 60) -> None:
        """So much time passes with the dispatcher at work."""
        for _ in range(minutes * 4):
            self.translate()
            self.advance(15)
            self.dispatch.wake()
            time.sleep(0.01)

    def clock(self) -> Clock:
        """The bot's clock with the integration's own dues."""
        return Clock(
            self.integration.clocks,
            view=lambda: Look(self.shelf),
            policy=lambda: self.policy,
            inbox=self.tools.inbox,
            outbox=self.tools.outbox,
            journal=self.tools.journal,
            now=lambda: self.now,
            released=self.dispatch.wake,
        )

    def calls(self, method: str) -> int:
        """How often a method of the Web API was called."""
        with self.slack.space.lock:
            return sum(name == method for name, _ in self.slack.space.calls)


@contextmanager
def staged(home: Path, slack: Slack | None = None) -> Iterator[Stage]:
    """Opens everything, closes everything; with a workspace that runs already, only what is the bot's."""
    if slack is None:
        with running(workspace()) as made, staged(home, made) as stage:
            yield stage
        return
    home.mkdir(parents=True, exist_ok=True)
    (home / "token").write_text(f"{slack.token}\n")
    (home / "secrets").write_text(f"{SECRET}\n")
    journal = Journal(home / "inbox.db", schema=SCHEMA, insert=INSERT, limit_bytes=2**26)
    office, moment = Office(Rules.of(MINI)), [TEN]
    inbox, outbox, shelf, metrics = Inbox(journal), Outbox(journal), Shelf(office), Metrics()
    tools = Toolbox(
        policy=lambda: MINI,
        reading=shelf,  # type: ignore[arg-type]  # reads as Reading does, from memory
        inbox=inbox,
        outbox=outbox,
        journal=journal,
        metrics=metrics,
        now=lambda: moment[0],
        public_url=lambda: URL,
    )
    settings = SlackSettings(
        token_file=home / "token", app_token_file=None, signing_secrets_file=home / "secrets", url=slack.api
    )
    integration = slack_integration(settings, tools)
    try:
        with working(integration, tools, slack, office, shelf, moment) as stage:
            yield stage
    finally:
        inbox.close()
        journal.close()


@contextmanager
def working(
    integration: Integration, tools: Toolbox, slack: Slack, office: Office, shelf: Shelf, moment: list[datetime]
) -> Iterator[Stage]:
    """Its route served, its outbox worked off."""
    dispatch = Dispatch(integration.destinations, tools.outbox, tools.metrics, tools.now)
    app = FastAPI()
    problem.install(app)
    for routes in integration.routes:
        app.include_router(routes)
    with serving(app) as url:
        hands = Hands(slack=slack, send=by_http(f"{url}/slack", SECRET, lambda: moment[0].timestamp()))
        dispatch.start()
        try:
            yield Stage(
                slack=slack,
                hands=hands,
                tools=tools,
                integration=integration,
                office=office,
                shelf=shelf,
                dispatch=dispatch,
                moment=moment,
            )
        finally:
            shelf.open.set()
            dispatch.stop()
            for part in integration.parts:
                part.stop()


def homes(stage: Stage, channel: str = "payments") -> list[str]:
    """The incidents that the messages of a channel are about, in order."""
    found = messages(stage.slack, channel)
    return [one["metadata"]["event_payload"]["incident"] for one in found if "metadata" in one]


def entries(stage: Stage, channel: str, *, thread: bool) -> list[str]:
    """Every entry that was told below or beside a message, in order."""
    found = messages(stage.slack, channel, thread=thread)
    return [entry for one in found for entry in one.get("metadata", {}).get("event_payload", {}).get("told", ())]


def room(stage: Stage) -> list[dict[str, Any]]:
    """The messages of the first incident's own channel."""
    return messages(stage.slack, "inc-1-checkout")


__all__ = ["MINI", "Stage", "at", "entries", "homes", "room", "staged"]
