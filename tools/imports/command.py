"""The commands of `tocsin import`: read, plan, say what will be, write."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click

from tools.completion import stems
from tools.imports.errors import ForeignFileError
from tools.imports.found import Found, Note
from tools.imports.merge import Planned, Settings, plan
from tools.imports.naming import kebab
from tools.root import print_json, repository

SERVICES: Final = Path("policies/services")

_DONE: Final = {"create": "created", "extend": "extended", "leave": "left as it is"}
_WOULD: Final = {"create": "would be created", "extend": "would be extended", "leave": "would be left as it is"}


@click.group()
def import_() -> None:
    """Take over SLOs from Sloth or OpenSLO files.

    Every setting that has no place here is listed with its line. An SLO that is in a service file already is never
    changed. Ends with status 1 if an SLO was left out, or is there already and says something else; what could be
    taken over is written all the same. A file with mistakes writes nothing.
    """


def _options(command: Callable[..., None]) -> Callable[..., None]:
    """What both commands take."""
    for option in (
        click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path)),
        click.option(
            "--out",
            type=click.Path(file_okay=False, path_type=Path),
            help="Folder of the service files; policies/services by default.",
        ),
        click.option(
            "--owner", metavar="TEAM", shell_complete=stems("policies/teams"), help="The team of new services."
        ),
        click.option("--tier", type=click.IntRange(1, 3), help="The tier of new services; 2 if nobody says."),
        click.option("--dry-run", is_flag=True, help="Only say what would be written."),
        click.option("--json", "as_json", is_flag=True, help="For programs."),
        click.pass_context,
    ):
        command = option(command)
    return command


@import_.command()
@_options
def sloth(ctx: click.Context, **options: Any) -> None:
    """Take over a file of Sloth.

    Both kinds: prometheus/v1, and PrometheusServiceLevel for Kubernetes.
    """
    from tools.imports.sloth import find

    _run(ctx, find, **options)


@import_.command()
@_options
def openslo(ctx: click.Context, **options: Any) -> None:
    """Take over OpenSLO v1 documents whose metrics are in Prometheus."""
    from tools.imports.openslo import find

    _run(ctx, find, **options)


def _run(
    ctx: click.Context,
    find: Callable[[str, bytes], Found],
    *,
    file: Path,
    out: Path | None,
    owner: str | None,
    tier: int | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Reads, plans, writes and reports; mistakes end the command with status 1 before anything is written."""
    if owner is not None and kebab(owner, "team") != owner:
        raise click.UsageError(f"{owner[:60]!r} is not a team's name; expected one such as {kebab(owner, 'team')}")
    folder = out if out is not None else repository(ctx) / SERVICES
    settings = Settings(file=str(file), folder=folder, owner=owner, tier=tier)
    try:
        planned, notes = plan(find(str(file), file.read_bytes()), settings)
        if not dry_run:
            _write(planned)
    except ForeignFileError as error:
        _fail(error)
    except OSError as error:
        click.echo(f"{error.filename or file}: {error.strerror}; no file was written in part", err=True)
        sys.exit(1)
    if as_json:
        print_json(_report(planned, notes, dry_run))
    else:
        _show(planned, notes, str(file), dry_run)
    if any(note.left_out for note in notes) or any(one.different for one in planned):
        sys.exit(1)


def _fail(error: ForeignFileError) -> None:
    for problem in error.problems:
        said = str(problem)
        click.echo("".join(one if one.isprintable() else repr(one)[1:-1] for one in said), err=True)
    click.echo("nothing was written", err=True)
    sys.exit(1)


def _write(planned: tuple[Planned, ...]) -> None:
    """Writes every file beside its place first, then moves all of them: no file is ever half there."""
    ready: list[tuple[Path, Path]] = []
    try:
        for one in planned:
            if one.text:
                one.path.parent.mkdir(parents=True, exist_ok=True)
                beside = one.path.with_name(f".{one.path.name}.new")
                ready.append((beside, one.path))
                beside.write_bytes(one.text)
        for beside, path in ready:
            beside.replace(path)
    finally:
        for beside, _ in ready:
            beside.unlink(missing_ok=True)


def _report(planned: tuple[Planned, ...], notes: tuple[Note, ...], dry_run: bool) -> dict[str, Any]:
    return {
        "dry_run": dry_run,
        "files": [
            {
                "file": _near(one.path),
                "action": one.action,
                "added": one.added,
                "same": one.same,
                "different": one.different,
            }
            for one in planned
        ],
        "notes": [
            {
                "line": note.line,
                "object": note.object,
                "what": note.what,
                "instead": note.instead,
                "left_out": note.left_out,
            }
            for note in notes
        ],
    }


def _near(path: Path) -> str:
    """The path as a person in this folder would write it."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _show(planned: tuple[Planned, ...], notes: tuple[Note, ...], file: str, dry_run: bool) -> None:
    """What was written, then what was not kept."""
    for one in planned:
        click.echo(f"{_near(one.path)}: {(_WOULD if dry_run else _DONE)[one.action]}")
        for names, words in (
            (one.added, "added"),
            (one.same, "there already, the same"),
            (
                one.different,
                "there already and different: not touched; rename it in either file, or delete the old one",
            ),
        ):
            for name in names:
                click.echo(f"  {name}: {words}")
    for heading, chosen in (
        ("left out:", [note for note in notes if note.left_out]),
        ("not kept:", [note for note in notes if not note.left_out]),
    ):
        if chosen:
            click.echo(heading)
            for note in chosen:
                click.echo(f"  {note.text(file)}")
    if not planned:
        click.echo("no SLO was taken over")
    elif not dry_run and any(one.text for one in planned):
        click.echo("next: `tocsin check`")
