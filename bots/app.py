"""The bot, wired: what is made of what, in which order it starts and stops."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from fastapi import APIRouter, FastAPI
from starlette.types import ASGIApp

from alerting import names
from alerting.model.policy import Policy
from alerting.timescale import Timescale
from bots import gauges
from bots.access.entrance import Entrance, entrance
from bots.access.memberships import Resolver
from bots.answers import Answers
from bots.api import forms, health, incidents, login, pages, remediation
from bots.api.alertmanager import AlertmanagerSource
from bots.api.desk import Desk
from bots.api.people import People
from bots.clock import Clock, Look
from bots.commands.asked import Asked
from bots.commands.remediation import begun, stale
from bots.configuration.live_policy import LivePolicy
from bots.configuration.tokens import TokenFile, bearer_tokens, member_tokens
from bots.destinations import Decisions, Remediations
from bots.errors import SettingsError, StorageFull
from bots.exchange.push_loop import PushLoop
from bots.exchange.pushing import Pusher
from bots.files import Files
from bots.guards.freeze import of_file, stops
from bots.inbox import Inbox
from bots.instants import now as system_now
from bots.integration import Integration, Part, Toolbox
from bots.integrations import integrations
from bots.ledger import Ledger, Rules
from bots.metrics import Metrics
from bots.monitoring.alertmanager_view import Alertmanager
from bots.monitoring.prometheus import Prometheus
from bots.monitoring.reconciler import Reconciler
from bots.outbound.destination import Destination
from bots.outbound.dispatch import Dispatch
from bots.outbound.mirror import renumber
from bots.reading import Reading
from bots.runners import runner_of
from bots.running import application
from bots.settings import Settings
from bots.timeline.effect import RunRemediation
from bots.token_bucket import TokenBucket
from bots.writer import Writer

_LAST_PUSH_S: Final = 5.0
_REFUSING_S: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bot:
    """One bot, ready to start."""

    app: ASGIApp
    inbox: Inbox
    reading: Reading
    reconciler: Reconciler
    writer: Writer
    metrics: Metrics


def build(settings: Settings, root: Path, now: Callable[[], datetime] = system_now) -> Bot:
    """Opens the files and wires the parts; the application's lifespan starts and stops the threads.

    Raises PolicyError, SettingsError, StorageFull, or what `open_store` raises; nothing runs then.
    """
    policy = LivePolicy(root)
    alertmanager_tokens = TokenFile(settings.alertmanager_tokens_file, bearer_tokens)
    member_token_file = TokenFile(settings.member_tokens_file, member_tokens)
    runner = runner_of(settings, now)
    files = Files.open(settings)
    inbox, metrics, answers, lock = files.inbox, Metrics(), Answers(), threading.Lock()
    scale = Timescale(factor=settings.time_lapse)
    ledger = Ledger(files.store, Rules.of(policy(), scale=scale))
    policy.on_change = lambda changed: setattr(ledger, "rules", Rules.of(changed, scale=scale))
    reading = Reading(ledger, files.store, lock)
    tools = _toolbox(settings, files, policy, reading, metrics, now)
    outside, way_in = _outside(settings, tools, files)
    for one in outside:
        if one.teams is not None:
            policy.resolve = Resolver(one.teams)

    def frozen() -> str:
        return stops((files.store.frozen(), of_file(policy().remediation.freeze)), now())

    def forbidden(run: RunRemediation) -> str:
        return frozen() or stale(run, reading.get(run.incident), ledger.rules)

    remediations = Remediations(runner, inbox, now, forbidden, begun=lambda run: begun(run, reading.get(run.incident)))
    dispatch = _dispatch(files, tools, outside, remediations)
    pushes = _pushes(files, metrics)
    writer = _writer(files, ledger, lock, answers, metrics, now, pushes=pushes, dispatch=dispatch, outside=outside)
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
    metrics.live(names.REMEDIATION_FROZEN, "Whether remediation is frozen", lambda: [((), float(bool(frozen())))])
    clock = _clock(files, outside, reading, policy, now, dispatch)
    others: list[Part] = [reconciler, policy, runner, clock, *(part for one in outside for part in one.parts)]
    app = application(files, writer=writer, dispatch=dispatch, pushes=pushes, others=others)
    desk = _desk(tools, answers, People(member_token_file, policy, way_in.verifier))
    app.include_router(health.router(metrics=metrics, checks=_checks(writer, inbox)))
    for routes in (*_routes(app, desk, tools, files, way_in), *(routes for one in outside for routes in one.routes)):
        app.include_router(routes)
    # Outside of everything else: a delivery passes no other layer.
    whole = AlertmanagerSource(app, inbox=inbox, tokens=alertmanager_tokens, metrics=metrics, now=now)
    return Bot(app=whole, inbox=inbox, reading=reading, reconciler=reconciler, writer=writer, metrics=metrics)


def _routes(app: FastAPI, desk: Desk, tools: Toolbox, files: Files, way_in: Entrance) -> Iterator[APIRouter]:
    """What people and their programs ask."""
    store, policy, now = files.store, tools.policy, tools.now
    yield incidents.router(desk=desk, reading=tools.reading)
    yield remediation.router(desk=desk, policy=policy, frozen=store.frozen, attempts=store.attempts, now=now)
    yield pages.router(reading=tools.reading, policy=policy, public_url=tools.public_url, now=now, guests=way_in.guests)
    yield pages.docs(app, now, way_in.guests, desk.reader)
    if way_in.door is not None:
        yield login.router(door=way_in.door, desk=desk, now=now)
        yield forms.router(desk=desk, door=way_in.door, now=now)


def _desk(tools: Toolbox, answers: Answers, people: People) -> Desk:
    return Desk(
        inbox=tools.inbox,
        answers=answers,
        asked=Asked(tools.journal),
        people=people,
        policy=tools.policy,
        read=tools.reading.get,
        metrics=tools.metrics,
        now=tools.now,
    )


def _dispatch(files: Files, tools: Toolbox, outside: Sequence[Integration], remediations: Remediations) -> Dispatch:
    own: tuple[Destination, ...] = (Decisions(files.inbox, tools.now), remediations)
    destinations = (*own, *(destination for one in outside for destination in one.destinations))
    return Dispatch(destinations, files.outbox, tools.metrics, tools.now)


def _clock(
    files: Files,
    outside: Sequence[Integration],
    reading: Reading,
    policy: Callable[[], Policy],
    now: Callable[[], datetime],
    dispatch: Dispatch,
) -> Clock:
    return Clock(
        [due for one in outside for due in one.clocks],
        view=lambda: Look(reading),
        policy=policy,
        inbox=files.inbox,
        outbox=files.outbox,
        journal=files.journal,
        now=now,
        released=dispatch.wake,
    )


def _writer(
    files: Files,
    ledger: Ledger,
    lock: threading.Lock,
    answers: Answers,
    metrics: Metrics,
    now: Callable[[], datetime],
    *,
    pushes: PushLoop,
    dispatch: Dispatch,
    outside: Sequence[Integration],
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
        translators={source: translate for one in outside for source, translate in one.translators.items()},
        mirrors=tuple(name for one in outside for name in one.mirrors),
    )


def _pushes(files: Files, metrics: Metrics) -> PushLoop:
    def renumbered(numbers: Mapping[int, int]) -> None:
        files.outbox.renumber(numbers)
        renumber(files.journal, numbers)

    return PushLoop(
        pusher=Pusher(files.store),
        last=Pusher(files.store, timeout_s=_LAST_PUSH_S),
        bucket=TokenBucket(),
        metrics=metrics,
        renumbered=renumbered,
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


def _toolbox(
    settings: Settings,
    files: Files,
    policy: Callable[[], Policy],
    reading: Reading,
    metrics: Metrics,
    now: Callable[[], datetime],
) -> Toolbox:
    return Toolbox(
        policy=policy,
        reading=reading,
        inbox=files.inbox,
        outbox=files.outbox,
        journal=files.journal,
        metrics=metrics,
        now=now,
        public_url=lambda: (settings.public_url or policy().routing.public_bot_url).rstrip("/"),
    )


def _outside(settings: Settings, tools: Toolbox, files: Files) -> tuple[tuple[Integration, ...], Entrance]:
    """The places outside, and who vouches for people; raises SettingsError, and then the files are closed."""
    try:
        way_in = entrance(settings.access, tools.inbox, policy=tools.policy, public_url=tools.public_url, now=tools.now)
        return integrations(settings, tools, files.store), way_in
    except (SettingsError, StorageFull):
        files.close()
        raise


def _checks(writer: Writer, inbox: Inbox) -> Mapping[str, Callable[[], str]]:
    return {
        # Only for a while: where nothing is sent to what is not ready, nothing would ever find out that there is room.
        "inbox": lambda: inbox.refusing(within_s=_REFUSING_S),
        "writer": lambda: "" if writer.alive else "its thread has ended",
    }
