"""An explanation of an SLO as tables for people."""

from collections.abc import Iterator
from typing import Final

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from alerting.explanation import SEVERITIES, Explanation, Reaction
from alerting.model.quantities import Duration

NEVER: Final = "never"
_BAR: Final = 10
_SELDOM: Final = 0.001


def tables(explanation: Explanation) -> Iterator[RenderableType]:
    """What is promised, the pairs of windows, and what happens at which share of errors."""
    yield Text(f"{explanation.service}/{explanation.slo}", style="bold")
    yield _promise(explanation)
    yield _pairs(explanation)
    yield _reactions(explanation)
    for sentence in explanation.never:
        yield Text(sentence, style="red")


def _promise(of: Explanation) -> Table:
    table = Table.grid(padding=(0, 2))
    budget = _short(of.budget_minutes * 60)
    events = f", or {of.budget_events:,.0f} bad events" if of.budget_events is not None else ""
    table.add_row("objective", f"{percent(of.objective)} of events are good in {of.period}")
    table.add_row("error budget", f"{percent(of.budget)}: {budget} of complete outage{events}")
    table.add_row("traffic", _traffic(of))
    if of.false_pages_per_year is None:
        table.add_row(
            "false pages", f"unknown without `traffic` (guarded as for at most {of.false_pages_allowed:g} a year)"
        )
    else:
        allowed = f"(allowed: {of.false_pages_allowed:g})"
        seldom = of.false_pages_per_year < _SELDOM
        rate = "fewer than one in a thousand years" if seldom else f"at most {of.false_pages_per_year:.2g} a year"
        table.add_row("false pages", f"{rate} while the service is at its objective {allowed}")
    table.add_row("evaluated", f"every {_short(of.evaluated_every_s)}")
    return table


def _traffic(of: Explanation) -> str:
    if of.traffic is None:
        return "not stated; the guard against chance assumes the worst"
    rate = f"{of.traffic:.3g}/s" if of.traffic >= 1 else f"{of.traffic * 60:.3g}/m"
    return f"{rate}, one probe a scrape" if of.traffic_source == "probe" else f"{rate} expected"


def _pairs(of: Explanation) -> Table:
    table = Table(title="Alerts while both windows burn faster", title_justify="left")
    for name in ("alert", "windows", "burn rate", "errors above", "bad events", "fires from"):
        table.add_column(name, justify="left" if name in ("alert", "windows") else "right")
    for pair in of.pairs:
        table.add_row(
            pair.severity,
            f"{pair.long} and {pair.short}",
            f"{pair.factor:g}",
            percent(pair.threshold),
            f"≥ {pair.failures} in {pair.short}",
            NEVER if pair.never else percent(pair.floor),
        )
    return table


def _reactions(of: Explanation) -> Table:
    table = Table(title="How long until the alert (and, after the last error, until its end)", title_justify="left")
    for name in ("errors", "alert", "detected", "budget spent", "", "reset"):
        table.add_column(name, justify="left" if name in ("alert", "") else "right")
    shares = list(dict.fromkeys(reaction.errors for reaction in of.reactions))
    for share in shares:
        for severity in SEVERITIES:
            reaction = next(one for one in of.reactions if (one.errors, one.severity) == (share, severity))
            table.add_row(percent(share) if severity == SEVERITIES[0] else "", severity, *_reaction(reaction))
    return table


def _reaction(reaction: Reaction) -> tuple[str, str, str, str]:
    if reaction.detection_s is None or reaction.reset_s is None or reaction.budget_spent is None:
        return NEVER, "", "", ""
    return (
        _short(reaction.detection_s),
        f"{reaction.budget_spent:.1%}",
        bar(reaction.budget_spent),
        _short(reaction.reset_s),
    )


def bar(share: float) -> str:
    """A share as a bar; more than everything ends in an arrow."""
    if share > 1:
        return "█" * _BAR + "▶"
    return ("█" * round(share * _BAR)).ljust(_BAR, "·")


def percent(ratio: float) -> str:
    """A ratio with as many digits as it needs."""
    return f"{ratio * 100:.4g}%"


def _short(seconds: float) -> str:
    """A time to the second, or to the minute when it is long."""
    return str(Duration(round(seconds if seconds < 3600 else seconds / 60) * (1000 if seconds < 3600 else 60_000)))
