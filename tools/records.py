"""`tocsin records`: prove the record of incidents, or hide text in it."""

import getpass
import sys
from pathlib import Path
from typing import Any, Final

import click

from alerting.errors import TocsinError
from tools.root import print_json

_REFS: Final = ("refs/heads/records", "refs/remotes/origin/records")
_STILL_TO_DO: Final = (
    "Rotate the secret: it was readable until now.",
    "Ask the git host to drop cached views and unreachable objects (on GitHub: its support form).",
    "Stop the bot, delete records.git and records.index in its state folder, and start it: it fetches the new history.",
    "Have everyone delete their clones and forks of the branch; old ones still hold the text.",
    "Look for the text in the draft of the postmortem, in chats, mails and backups.",
    "Take it out of the alert's labels or annotations, or it comes back with the next notification.",
)


@click.group()
def records() -> None:
    """Prove or redact the record of incidents."""


def _progress(what: str, done: int, of: int) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r{what}: {done:,}{f' of {of:,}' if of else ''}", nl=False, err=True)
        if of and done == of:
            click.echo(err=True)


def _open(repo: Path | None, ctx: click.Context) -> Any:
    """The git repository that was named, or that the working directory belongs to; ends with status 2 otherwise."""
    import pygit2

    start = repo or ctx.find_root().obj or Path.cwd()
    found = pygit2.discover_repository(str(start))
    if found is None:
        raise click.UsageError(f"{start}: not in a git repository; expected a clone; name one with --repo")
    return pygit2.Repository(found)


def _commit(repository: Any, ref: str | None) -> tuple[str, Any]:
    for name in (ref,) if ref else _REFS:
        try:
            return name, repository.revparse_single(name).peel(1).id
        except (KeyError, ValueError):
            continue
    if ref:
        raise click.UsageError(f"no commit {ref!r} here; expected a branch or a commit of the records")
    raise click.UsageError(
        "no branch records here; fetch it with `git fetch origin records:records`, or name a --ref; "
        "the bot makes it with the first incident"
    )


@records.command()
@click.option("--repo", type=click.Path(exists=True, path_type=Path), help="A clone; by default the one you are in.")
@click.option("--ref", help="What to prove; by default the branch records, else origin/records.")
@click.option("--tip-only", is_flag=True, help="Only the newest state, not that every commit only added events.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_context
def verify(ctx: click.Context, repo: Path | None, ref: str | None, tip_only: bool, as_json: bool) -> None:
    """Prove that the record follows from timelines that only grew.

    Every mistake is reported; the exit status is 1 if there is one.
    """
    from bots.verify import verify as prove

    repository = _open(repo, ctx)
    name, tip = _commit(repository, ref)
    proof = prove(repository, tip, history=not tip_only, progress=_progress)
    if as_json:
        problems = [
            {
                "file": problem.file,
                "line": problem.line,
                "object": problem.object,
                "wrong": problem.wrong,
                "expected": problem.expected,
                "fix": problem.fix,
            }
            for problem in proof.problems
        ]
        print_json(
            {
                "ref": name,
                "commit": str(tip),
                "incidents": proof.incidents,
                "events": proof.events,
                "commits": proof.commits,
                "problems": problems,
            }
        )
    else:
        for problem in proof.problems:
            click.echo(str(problem))
        numbers = {"incident": proof.incidents, "event": proof.events, "commit": proof.commits}
        held = ", ".join(counted(number, what) for what, number in numbers.items())
        wrong = counted(len(proof.problems), "mistake")
        ended = wrong if proof.problems else "all follow from their timelines"
        click.echo(f"{name} at {str(tip)[:12]}: {held}: {ended}")
    ctx.exit(1 if proof.problems else 0)


def counted(number: int, what: str) -> str:
    """`1 incident`, `2 incidents`."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


@records.command()
@click.argument("incident")
@click.argument("event", required=False)
@click.option(
    "--text", help="Hide this text in all events; `-` reads it from standard input, which no shell remembers."
)
@click.option("--reason", required=True, help="Why, for those who read the record later.")
@click.option("--by", help="Who does it; by default your name in git.")
@click.option("--remote", help="The repository that the bot pushes to; by default this clone's origin.")
@click.option("--repo", type=click.Path(exists=True, path_type=Path), help="A clone; by default the one you are in.")
@click.option("--purge", is_flag=True, help="Also rewrite the branch's history, with a force-push.")
@click.option("--yes", is_flag=True, help="Do not ask before rewriting history.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_context
def redact(
    ctx: click.Context,
    incident: str,
    event: str | None,
    text: str | None,
    reason: str,
    by: str | None,
    remote: str | None,
    repo: Path | None,
    purge: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Hide the text of one EVENT of INCIDENT, or a --text in it.

    The event stays, and an event says who hid text in it. Without --purge the text remains in the branch's history.
    """
    from bots.timeline.state import incident_number
    from tools.redacting import Asked
    from tools.redacting import redact as do_redact

    try:
        number = incident_number(incident)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    hidden = _text(event, text)
    url, who = _origin(repo, remote, by, ctx)
    asked = Asked(number=number, event_id=event, text=hidden, reason=reason, by=who, purge=purge)
    try:
        done = do_redact(url, asked, confirm=lambda count: yes or _confirm(url, number, count), progress=_progress)
    except TocsinError as error:
        click.echo(str(error), err=True)
        ctx.exit(1)
    still = list(_STILL_TO_DO) if purge else []
    if as_json:
        print_json({"commit": done.commit, "events": list(done.events), "rewritten": done.rewritten, "to_do": still})
        return
    click.echo(f"hid text in {len(done.events)} events of INC-{number}; commit {done.commit[:12]}")
    if purge:
        click.echo(f"rewrote {done.rewritten} commits. Still to do, by people:")
        for place, line in enumerate(still, start=1):
            click.echo(f"  {place}. {line}")
    else:
        click.echo("The text is still in the branch's history; --purge takes it out of there too.")


def _text(event: str | None, text: str | None) -> str | None:
    from bots.timeline.redaction import MIN_TEXT

    if (event is None) == (text is None):
        raise click.UsageError("expected either an EVENT or a --text, and not both")
    if text == "-":
        text = sys.stdin.read().strip()
    if text is not None and len(text) < MIN_TEXT:
        raise click.UsageError(f"--text: got {len(text)} characters; expected at least {MIN_TEXT}: less is everywhere")
    return text


def _origin(repo: Path | None, remote: str | None, by: str | None, ctx: click.Context) -> tuple[str, str]:
    """Where to push, and who does it."""
    if remote is not None and by is not None:
        return remote, by
    repository = _open(repo, ctx)
    if remote is None:
        if "origin" not in repository.remotes.names():
            raise click.UsageError("this clone has no origin; name the repository that the bot pushes to with --remote")
        remote = repository.remotes["origin"].url
    config = repository.config
    names = [config[name] for name in ("user.name", "user.email") if name in config]
    return str(remote), by or (names[0] if names else getpass.getuser())


def _confirm(remote: str, number: int, commits: int) -> bool:
    name = f"INC-{number}"
    click.echo(f"This rewrites {commits} commits of the branch records on {remote} and force-pushes them.", err=True)
    click.echo("Every clone of the branch has to be made anew. It cannot be undone.", err=True)
    return bool(click.prompt(f"Type {name} to go on", default="", show_default=False, err=True) == name)
