"""`tocsin parts`: which real programs are here, and getting those that are not."""

import dataclasses
import sys
from collections.abc import Sequence
from typing import Any

import click
from click.shell_completion import CompletionItem

from tools.parts.errors import PartMissing
from tools.parts.finder import Part, find, present
from tools.parts.table import SETS, TABLE
from tools.root import print_json


def complete_name(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The names in the table and of the sets, for the shell."""
    programs = {name: f"for {', '.join(program.used_by)}" for name, program in TABLE.items()}
    sets = {name: f"all of {', '.join(names)}" for name, names in SETS.items()}
    return [CompletionItem(name, help=what) for name, what in (programs | sets).items() if name.startswith(incomplete)]


@click.command()
@click.argument("names", metavar="[NAME]...", nargs=-1, shell_complete=complete_name)
@click.option("--fetch", is_flag=True, help="Get the parts that are missing; the first time this can take minutes.")
@click.option("--path", "as_path", is_flag=True, help="Print nothing but the paths, a line each, for scripts.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
def parts(names: Sequence[str], fetch: bool, as_path: bool, as_json: bool) -> None:
    """List the real programs that drill, tests and bench use, or fetch them with --fetch.

    Each is taken from PATH if it is new enough there, else from the cache, the official release, Debian's packages or
    its Go module. NAME is a part or a set of them: alerting, cluster, provisioning.
    """
    unknown = [name for name in names if name not in TABLE and name not in SETS]
    if unknown:
        raise click.BadParameter(
            f"{', '.join(unknown)}: no such part; expected some of {', '.join([*TABLE, *SETS])}", param_hint="NAME"
        )
    wanted = [one for name in names or SETS for one in SETS.get(name, (name,))]
    found, failures = _look(wanted, fetch)
    rows = [_row(name, part) for name, part in found.items()]
    complaints = [str(failure) for failure in failures]
    if as_path:
        click.echo("".join(f"{row['path']}\n" for row in rows if row["path"]), nl=False)
        complaints = complaints or _missing(rows)
    elif as_json:
        print_json(rows)
    else:
        _print_table(rows)
    for complaint in complaints:
        click.echo(complaint, err=True)
    if complaints:
        sys.exit(1)


def _look(names: Sequence[str], fetch: bool) -> tuple[dict[str, Part | None], list[PartMissing]]:
    """Each part or None, and why those that were to be fetched could not be."""
    found: dict[str, Part | None] = {}
    failures = []
    for name in dict.fromkeys(names):
        try:
            found[name] = find(name) if fetch else present(name)
        except PartMissing as failure:
            found[name] = None
            failures.append(failure)
    return found, failures


def _row(name: str, part: Part | None) -> dict[str, Any]:
    """One part as plain values."""
    program = TABLE[name]
    row: dict[str, Any] = {
        "name": name,
        "version": None,
        "pinned": program.bundles[0].version,
        "accepted": str(program.accepted),
        "source": None,
        "path": None,
        "extra_args": [],
        "files": {},
        "used_by": list(program.used_by),
    }
    if part is not None:
        files = {name: str(folder) for name, folder in part.files.items()}
        row |= dataclasses.asdict(part)
        row |= {"path": str(part.path), "extra_args": list(part.extra_args), "files": files}
    return row


def _missing(rows: Sequence[dict[str, Any]]) -> list[str]:
    """How to get what is not here; nothing if all of it is."""
    names = " ".join(row["name"] for row in rows if row["path"] is None)
    return [f"missing: {names}; get them with `tocsin parts --fetch {names}`"] if names else []


def _print_table(rows: Sequence[dict[str, Any]]) -> None:
    """The rows for people, and how to get what is missing."""
    from rich.console import Console
    from rich.table import Table

    table = Table("part", "version", "pinned", "source", "path", box=None, pad_edge=False, header_style="bold")
    table.columns[-1].overflow = "fold"
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 1000  # no fold in the middle of a path that a script cuts out
    for row in rows:
        table.add_row(
            row["name"], row["version"] or "missing", row["pinned"], row["source"] or "", row["path"] or row["accepted"]
        )
    console.print(table)
    for line in _missing(rows):
        click.echo(line)
