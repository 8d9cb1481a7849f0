"""The answers of `tools.rota` as tables for people."""

import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import click

NOBODY: Final = "nobody"
PIPE_WIDTH: Final = 160
"""Columns where the output is no terminal, whose width nobody knows."""

Team = dict[str, Any]


def show_moment(teams: Sequence[Team]) -> None:
    """One table per team: each layer's person, until when, and who is next; then the way of a page."""
    for team in teams:
        zone = ZoneInfo(team["timezone"])
        title = f"{team['team']} at {_time(team['at'], zone)} {team['timezone']}"
        rows = [
            (
                layer["layer"],
                (layer["who"] or NOBODY) + (" (override)" if layer["override"] else ""),
                _time(layer["until"], zone) if layer["until"] else "",
                f"{layer['next']['who']}, {_time(layer['next']['start'], zone)}" if layer["next"] else NOBODY,
            )
            for layer in team["layers"]
        ]
        _table(title, ("layer", "on call", "until", "next"), rows)
        click.echo(f"  a page reaches {_escalation(team['page'])}\n")


def show_period(teams: Sequence[Team]) -> None:
    """One table per team with a line for every shift."""
    for team in teams:
        zone = ZoneInfo(team["timezone"])
        title = f"{team['team']}, {_time(team['from'], zone)} to {_time(team['to'], zone)} {team['timezone']}"
        rows = [
            (
                _time(shift["start"], zone),
                _time(shift["end"], zone),
                shift["layer"],
                shift["who"],
                "override" if shift["override"] else "",
            )
            for shift in team["shifts"]
        ]
        _table(title, ("from", "to", "layer", "on call", ""), rows)
        click.echo("" if rows else f"  {NOBODY}\n")


def show_coverage(teams: Sequence[Team]) -> None:
    """A line for every team that is covered, and one for every time in which a team is not."""
    for team in teams:
        zone = ZoneInfo(team["timezone"])
        span = f"{_time(team['from'], zone)} to {_time(team['to'], zone)} {team['timezone']}"
        nobody, silent = team["nobody_on_call"], team["escalation_reaches_nobody"]
        if not team["layers"]:
            click.echo(
                f"{team['team']}: no on_call layers; expected someone in every minute; add `on_call` to its file"
            )
            continue
        if not nobody and not silent:
            click.echo(f"{team['team']}: covered in every minute, {span}")
            continue
        minutes = sum(gap["minutes"] for gap in (*nobody, *silent))
        click.echo(f"{team['team']}: {minutes} minutes are not covered, {span}")
        for gap in nobody:
            click.echo(f"  {_gap(gap, zone)}: nobody is on call")
        for gap in silent:
            click.echo(f"  {_gap(gap, zone)}: someone is on call, but the escalation notifies nobody")


def _gap(gap: dict[str, Any], zone: ZoneInfo) -> str:
    return f"{_time(gap['start'], zone)} to {_time(gap['end'], zone)} ({gap['minutes']} minutes)"


def _time(at: datetime, zone: ZoneInfo) -> str:
    """`Mon 2026-01-05 09:00`, with what distinguishes the two hours of one name when clocks go back."""
    local = at.astimezone(zone)
    ambiguous = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    return f"{local:%a %Y-%m-%d %H:%M}" + (f" {local:%z}" if ambiguous else "")


def _escalation(steps: Sequence[dict[str, Any]]) -> str:
    """The people in the order in which a page reaches them."""
    named = [step for step in steps if step["who"]]
    if not named:
        return NOBODY
    texts: list[str] = []
    for step in named:
        layer = f" ({step['layer']})" if step["layer"] else ""
        after = f"after {step['after']} " if texts else ""
        texts.append(f"{after}{step['who']}{layer}")
    return ", ".join(texts)


def _table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Prints a table without reading markup into its texts."""
    if not rows:
        click.echo(title)
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, title=Text(title), title_justify="left", title_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(Text(column), no_wrap=True)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console(width=None if sys.stdout.isatty() else PIPE_WIDTH).print(table)
