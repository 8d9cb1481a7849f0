"""`tocsin doctor`: is everything here that is needed, and which settings are missing; it changes nothing."""

import dataclasses
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from tools.root import find_root, print_json

PURPOSES: Final[Mapping[str, str]] = {
    "policy": "check and render the policy files",
    "drill": "rehearse an outage",
    "tests": "run the test suite",
    "bench": "measure",
    "serve": "run the bot",
    "incident": "work on incidents with the running bot",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is needed."""

    purpose: str
    """A key of PURPOSES."""
    thing: str
    here: bool
    found: str
    """What is there, or what is wrong."""
    fix: str = ""
    """What to do where it is not here."""


@click.command()
@click.argument("purposes", metavar="[PURPOSE]...", nargs=-1, type=click.Choice(tuple(PURPOSES)))
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
@click.pass_context
def doctor(ctx: click.Context, purposes: Sequence[str], as_json: bool) -> None:
    """Is everything here that is needed, and which settings are missing.

    PURPOSE is policy, drill, tests, bench, serve or incident; without one, all are looked at. Ends with status 1 if
    anything is missing for them.
    """
    root: Path | None = ctx.find_root().obj or find_root(Path.cwd())
    findings = [found for found in examine(root, os.environ) if not purposes or found.purpose in purposes]
    if as_json:
        print_json([dataclasses.asdict(finding) for finding in findings])
    else:
        _print(findings)
    if not all(finding.here for finding in findings):
        sys.exit(1)


def examine(root: Path | None, environment: Mapping[str, str]) -> list[Finding]:
    """Everything that can be known without the network; `root` is the repository, None outside of one."""
    return [*_policy(root), *_git(), *_parts(), *_bot(environment), *_client(environment)]


def _policy(root: Path | None) -> Iterator[Finding]:
    """The policy files of the repository."""
    if root is None or not (root / "policies").is_dir():
        where = root or Path.cwd()
        fix = "name a repository with --root, or start one with `tocsin init DIR`"
        yield Finding(purpose="policy", thing="repository", here=False, found=f"{where}: no policies/", fix=fix)
        return
    from alerting.policy import read

    yield Finding(purpose="policy", thing="repository", here=True, found=str(root))
    mistakes = [problem for problem in read(root).problems if problem.level == "error"]
    found = f"{len(mistakes)} mistakes, the first: {mistakes[0]}" if mistakes else "read without mistakes"
    fix = "`tocsin check` lists them all"
    yield Finding(purpose="policy", thing="policy files", here=not mistakes, found=found, fix=fix)


def _git() -> Iterator[Finding]:
    """Drill and bot keep the records with git."""
    program = shutil.which("git")
    words = (
        subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout if program else ""
    )
    found = words.strip() or "git is not on PATH"
    for purpose in ("drill", "tests", "serve"):
        yield Finding(purpose=purpose, thing="git", here=bool(words), found=found, fix="install git")


def _parts() -> Iterator[Finding]:
    """The real programs."""
    from tools.parts import TABLE, present

    for name, program in TABLE.items():
        part = present(name)
        found = f"{part.version}, {part.source}" if part else f"not here; expected {program.accepted}"
        for purpose in program.used_by:
            fix = f"`tocsin parts --fetch {name}`; what needs it also fetches it"
            yield Finding(purpose=purpose, thing=name, here=part is not None, found=found, fix=fix)


def _bot(environment: Mapping[str, str]) -> Iterator[Finding]:
    """The bot's settings."""
    from bots.errors import SettingsError
    from bots.settings import read_settings

    try:
        read_settings(environment)
    except SettingsError as error:
        yield from _settings("serve", error.problems)
    else:
        yield Finding(purpose="serve", thing="settings", here=True, found="all set")


def _client(environment: Mapping[str, str]) -> Iterator[Finding]:
    """The settings of those who talk to the bot."""
    from bots.errors import SettingsError
    from bots.settings import read_client_settings

    try:
        client = read_client_settings(environment)
    except SettingsError as error:
        yield from _settings("incident", error.problems)
    else:
        yield Finding(purpose="incident", thing="settings", here=True, found=f"the bot at {client.url}")


def _settings(purpose: str, problems: Sequence[str]) -> Iterator[Finding]:
    """One finding for each `NAME: what is wrong`."""
    for problem in problems:
        name, _, wrong = problem.partition(": ")
        yield Finding(purpose=purpose, thing=name, here=False, found=wrong, fix=f"set {name}; see .env.example")


def _print(findings: Sequence[Finding]) -> None:
    """The findings for people, grouped by what they are for."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 1000  # no fold where there is no edge
    for purpose in (one for one in PURPOSES if any(finding.purpose == one for finding in findings)):
        console.print(Text(f"to {PURPOSES[purpose]}", style="bold"))
        table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
        for finding in (one for one in findings if one.purpose == purpose):
            mark = Text("  ok", style="green") if finding.here else Text("  missing", style="red")
            words = finding.found if finding.here else f"{finding.found}\n→ {finding.fix}"
            table.add_row(mark, finding.thing, Text(words))
        console.print(table)
