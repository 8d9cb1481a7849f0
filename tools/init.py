"""`tocsin init`: a data folder of one's own, without the example company, that `tocsin check` finds no mistake in."""

import re
import shlex
from pathlib import Path

import click

from alerting.editor import FOLDER
from alerting.model.document_model import NAME_PATTERN
from tools.starting import CannotStartError, Start, start

_NAME = re.compile(NAME_PATTERN)


class NameType(click.ParamType[str]):
    """A name in kebab-case on the command line."""

    name = "name"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name as it is; ends the command otherwise."""
        if not _NAME.fullmatch(value) or len(value) > 63:
            self.fail(f"{value!r} is not lower-case words and digits joined by hyphens, such as web-shop", param, ctx)
        return value


@click.command()
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
@click.option("--team", type=NameType(), default="platform", show_default=True, help="Your first team.")
@click.option("--service", type=NameType(), default="web", show_default=True, help="Your first service.")
def init(directory: Path, team: str, service: str) -> None:
    """Start a data folder of your own in DIRECTORY, without the example company.

    It gets one service, one team, severities, routes and access rights to begin with, the catalogue of alerts with its
    runbooks, the burn-rate windows, and templates. DIRECTORY must not exist yet, or be empty.
    """
    try:
        written = start(Start(folder=directory, team=team, service=service))
    except CannotStartError as error:
        raise click.UsageError(str(error)) from error
    click.echo(f"wrote {written} files to {directory}\n")
    click.echo(next_steps(directory, team, service))


def next_steps(folder: Path, team: str, service: str) -> str:
    """What a newcomer does now."""
    steps = (
        (f"cd {shlex.quote(str(folder))}", ""),
        ("tocsin check", "finds every mistake; there is none yet"),
        (f"edit policies/teams/{team}.yaml", "who you are, and who is on call"),
        (f"edit policies/services/{service}.yaml", "what you promise, and how it is measured"),
        ("edit policies/routing.yaml", "where alerts go; replace what ends in example.com"),
        (f"tocsin explain {service}", "how soon its alerts fire, and how often for nothing"),
        ("tocsin render", "writes rendered/: rules and routes for Prometheus and Alertmanager"),
        ("git init && git add .", "from now on by pull request"),
    )
    width = max(len(step) for step, _ in steps)
    rows = "\n".join(f"  {step:{width}}  {why}".rstrip() for step, why in steps)
    return f"Next:\n{rows}\nAn editor with the YAML language server completes keys by {FOLDER}/."
