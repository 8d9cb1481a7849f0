"""`tocsin schema`: JSON Schema files, so that an editor completes keys and marks mistakes while people type."""

from pathlib import Path
from typing import Any

import click
import orjson

from alerting.editor import FOLDER, schemas
from tools.root import repository


@click.command()
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help=f"The folder to write to; {FOLDER}/ of the repository by default.",
)
@click.option("--check", "only_check", is_flag=True, help="Write nothing; exit with 1 if a file is missing or stale.")
@click.pass_context
def schema(ctx: click.Context, out: Path | None, only_check: bool) -> None:
    """Write JSON Schema files for editors.

    One for each kind of policy file. An editor with the YAML language server uses them by a comment on top of a file
    (`# yaml-language-server: $schema=../../docs/schema/service.schema.json`) or by .vscode/settings.json, which
    `tocsin init` writes.
    """
    folder = out or repository(ctx) / FOLDER
    if only_check:
        stale = stale_files(folder)
        for name in stale:
            click.echo(f"{folder / name}: missing or stale; expected what the models say; run `tocsin schema`")
        ctx.exit(1 if stale else 0)
    write(folder)
    click.echo(f"wrote {len(schemas())} files to {folder}")


def write(folder: Path) -> None:
    """Writes every schema file."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in schemas().items():
        (folder / name).write_bytes(text(value))


def stale_files(folder: Path) -> list[str]:
    """The files that `write` would change."""
    return [name for name, value in schemas().items() if not _same(folder / name, text(value))]


def text(value: Any) -> bytes:
    """JSON as it is committed."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _same(path: Path, wanted: bytes) -> bool:
    return path.is_file() and path.read_bytes() == wanted
