"""`tocsin check`: every mistake in the policy files at once, without the network."""

import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click

from alerting.checks import run
from alerting.model.quantities import parse_instant
from alerting.policy import Loaded, read
from alerting.problem import Problem
from alerting.stack_files import FOLDER, PATTERN, clashes
from tools import github_files
from tools.postmortem_files import problems as postmortem_problems
from tools.root import print_json, repository


class InstantType(click.ParamType[datetime]):
    """A point in time on the command line."""

    name = "time"

    def convert(self, value: str | datetime, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Reads RFC 3339, or a day as its first moment in UTC."""
        try:
            return parse_instant(f"{value}T00:00:00Z" if isinstance(value, str) and len(value) == 10 else value)
        except ValueError:
            self.fail(f"{value!r} is not a time; expected one such as 2026-02-01T22:00:00Z or 2026-02-01", param, ctx)


@click.command()
@click.option("--at", type=InstantType(), help="The time to check for, such as 2026-02-01T22:00:00Z; now by default.")
@click.option("--json", "as_json", is_flag=True, help="Write the problems as JSON.")
@click.pass_context
def check(ctx: click.Context, at: datetime | None, as_json: bool) -> None:
    """Find every mistake in the policy files and postmortems, files under .github/ that are not what they say, and
    stacks that get in each other's way.

    Each is one line: file, line, object, what is wrong; what was expected; how to fix it. Exit status 0 when there are
    none, 1 when there are; warnings do not count.
    """
    root = repository(ctx)
    loaded = read(root)
    problems = [*run(loaded, at or datetime.now(UTC))]
    if loaded.policy is not None:
        problems += github_files.problems(root, loaded.policy)
        problems += postmortem_problems(root, loaded.policy)
    problems += clashes(
        {path.relative_to(root).as_posix(): path.read_bytes() for path in (root / FOLDER).glob(PATTERN)}
    )
    errors = [problem for problem in problems if problem.level == "error"]
    if as_json:
        print_json({"ok": not errors, "problems": [asdict(problem) for problem in problems]})
    else:
        _print(loaded, problems, root)
    sys.exit(1 if errors else 0)


def _print(loaded: Loaded, problems: Sequence[Problem], root: Path) -> None:
    """The problems on standard output, and what came of it in one line on standard error."""
    for problem in problems:
        click.echo(str(problem))
    errors = sum(problem.level == "error" for problem in problems)
    click.echo(summary(loaded, errors, len(problems) - errors), err=True)


def summary(loaded: Loaded, errors: int, warnings: int) -> str:
    """What was checked and found, in one line."""
    counts = [count(errors, "mistake"), *([count(warnings, "warning")] if warnings else [])]
    if loaded.partial is None:
        return f"{' and '.join(counts)}; what holds between files is checked once these are corrected"
    policy = loaded.partial
    parts = ", ".join(
        (
            count(len(policy.services), "service"),
            count(sum(len(service.slos) for service in policy.services.values()), "SLO"),
            count(len(policy.teams), "team"),
            count(sum(len(area.alerts) for area in policy.catalog.values()), "alert") + " of the catalogue",
            count(len(policy.runbooks), "runbook"),
            count(len(policy.silences), "silence"),
        )
    )
    return f"{' and '.join(counts)} in {parts}"


def count(number: int, word: str) -> str:
    """`no mistake`, `1 mistake`, `2 mistakes`."""
    return f"{number or 'no'} {word}{'' if number == 1 else 's'}"
