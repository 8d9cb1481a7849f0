"""What the drill says at the end: when each thing happened, how long it took, where to look."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tools.drill.step import Done

if TYPE_CHECKING:
    from rich.console import Console


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One summand of the promised time from fault to page."""

    name: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The whole outcome; the times in seconds are None for what did not happen."""

    incident: str | None
    mode: str
    errors: float
    steps: Sequence[Done]
    fault_at: datetime | None
    mttd_s: float | None
    """Fault to alert firing."""
    mtta_s: float | None
    """Alert firing to acknowledgment."""
    mttr_s: float | None
    """Alert firing to the alert's end."""
    page_s: float | None
    """Fault to page."""
    promised: Sequence[Term]
    """What the time from fault to page may consist of."""
    push_s: float | None
    """Page to the incident on the remote."""
    commits: Mapping[str, str]
    look: Mapping[str, str]
    """Where to look: what → command or address."""
    failure: str | None = None
    messages: Mapping[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The report as plain data."""
        return {
            "incident": self.incident,
            "mode": self.mode,
            "errors": self.errors,
            "steps": [
                {
                    "step": s.name,
                    "title": s.title,
                    "at": s.at.isoformat(),
                    "took_s": round(s.took_s, 2),
                    "detail": s.detail,
                }
                for s in self.steps
            ],
            "fault_at": self.fault_at and self.fault_at.isoformat(),
            "mttd_s": self.mttd_s,
            "mtta_s": self.mtta_s,
            "mttr_s": self.mttr_s,
            "fault_to_page_s": self.page_s,
            "fault_to_page_promised": {term.name: term.seconds for term in self.promised},
            "page_to_push_s": self.push_s,
            "commits": dict(self.commits),
            "messages": dict(self.messages),
            "look": dict(self.look),
            "failure": self.failure,
        }


def seconds(value: float | None) -> str:
    """`83.2 s` as `1m23.2s`; a dash for what did not happen."""
    if value is None:
        return "–"
    minutes, rest = divmod(value, 60)
    return f"{minutes:.0f}m{rest:04.1f}s" if minutes else f"{rest:.1f}s"


def show(report: Report, console: "Console") -> None:
    """Prints the report for people."""
    if report.steps:
        _steps(report, console)
        _figures(report, console)
    width = max(map(len, report.look), default=0)
    for what, where in report.look.items():
        console.print(f"  {what:<{width}}  {where}", highlight=False, markup=False, soft_wrap=True)
    if report.failure:
        console.print(f"\n[bold red]The drill failed:[/] {plain(report.failure)}", highlight=False, soft_wrap=True)
    else:
        console.print(f"\n[bold green]The drill succeeded:[/] {report.incident} is on the record.", highlight=False)


def plain(text: str) -> str:
    """Text in which rich finds no markup."""
    return text.replace("[", "\\[")


def _steps(report: Report, console: "Console") -> None:
    from rich.table import Table

    table = Table(title=f"The outage, {report.mode}, {report.errors:.0%} of requests failing", title_justify="left")
    table.add_column("at")
    table.add_column("fault +", justify="right")
    table.add_column("step")
    table.add_column("seen", overflow="fold")
    for step in report.steps:
        after = (step.at - report.fault_at).total_seconds() if report.fault_at else None
        shown = "" if after is None or after < 0 else seconds(after)
        table.add_row(f"{step.at:%H:%M:%S}", shown, step.title, plain(step.detail))
    console.print(table)


def _figures(report: Report, console: "Console") -> None:
    from rich.table import Table

    table = Table(show_header=False, box=None, padding=(0, 2))
    table.add_row("MTTD", seconds(report.mttd_s), "fault to alert firing")
    table.add_row("MTTA", seconds(report.mtta_s), "alert firing to acknowledgment")
    table.add_row("MTTR", seconds(report.mttr_s), "alert firing to alert resolved")
    promised = sum(term.seconds for term in report.promised)
    terms = " + ".join(f"{term.name} {seconds(term.seconds)}" for term in report.promised)
    table.add_row("fault to page", seconds(report.page_s), f"promised ≤ {seconds(promised)} = {terms}")
    table.add_row("page to push", seconds(report.push_s), "promised ≤ 5.0s")
    for what, commit in report.commits.items():
        table.add_row("commit", commit, what)
    console.print(table)
