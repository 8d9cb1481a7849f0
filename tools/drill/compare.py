"""The outage with and without remediation, one after the other, and what that changed."""

import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from alerting.policy import load
from alerting.targets import RESOLVE_SHARE
from tools.drill.outcome import between
from tools.drill.progress import Progress
from tools.drill.rehearsal import Options, Rehearsal, rehearsal
from tools.drill.report import plain, seconds
from tools.drill.scenario import SERVICE
from tools.drill.variant import Variant, usual_s

if TYPE_CHECKING:
    from rich.console import Console

GOAL: Final = 1 - RESOLVE_SHARE
"""The share by which the time to resolve should be shorter, at least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two outages; times in seconds, None for what did not happen."""

    name: str
    incident: str | None
    detect_s: float | None
    """Fault to alert."""
    action_s: float | None
    """Alert to the end of the restart."""
    mttr_s: float | None
    """Alert to its end."""
    outage_s: float | None
    """Fault to the end of the alert."""
    failed: int
    """Requests of customers that failed."""
    verified: str
    """What was seen of the success; empty where nobody looked."""
    failure: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What came of both."""

    mode: str
    factor: int
    """How many times shorter than real all windows and delays were."""
    errors: float
    acknowledge_s: float
    person_s: float
    machine: Side
    person: Side

    @property
    def shorter(self) -> float | None:
        """The share by which the time to resolve is shorter with remediation; None if one of both is not known."""
        with_s, without_s = self.machine.mttr_s, self.person.mttr_s
        return None if not with_s or not without_s else 1 - with_s / without_s

    @property
    def met(self) -> bool:
        """Whether the goal is met."""
        return self.shorter is not None and self.shorter >= GOAL

    @property
    def break_even_s(self) -> float | None:
        """A person who restarts within so many seconds of real time after the alert would keep the goal from being met.

        An estimate, as if what follows the restart always took as long as after the person's. None where it gives none:
        with real windows a long outage also sets off the slower pair of windows, which takes longer to forget.
        """
        with_s, without_s, acted_s = self.machine.mttr_s, self.person.mttr_s, self.person.action_s
        if with_s is None or without_s is None or acted_s is None:
            return None
        found_s = (with_s / (1 - GOAL) - (without_s - acted_s)) * self.factor
        return found_s if found_s > 0 else None

    @property
    def assumption(self) -> str:
        """What the side without remediation rests on, in words."""
        lapse = f" All of it is {self.factor} times shorter here." if self.factor > 1 else ""
        return (
            f"Assumed, not measured: without remediation somebody acknowledges {_span(self.acknowledge_s)} after the "
            f"alert and has restarted the service by hand {_span(self.person_s)} after it; --person-takes sets another "
            f"time. A restart heals this fault; many real ones it would not.{lapse} What programs take is not shorter."
        )

    def to_json(self) -> dict[str, Any]:
        """As plain data. Assumptions are in real seconds, what was seen in those of a time-lapse by `factor`."""
        return {
            "mode": self.mode,
            "factor": self.factor,
            "errors": self.errors,
            "assumed": {"acknowledge_s": self.acknowledge_s, "person_s": self.person_s, "in_words": self.assumption},
            "with": asdict(self.machine),
            "without": asdict(self.person),
            "mttr_change": None if self.shorter is None else round(-self.shorter, 3),
            "goal": -round(GOAL, 3),
            "met": self.met,
            "break_even_person_s": None if self.break_even_s is None else round(self.break_even_s, 1),
        }


def compare(root: Path, errors: float, real_time: bool, person_s: float | None, progress: Progress) -> Comparison:
    """Plays both outages, one after the other; raises DrillError or PolicyError before anything is started."""
    policy = load(root)
    tier = policy.services[SERVICE].tier if SERVICE in policy.services else 1
    acknowledge_s, usual = usual_s(policy, policy.severity.priority("page", tier))
    takes_s = usual if person_s is None else person_s
    sides: dict[bool, Side] = {}
    factor, mode = 1, ""
    for automatic in (True, False):
        variant = Variant(automatic=automatic, acknowledge_s=min(acknowledge_s, takes_s), person_s=takes_s)
        progress.say(f"[bold]the outage {variant.name}[/]")
        options = Options(errors=errors, real_time=real_time, variant=variant)
        with rehearsal(root, options, progress) as this:
            sides[automatic] = _side(this, variant)
            factor, mode = this.stage.scale.factor, this.mode
        if sides[automatic].failure:
            break
    nothing = Side(
        name="without",
        incident=None,
        detect_s=None,
        action_s=None,
        mttr_s=None,
        outage_s=None,
        failed=0,
        verified="",
        failure="not played, since the other one failed",
    )
    return Comparison(
        mode=mode,
        factor=factor,
        errors=errors,
        acknowledge_s=min(acknowledge_s, takes_s),
        person_s=takes_s,
        machine=sides[True],
        person=sides.get(False, nothing),
    )


def _side(this: Rehearsal, variant: Variant) -> Side:
    at = {done.name: done.at for done in this.done}
    detail = {done.name: done.detail for done in this.done}
    return Side(
        name=variant.name,
        incident=this.scenario.incident if this.scenario else None,
        detect_s=between(at.get("fault"), at.get("alert")),
        action_s=between(at.get("alert"), at.get("action")),
        mttr_s=between(at.get("alert"), at.get("alert-end")),
        outage_s=between(at.get("fault"), at.get("alert-end")),
        failed=this.traffic.failed if this.traffic else 0,
        verified=detail.get("verified", ""),
        failure=this.failure,
    )


def show(found: Comparison, console: "Console") -> None:
    """The table for people."""
    from rich.table import Table

    title = f"The same outage twice, {found.mode}, {found.errors:.0%} of requests failing"
    table = Table("", "with remediation", "without", "change", title=title, title_justify="left")
    for column in table.columns[1:]:
        column.justify = "right"
    rows: tuple[tuple[str, str], ...] = (
        ("detect_s", "fault to alert (MTTD)"),
        ("action_s", "alert to restarted"),
        ("mttr_s", "alert to resolved (MTTR)"),
        ("outage_s", "fault to resolved"),
    )
    ours, theirs = asdict(found.machine), asdict(found.person)
    for key, words in rows:
        table.add_row(words, seconds(ours[key]), seconds(theirs[key]), _change(ours[key], theirs[key]))
    failed = (found.machine.failed, found.person.failed)
    table.add_row("requests that failed", *map(str, failed), _change(*map(float, failed)))
    console.print(table)
    _say(found, console)


def _say(found: Comparison, console: "Console") -> None:
    if found.machine.verified:
        console.print(f"  verified: {plain(found.machine.verified)}", highlight=False, soft_wrap=True)
    console.print(f"  {found.assumption}", highlight=False, soft_wrap=True)
    if found.break_even_s is not None:
        console.print(
            f"  By estimate, with a person who needs less than {_span(found.break_even_s)} the goal would be missed.",
            highlight=False,
            soft_wrap=True,
        )
    for side in (found.machine, found.person):
        if side.failure:
            console.print(f"\n[bold red]The outage {side.name} failed:[/] {plain(side.failure)}", highlight=False)
    if found.shorter is not None:
        verdict = "[bold green]met[/]" if found.met else "[bold red]missed[/]"
        changed = f"{abs(found.shorter):.0%} {'shorter' if found.shorter >= 0 else 'longer'}"
        against = f"Against a person who is assumed to need {_span(found.person_s)}"
        console.print(f"\n{against}, MTTR is {changed}; the goal of {GOAL:.0%} shorter is {verdict}.", highlight=False)


def _change(ours: float | None, theirs: float | None) -> str:
    return "–" if not ours or not theirs else f"{ours / theirs - 1:+.0%}"


def _span(real_s: float) -> str:
    minutes, rest = divmod(round(real_s), 60)
    return f"{minutes} min {rest} s" if minutes and rest else f"{minutes} min" if minutes else f"{rest} s"


def command(root: Path, errors: float, real_time: bool, person_s: float | None, as_json: bool) -> int:
    """`tocsin drill --compare`: 0 if the goal is met."""
    import os

    import click
    from rich.console import Console

    from alerting.errors import TocsinError
    from tools.root import print_json

    try:
        found = compare(root, errors, real_time, person_s, Progress(Console(stderr=as_json)))
    except TocsinError as error:
        click.echo(f"drill: {error}", err=True)
        return 1
    if as_json:
        print_json(found.to_json())
    else:
        show(found, Console(width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else 140))
    return 0 if found.met else 1
