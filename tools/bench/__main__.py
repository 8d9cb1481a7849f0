"""`make bench`: every promised figure of speed and memory, measured here and now, beside its target."""

import importlib
import os
import platform
from typing import Final

import click

from tools.bench.figure import Figure
from tools.root import print_json

BENCHES: Final = {
    "cli": "how fast the command line answers",
    "render": "compiling 1,000 services, beside Sloth",
    "rules": "samples that the rules read, beside Sloth's shape",
    "program": "the Pulumi program with 300 services",
    "bot": "deliveries a second, latency, memory",
    "records": "commits and start-up with 100,000 incidents",
    "numbers": "a weekly report of 20,000 incidents",
    "site": "the status page from 20,000 incidents",
    "durability": "kill -9 while deliveries arrive",
    "drill": "the drill with real windows",
}


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(list(BENCHES)))
@click.option("--json", "as_json", is_flag=True, help="Print the figures for programs.")
def main(names: tuple[str, ...], as_json: bool) -> None:
    """Run all benchmarks, or the named ones."""
    figures: list[Figure] = []
    for name in names or tuple(BENCHES):
        click.echo(f"{name}: {BENCHES[name]} …", err=True)
        figures.extend(importlib.import_module(f"tools.bench.{name}").measure())
    if as_json:
        print_json([figure.to_json() for figure in figures])
    else:
        _show(figures)


def machine() -> str:
    """What these figures were measured on."""
    gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {gib:.0f} GiB, {platform.system()}, Python {platform.python_version()}"


def _show(figures: list[Figure]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"On {machine()}", title_justify="left")
    for column, justify in (
        ("what", "left"),
        ("measured", "right"),
        ("promised", "right"),
        ("", "left"),
        ("beside", "left"),
    ):
        table.add_column(column, justify=justify)  # type: ignore[arg-type]  # the literals above
    for figure in figures:
        sign = "≤" if figure.better == "less" else "≥"
        promised = "" if figure.target is None else f"{sign} {figure.target:,.4g} {figure.unit}"
        verdict = {True: "met", False: "missed", None: ""}[figure.met]
        table.add_row(figure.name, f"{figure.value:,.4g} {figure.unit}", promised, verdict, figure.beside)
    Console().print(table)


if __name__ == "__main__":
    main()
