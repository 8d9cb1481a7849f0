"""A bot's integration with GitHub on files of its own: a ledger in memory, a real HTTP server, a clock to move."""

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from alerting.model.policy import Policy
from alerting.policy import load
from bots.api import problem
from bots.files import SCHEMA
from bots.github import integration
from bots.github.client import GitHub
from bots.github.deliveries import Deliveries
from bots.github.settings import GitHubSettings
from bots.inbox import INSERT, Inbox, Item
from bots.incident import History
from bots.integration import Integration, Toolbox
from bots.journal import Journal
from bots.metrics import Metrics
from bots.outbound.dispatch import DestinationQueue
from bots.outbound.errands import errands
from bots.outbound.mirror import Mirror, Mirrored
from bots.outbox import Outbox
from bots.replies import replies
from bots.rulebook import Rules
from bots.timeline.answer import Answer
from bots.timeline.envelope import open_item
from bots.timeline.intake import Alert, AlertDelivery, Command, Denial, Intake
from bots.timeline.summary import Summary, state_dict
from tests.bots.github.official import Checker, real
from tests.bots.office import TEN, Office
from tools.standins.github import application
from tools.standins.github_hub import TOKEN, Hub
from tools.standins.github_repository import Issue, Repository
from tools.standins.github_webhook import Webhook
from tools.standins.serving import serving

MINI = load(Path(__file__).parents[2] / "data" / "mini")
URL = "https://incidents.example.com"
SECRET = "webhook-secret"
ALERT = "CheckoutAvailabilityBurn"
_PATIENCE_S = 20.0


class Shelf:
    """Reads incidents where an office keeps them."""

    def __init__(self, office: Office) -> None:
        self.office = office

    def get(self, number: int) -> History | None:
        """One with its timeline."""
        return self.office.records.histories.get(number)

    def find(self, *, limit: int = 50) -> list[Summary]:
        """As the index would list them."""
        histories = sorted(self.office.records.histories.values(), key=lambda one: -one.number)
        return [Summary.of(one.path, state_dict(one.state)) for one in histories[:limit]]


@dataclass(kw_only=True)
class Stage:
    """Everything of one test; `crash` and `lose` begin a new process on the same, or an empty, folder."""

    home: Path
    hub: Hub
    checker: Checker
    office: Office
    bot_url: str = ""
    policy: Policy = MINI
    now: datetime = TEN
    keys: int = 0
    told: bool = True
    """Whether a webhook leads to the bot."""
    answers: list[Answer] = field(default_factory=list)
    intakes: list[Intake] = field(default_factory=list)

    def open(self) -> None:
        """As a new process does."""
        self.home.mkdir(parents=True, exist_ok=True)
        self.journal = Journal(self.home / "inbox.db", schema=SCHEMA, insert=INSERT, limit_bytes=2**26)
        self.metrics = Metrics()
        self.tools = Toolbox(
            policy=lambda: self.policy,
            reading=Shelf(self.office),  # type: ignore[arg-type]  # reads as Reading does, from memory
            inbox=Inbox(self.journal),
            outbox=Outbox(self.journal),
            journal=self.journal,
            metrics=self.metrics,
            now=lambda: self.now,
            public_url=lambda: URL,
        )
        self.github: GitHub = integration.client(self.settings(), self.tools)
        self.github.budget._sleep = self.advance
        self.integration: Integration = integration.github(self.settings(), self.tools, self.github)
        (destination,) = self.integration.destinations
        self.app = FastAPI()
        problem.install(self.app)
        for routes in self.integration.routes:
            self.app.include_router(routes)
        self.queue = DestinationQueue(destination, self.tools.outbox, self.metrics, lambda: self.now)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Whichever process runs now answers."""
        await self.app(scope, receive, send)

    def settings(self) -> GitHubSettings:
        """Those of an account with a token, or of the App if the hub knows one."""
        (self.home / "token").write_text(f"{TOKEN}\n")
        (self.home / "secrets").write_text(f"older\n{SECRET}\n")
        app = bool(self.hub.app_key)
        return GitHubSettings(
            repository="example/incidents",
            token_file=None if app else self.home / "token",
            app_id="123456" if app else "",
            app_key_file=self.home.parent / "app.pem" if app else None,
            webhook_secrets_file=self.home / "secrets" if self.told else None,
            url=self.hub.base,
        )

    def close(self) -> None:
        """Ends the process; a delivery that is being taken in is taken in, since nothing would answer it any more."""
        self._quiet()
        self.tools.inbox.close()
        self.journal.close()

    def crash(self) -> None:
        """A restart; what is not on the disk is lost."""
        self.close()
        self.open()

    def lose(self) -> None:
        """A restart with an empty folder: only git is left."""
        self.close()
        for path in self.home.iterdir():
            path.unlink()
        self.open()

    def advance(self, seconds: float) -> None:
        """Time passes."""
        self.now += timedelta(seconds=seconds)

    # what reaches the bot

    def fire(
        self, name: str = "CheckoutAvailabilityBurn", *, ended: bool = False, summary: str = "", **labels: str
    ) -> None:
        """Alertmanager tells of an alert of checkout, or of the service that the labels name."""
        self.keys += 1
        own = {"alertname": name, "service": "checkout", "team": "payments", "severity": "page", "priority": "P0"}
        alert = Alert(
            fingerprint=f"{name}{labels.get('instance', '')}{labels.get('service', '')}",
            status="resolved" if ended else "firing",
            starts_at=TEN,
            ends_at=self.now if ended else None,
            labels=own | labels,
            annotations={"summary": summary or f"{name} is wrong"},
        )
        self.take(AlertDelivery(key=f"d{self.keys}", received_at=self.now, alerts=(alert,)))

    def ask(self, name: str, by: str = "ana", number: int | None = 1, source: str = "slack", **args: Any) -> None:
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
        self.intakes += intakes
        made = [*errands(decision, lambda due: None, self.integration.mirrors), *replies(intakes, decision.answers)]
        mine = [one for one in made if one.destination == "github"]
        self.tools.outbox.hold(mine, self.now)

        def release(connection: sqlite3.Connection) -> None:
            self.tools.outbox.release(connection, [one.key for one in mine])

        self.journal.run(release)

    def hear(self) -> list[Intake]:
        """Waits for GitHub's deliveries, then works the inbox off, as the writer does."""
        self._quiet()
        found: list[Intake] = []
        while items := self.tools.inbox.pending(100):
            for item in items:
                opened = self._open(item)
                found += opened
                if opened:
                    self.take(*opened)
            self._finish(items)
        return found

    def _quiet(self) -> None:
        end = time.monotonic() + _PATIENCE_S
        while not self.hub.webhook.idle and time.monotonic() < end:
            time.sleep(0.002)

    def _finish(self, items: Sequence[Item]) -> None:
        self.journal.run(lambda connection: self.tools.inbox.finish(connection, items))
        self.tools.inbox.finished(items)

    def _open(self, item: Item) -> Sequence[Intake]:
        translator = self.integration.translators.get(item.source)
        return translator(item) if translator else [open_item(item)]

    # what the bot does

    def work(self) -> None:
        """Everything whose time has come is tried once, as the dispatcher does."""
        tried: set[int] = set()
        while not self.queue.paused(self.now):
            heads = self.tools.outbox.heads("github", self.now, 200, merges=True)
            left = [parcel for parcel in heads if parcel.id not in tried]
            if not left:
                return
            tried.add(left[0].id)
            self.queue._work(left[0])

    def settle(self, step_s: float = 5.0, within_s: float = 1800.0) -> None:
        """Returns when everybody has heard of everything; time passes meanwhile."""
        end = self.now + timedelta(seconds=within_s)
        while self.now < end:
            self.hear()
            self.work()
            self.hear()
            if not self.waiting():
                return
            self.advance(step_s)
        raise AssertionError(f"{self.waiting()} errands are not done: {self.why()}")

    def waiting(self) -> int:
        """How many errands are not done."""
        return self.tools.outbox.waiting(["github"])["github"][0]

    def why(self) -> list[str]:
        """What holds them up."""
        return [parcel.why for parcel in self.tools.outbox._select("state IN ('ready', 'started')", ())]

    def failed(self) -> list[str]:
        """Why errands will not be done."""
        return [parcel.why for parcel in self.tools.outbox._select("state = 'failed'", ())]

    # what there is afterwards

    @property
    def issues(self) -> list[Issue]:
        """Those of the repository, oldest first."""
        return list(self.hub.repository.issues.values())

    def issue(self, place: int = 0) -> Issue:
        """One of them."""
        return self.issues[place]

    def remembered(self, number: int = 1) -> Mirrored | None:
        """What the bot knows of an incident's issue."""
        return Mirror(self.journal, "github").get(number)

    def kinds(self, number: int = 1) -> list[str]:
        """The kinds of an incident's events."""
        return self.office.kinds(number)

    def denied(self) -> list[Denial]:
        """What was not allowed."""
        return [one for one in self.intakes if isinstance(one, Denial)]

    def part(self) -> Deliveries:
        """What asks for lost deliveries."""
        (found,) = self.integration.parts
        assert isinstance(found, Deliveries)
        return found


@contextmanager
def staged(folder: Path, *, app_key: str = "", people: frozenset[str] = frozenset()) -> Iterator[Stage]:
    """Opens everything, closes everything, and then says what was not as GitHub describes it."""
    repository, checker = Repository(people=people), Checker()
    webhook = Webhook(repository=repository, secret=SECRET, shape=real)
    hub = Hub(repository=repository, webhook=webhook, app_key=app_key, checked=checker)
    with serving(application(hub)) as base:
        webhook.base = base
        stage = Stage(home=folder / "bot", hub=hub, checker=checker, office=Office(Rules.of(MINI)))
        repository.now = lambda: stage.now
        stage.open()
        with serving(stage) as bot:
            webhook.target, webhook.listed = f"{bot}/github", f"{URL}/github"
            stage.bot_url = bot
            webhook.start()
            try:
                yield stage
            finally:
                webhook.stop()
                stage.close()
    assert checker.problems == []
