"""Which repository a command works on, and how its result reaches a program."""

import sys
from pathlib import Path
from typing import Any

import click
import orjson


def find_root(start: Path) -> Path | None:
    """The nearest folder from `start` upwards that has `policies/`; None if there is none."""
    return next((folder for folder in (start, *start.parents) if (folder / "policies").is_dir()), None)


def repository(ctx: click.Context) -> Path:
    """The folder that `--root` names or that holds the working directory; ends the command with status 2 otherwise."""
    given: Path | None = ctx.find_root().obj
    found = find_root(Path.cwd()) if given is None else given
    if found is None or not (found / "policies").is_dir():
        where = given or Path.cwd()
        raise click.UsageError(
            f"{where}: no policies/ here or above; expected a Tocsin repository; "
            "name one with --root or start one with `tocsin init DIR`"
        )
    return found.resolve()


def print_json(value: Any) -> None:
    """Writes a value as indented JSON for programs, at once, since this one may go on while they wait for it."""
    sys.stdout.write(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS, default=str).decode())
    sys.stdout.write("\n")
    sys.stdout.flush()
