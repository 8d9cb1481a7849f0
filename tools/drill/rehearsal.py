"""Runs the whole outage: builds the stage, starts the programs, goes through the steps, reports."""

import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from alerting.errors import PolicyError, TocsinError
from alerting.model.policy import Policy
from alerting.oncall import on_call
from alerting.policy import load
from alerting.timescale import DRILL, REAL
from bots.commands.rights import members, rights
from tools.drill import observe, promise
from tools.drill.backfill import backfill
from tools.drill.errors import DrillError
from tools.drill.phone import phones
from tools.drill.ports import LOOPBACK
from tools.drill.processes import Processes
from tools.drill.progress import Progress
from tools.drill.scenario import ALERT, SERVICE, SLO, Scenario
from tools.drill.stage import GITHUB_SECRETS, PAGERDUTY_SECRETS, SEED, Ports, Stage, drill_policy, new_token
from tools.drill.stage_files import write_files, write_rules
from tools.drill.stage_programs import programs
from tools.drill.standins import Outbound, running
from tools.drill.step import Done, run
from tools.drill.tracker import telling
from tools.drill.traffic import Traffic
from tools.drill.two_ways import TwoWays
from tools.drill.variant import ACTION, Variant, policies_of
from tools.parts import find

KEPT_RUNS: Final = 5
SCRAPES: Final = 3
SCRAPED_WITHIN_S: Final = 90.0
BULKY: Final = ("prometheus", "alertmanager", "bot", "secrets", "silenced")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line asks for."""

    errors: float
    """The share of requests that fail, 0..1."""
    real_time: bool
    variant: Variant | None = None
    """Which way the outage ends, where two are compared."""


@dataclass(slots=True)
class Rehearsal:
    """A run in progress and what came of it."""

    stage: Stage
    options: Options
    progress: Progress
    outbound: Outbound = field(default_factory=Outbound)
    done: list[Done] = field(default_factory=list)
    failure: str | None = None
    scenario: Scenario | None = None
    traffic: Traffic | None = None
    """The customers."""

    @property
    def mode(self) -> str:
        """How the windows are."""
        return "real windows" if self.options.real_time else f"time-lapse 1/{self.stage.scale.factor}"


def make_stage(root: Path, options: Options, until: ExitStack) -> Stage:
    """Decides addresses, files and people; raises DrillError or PolicyError before anything is started."""
    _expect_service(load(root))
    ports = Ports.choose(until)
    folder = new_folder(root / ".drill")
    try:
        return _stage(root, folder, ports, options)
    except TocsinError:
        shutil.rmtree(folder)
        with suppress(OSError):
            folder.parent.rmdir()
        raise


def _stage(root: Path, folder: Path, ports: Ports, options: Options) -> Stage:
    policies = root if options.variant is None else policies_of(root, folder, options.variant, SERVICE, ALERT)
    policy = load(policies)
    person = responder(policy, datetime.now(UTC))
    scale = REAL if options.real_time else DRILL
    stage = Stage(
        root=root,
        policies=policies,
        folder=folder,
        ports=ports,
        scale=scale,
        policy=drill_policy(policy, ports, scale, folder / "secrets"),
        responder=person,
        token=new_token(),
        approver=approver(policy, person),
        approver_token=new_token(),
        alertmanager_token=new_token(),
    )
    promise.page_s(stage, options.errors)
    return stage


def new_folder(runs: Path) -> Path:
    """A folder of the run's own; its name ends with the process id, as `tidy` expects it."""
    while True:
        folder = runs / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            time.sleep(0.1)
        else:
            return folder


def approver(policy: Policy, asks: str) -> str:
    """Somebody else who may approve what the responder asks for; empty if there is nobody."""
    found = (name for name in sorted(members(policy)) if name != asks)
    return next((name for name in found if rights(policy, name).approve & {ACTION, "*"}), "")


def _expect_service(policy: Policy) -> None:
    """Raises DrillError if the policy does not have what the drill breaks."""
    file, way_out = f"policies/services/{SERVICE}.yaml", "take the example's file over, or run the drill in a clone"
    if SERVICE not in policy.services:
        raise DrillError(f"{file}: not there; the drill breaks a service of that name; {way_out} of the project")
    slos = policy.services[SERVICE].slos
    if not slos or slos[0].name != SLO:
        found = f"the first one is {slos[0].name}" if slos else "there are none"
        raise DrillError(f"{file}: slos: {found}; the drill waits for the alert of `{SLO}`; {way_out} of the project")


def responder(policy: Policy, at: datetime) -> str:
    """Who acknowledges: whoever the service's team has on call; raises DrillError if nobody is."""
    team = policy.teams[policy.services[SERVICE].owner]
    names = [name for name in on_call(team, at).values() if name]
    if not names:
        raise DrillError(
            f"policies/teams/{team.team}.yaml: nobody is on call now; see `tocsin oncall --team {team.team}`"
        )
    return names[0]


@contextmanager
def rehearsal(root: Path, options: Options, progress: Progress) -> Iterator[Rehearsal]:
    """The outage, played to its end or its first failure; the programs run until the context is left."""
    with ExitStack() as stack:
        stage = make_stage(root, options, stack)
        this = Rehearsal(stage=stage, options=options, progress=progress)
        stack.callback(tidy, stage.folder)
        processes = stack.enter_context(Processes(stage.folder / "logs"))
        try:
            _start(this, stack, processes)
            _play(this, processes)
        except (DrillError, PolicyError, OSError) as error:
            this.failure = str(error)
        yield this


def _start(this: Rehearsal, stack: ExitStack, processes: Processes) -> None:
    stage, progress = this.stage, this.progress
    with progress.during("compiling the policies"):
        write_files(stage)
    if this.options.real_time:
        with progress.during("writing 6 h of healthy history"):
            end_s = int(time.time())
            promtool = find("promtool").path
            backfill(promtool, stage.policy, stage.ports.checkout, end_s, stage.folder / "prometheus", SEED)
    stack.enter_context(running(this.outbound, stage.ports.outbound, stage.ports.smtp))
    secret = (stage.folder / "secrets" / PAGERDUTY_SECRETS).read_text()
    stack.enter_context(phones(this.outbound.account, stage.policy, secret, stage.ports.url("bot")))
    heard = (stage.folder / "secrets" / GITHUB_SECRETS).read_text()
    stack.enter_context(telling(this.outbound.github, heard, stage.ports.url("bot")))
    for program in programs(stage):
        with progress.during(f"starting {program.name}"):
            processes.start(program)
        if program.name == SERVICE:
            # Customers come before Prometheus does: an SLO whose metrics are not there yet would page.
            stage.note_checkout(processes.pid(SERVICE))
            rate = stage.policy.services[SERVICE].slos[0].traffic or 20.0
            this.traffic = stack.enter_context(Traffic(LOOPBACK, stage.ports.checkout, rate, SEED))
    with progress.during("loading the rules"):
        _load_rules(stage, processes)
    progress.say("[green]✓[/] Prometheus, Alertmanager, the bot and the service run")


def _load_rules(stage: Stage, processes: Processes) -> None:
    """Puts the rules in place once the service has been scraped.

    A Prometheus that has just started takes 5 s to find its targets, and with time-lapse windows that is long enough
    for the SLO's metrics to count as vanished.
    """
    end = time.monotonic() + SCRAPED_WITHIN_S
    scraped = f'min(count_over_time(http_requests_total{{service="{SERVICE}"}}[5m]))'
    while (observe.query(stage.ports.url("prometheus"), scraped) or 0) < SCRAPES:
        processes.check()
        if time.monotonic() > end:
            raise DrillError(f"Prometheus did not scrape {SERVICE} within {SCRAPED_WITHIN_S:.0f} s")
        time.sleep(0.1)
    write_rules(stage)
    os.kill(processes.pid("prometheus"), signal.SIGHUP)


def _play(this: Rehearsal, processes: Processes) -> None:
    stage = this.stage
    patience = 12.0 if this.options.real_time else 1.0
    scenario = this.scenario = _scenario(this, patience)

    def watch() -> None:
        before = processes.pid(SERVICE)
        processes.check(may_end=(SERVICE,))
        if processes.pid(SERVICE) != before:
            stage.note_checkout(processes.pid(SERVICE))

    for step in scenario.steps():
        with this.progress.step(step) as outcome:
            outcome.append(run(step, watch))
        this.done.extend(outcome)


def _scenario(this: Rehearsal, patience: float) -> Scenario:
    variant, errors = this.options.variant, this.options.errors
    if variant is None:
        return Scenario(this.stage, this.outbound, errors, patience)
    return TwoWays(this.stage, this.outbound, errors, patience, variant)


def tidy(folder: Path) -> None:
    """Keeps the record, the drafts, the logs and the configuration of the last runs; the bulky rest goes."""
    for name in BULKY:
        shutil.rmtree(folder / name, ignore_errors=True)
    # A drill that runs beside this one is left alone; one that was killed could not tidy up after itself.
    ended = sorted(path for path in folder.parent.iterdir() if path == folder or not _runs(path))
    for old in ended[:-KEPT_RUNS]:
        shutil.rmtree(old, ignore_errors=True)


def _runs(folder: Path) -> bool:
    """Whether the drill of a folder still runs; the folder's name ends with its process id."""
    number = folder.name.rpartition("-")[2]
    try:
        os.kill(int(number), 0)
    except (ValueError, ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
