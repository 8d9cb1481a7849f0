"""The bot, wired: what is made of what, in which order it starts and stops."""

import logging
import threading
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final, Protocol

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp

from alerting.model.policy import Policy
from bots import gauges
from bots import inbox as inbox_table
from bots import outbox as outbox_table
from bots.alertmanager_view import Alertmanager
from bots.answers import Answers
from bots.api import description, health, incidents, pages, problem
from bots.api.alertmanager import AlertmanagerSource
from bots.api.desk import Desk
from bots.api.people import People
from bots.destinations import Decisions, Postmortems, Remediations
from bots.dispatch import Dispatch
from bots.drafts import Drafts
from bots.errors import DestinationError, SettingsError, StorageFull
from bots.inbox import Inbox
from bots.instants import now as system_now
from bots.journal import Journal
from bots.ledger import Ledger, Rules
from bots.live_policy import LivePolicy
from bots.metrics import Metrics
from bots.opening import open_store
from bots.outbox import Outbox
from bots.prometheus import Prometheus
from bots.push_loop import PushLoop
from bots.pushing import Pusher
from bots.reading import Reading
from bots.reconciler import Reconciler
from bots.runners import runner_of
from bots.settings import REMOTE, STATE_DIR, Settings
from bots.store import Store
from bots.token_bucket import TokenBucket
from bots.tokens import TokenFile, bearer_tokens, member_tokens
from bots.upkeep import Upkeep
from bots.writer import Writer

_MIB: Final = 1024 * 1024
_NEW_FOLDER: Final = (
    "a new folder is filled from the remote first, so that numbers go on; correct the address, or start again when it "
    "answers"
)
_WRITABLE: Final = "expected a folder that the bot may write; give its user the rights, or name another folder"
_LAST_PUSH_S: Final = 5.0
_REFUSING_S: Final = 30.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bot:
    """One bot, ready to start."""

    app: ASGIApp
    inbox: Inbox
    reading: Reading
    reconciler: Reconciler
    writer: Writer
    metrics: Metrics


@dataclass(frozen=True, slots=True, kw_only=True)
class _Files:
    """What is opened, and closed at the end."""

    store: Store
    journal: Journal
    inbox: Inbox
    outbox: Outbox
    upkeep: Upkeep

    def close(self) -> None:
        self.inbox.close()
        self.journal.close()
        self.upkeep.close()
        self.store.close()


def build(settings: Settings, root: Path, now: Callable[[], datetime] = system_now) -> Bot:
    """Opens the files and wires the parts; the application's lifespan starts and stops the threads.

    Raises PolicyError, SettingsError, StorageFull, or what `open_store` raises; nothing runs then.
    """
    policy = LivePolicy(root)
    alertmanager_tokens = TokenFile(settings.alertmanager_tokens_file, bearer_tokens)
    people = People(TokenFile(settings.member_tokens_file, member_tokens), policy)
    runner = runner_of(settings, now)
    files = _open(settings)
    inbox, metrics, answers, lock = files.inbox, Metrics(), Answers(), threading.Lock()
    ledger = Ledger(files.store, Rules.of(policy()))
    policy.on_change = lambda changed: setattr(ledger, "rules", Rules.of(changed))
    reading = Reading(ledger, files.store, lock)
    destinations = (
        Decisions(inbox, now),
        Remediations(runner, inbox, now),
        Postmortems(Drafts(files.store), reading.get),
    )
    dispatch = Dispatch(destinations, files.outbox, metrics, now)
    pushes = _pushes(files, metrics)
    writer = _writer(files, ledger, lock, answers, metrics, now, pushes=pushes, dispatch=dispatch)
    reconciler = _reconciler(settings, inbox, reading, metrics, now)
    gauges.install(
        metrics,
        inbox=inbox,
        journal=files.journal,
        outbox=files.outbox,
        destinations=dispatch.names,
        reading=reading,
        pusher=Pusher(files.store),
        policy=policy,
        now=now,
    )
    app = _application(files, writer=writer, others=(dispatch, pushes, reconciler, policy, runner))
    desk = Desk(inbox=inbox, answers=answers, people=people, policy=policy, metrics=metrics, now=now)
    for routes in (
        incidents.router(desk=desk, reading=reading),
        health.router(metrics=metrics, checks=_checks(writer, inbox)),
        pages.router(reading=reading, policy=policy, public_url=lambda: _public_url(settings, policy()), now=now),
        pages.docs(app, now),
    ):
        app.include_router(routes)
    # Outside of everything else: a delivery passes no other layer.
    whole = AlertmanagerSource(app, inbox=inbox, tokens=alertmanager_tokens, metrics=metrics, now=now)
    return Bot(app=whole, inbox=inbox, reading=reading, reconciler=reconciler, writer=writer, metrics=metrics)


def _writer(
    files: _Files,
    ledger: Ledger,
    lock: threading.Lock,
    answers: Answers,
    metrics: Metrics,
    now: Callable[[], datetime],
    *,
    pushes: PushLoop,
    dispatch: Dispatch,
) -> Writer:
    def committed() -> None:
        pushes.wake()
        files.upkeep.tidy()

    return Writer(
        inbox=files.inbox,
        outbox=files.outbox,
        journal=files.journal,
        ledger=ledger,
        store=files.store,
        lock=lock,
        answers=answers,
        metrics=metrics,
        now=now,
        committed=committed,
        released=dispatch.wake,
    )


def _open(settings: Settings) -> _Files:
    # The store comes first: it holds the lock that keeps a second bot out of the folder.
    try:
        settings.state_dir.mkdir(parents=True, exist_ok=True)
        store = open_store(settings.state_dir, remote=settings.remote, progress=_progress)
    except DestinationError as error:
        raise SettingsError([f"{REMOTE}: {error}; {_NEW_FOLDER}"]) from error
    except OSError as error:
        where = error.filename or settings.state_dir
        raise SettingsError([f"{STATE_DIR}: {where}: {error.strerror}; {_WRITABLE}"]) from error
    try:
        journal = Journal(
            settings.state_dir / "inbox.db",
            schema=inbox_table.SCHEMA + outbox_table.SCHEMA,
            insert=inbox_table.INSERT,
            limit_bytes=settings.inbox_limit_mib * _MIB,
        )
    except StorageFull:
        store.close()
        raise
    return _Files(store=store, journal=journal, inbox=Inbox(journal), outbox=Outbox(journal), upkeep=Upkeep(store.path))


def _progress(what: str, done: int, of: int) -> None:
    _log.info("%s%s", what, f": {done} of {of}" if of else "")


def _pushes(files: _Files, metrics: Metrics) -> PushLoop:
    return PushLoop(
        pusher=Pusher(files.store),
        last=Pusher(files.store, timeout_s=_LAST_PUSH_S),
        bucket=TokenBucket(),
        metrics=metrics,
        renumbered=files.outbox.renumber,
    )


def _reconciler(
    settings: Settings, inbox: Inbox, reading: Reading, metrics: Metrics, now: Callable[[], datetime]
) -> Reconciler:
    return Reconciler(
        prometheus=[Prometheus(url, now, settings.ca_file) for url in settings.prometheus_urls],
        alertmanagers=[Alertmanager(url, settings.ca_file) for url in settings.alertmanager_urls],
        inbox=inbox,
        known=reading.known_alerts,
        metrics=metrics,
        every_s=settings.reconcile_every.seconds,
        now=now,
    )


class _Part(Protocol):
    """A thread of the bot."""

    def start(self) -> None: ...

    def stop(self) -> None: ...


def _application(files: _Files, *, writer: Writer, others: Sequence[_Part]) -> FastAPI:
    def start() -> None:
        for part in (writer, *others):
            part.start()

    def stop() -> None:
        # The writer is the first to start and, but for the push of what it wrote, the last to stop.
        dispatch, pushes, *rest = others
        for part in (*rest, dispatch, writer, pushes):
            part.stop()
        files.close()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await run_in_threadpool(start)
        yield
        await run_in_threadpool(stop)

    app = FastAPI(title=description.TITLE, version=version("tocsin"), lifespan=lifespan, docs_url=None, redoc_url=None)
    app.openapi = lambda: description.describe(app)  # type: ignore[method-assign]  # the way FastAPI documents
    problem.install(app)
    return app


def _public_url(settings: Settings, policy: Policy) -> str:
    return settings.public_url or policy.routing.public_bot_url


def _checks(writer: Writer, inbox: Inbox) -> Mapping[str, Callable[[], str]]:
    return {
        # Only for a while: where nothing is sent to what is not ready, nothing would ever find out that there is room.
        "inbox": lambda: inbox.refusing(within_s=_REFUSING_S),
        "writer": lambda: "" if writer.alive else "its thread has ended",
    }
