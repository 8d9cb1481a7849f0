"""`tocsin postmortem`: how complete postmortems are, and asking for a draft."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from tools.check import count
from tools.incident_asking import INCIDENT, JSON, PATH, asking, show_done
from tools.loading import loaded_policy
from tools.postmortem_files import Reviewed, paths, reviewed
from tools.root import print_json, repository


@click.group()
def postmortem() -> None:
    """Postmortems: what is missing in them, and drafts.

    They are Markdown files under postmortems/, drafted by the bot as pull requests and finished by people.
    """


@postmortem.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@JSON
@click.pass_context
def lint(ctx: click.Context, files: tuple[Path, ...], as_json: bool) -> None:
    """Say how complete postmortems are and what to write next.

    All of postmortems/ by default.

    The score is the share of the checks that are done. A draft may have any; a published one must have them all. Exit
    status 1 when something is wrong: a mistake in the front matter, an unknown owner, a published one with a gap.
    """
    root = repository(ctx)
    policy = loaded_policy(ctx)
    found = list(reviewed(root, policy, files or paths(root)))
    wrong = any(one.problems for one in found)
    if as_json:
        print_json({"ok": not wrong, "postmortems": [_document(one) for one in found]})
    else:
        _print(found)
    sys.exit(1 if wrong else 0)


def _document(one: Reviewed) -> dict[str, Any]:
    front = one.postmortem.front if one.postmortem else None
    return {
        "path": one.path,
        "incident": front.incident if front else None,
        "status": front.status if front else None,
        "score": one.review.score if one.review else None,
        "findings": [asdict(finding) for finding in one.review.findings] if one.review else [],
        "problems": [asdict(problem) for problem in one.problems],
    }


def _print(found: list[Reviewed]) -> None:
    """Problems on standard output as one line each, and below each file what is left to write."""
    for one in found:
        for problem in one.problems:
            click.echo(str(problem))
        if one.review is None or one.postmortem is None:
            continue
        click.echo(f"{one.path}: {one.review.score} % complete, {one.postmortem.front.status}")
        for finding in one.review.findings:
            if not finding.done:
                click.echo(f"  {one.path}:{finding.line}: {finding.name}: {finding.hint}")
    wrong = sum(len(one.problems) for one in found)
    click.echo(f"{count(wrong, 'mistake')} in {count(len(found), 'postmortem')}", err=True)


@postmortem.command()
@INCIDENT
@JSON
def draft(incident: str, as_json: bool) -> None:
    """Ask the bot for a draft of an incident that is over.

    P0 and P1 get one by themselves.
    """
    document = {"command": "postmortem", "args": {}}
    show_done(asking(lambda bot: bot.post(f"{PATH}/{incident}/commands", document)), "gets a draft", as_json)
