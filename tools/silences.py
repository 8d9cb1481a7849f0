"""`tocsin silences`: makes Alertmanager's silences equal to the files under policies/silences/."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click

from alerting.errors import TocsinError
from alerting.policy import read_silences
from alerting.silence_plan import Action, Body, Change, Create, Expire, Held, Keep, plan
from tools.alertmanager import Alertmanager
from tools.loading import refuse
from tools.manifests import complete_stack
from tools.root import print_json, repository

_VERBS: Final = {Create: "create", Change: "change", Expire: "expire", Keep: "keep"}
_DONE: Final = {Create: "created", Change: "changed", Expire: "expired"}


def _options(command: Callable[..., None]) -> Callable[..., None]:
    """What both commands take."""
    address = click.option(
        "--alertmanager",
        "url",
        metavar="URL",
        envvar="TOCSIN_ALERTMANAGER_URL",
        default="http://127.0.0.1:9093",
        show_default=True,
        show_envvar=True,
        help="Where Alertmanager is; of a cluster any member.",
    )
    stack = click.option(
        "--stack",
        metavar="NAME",
        shell_complete=complete_stack,
        help="The Alertmanager of that deployed stack, through kubectl; instead of --alertmanager.",
    )
    return address(stack(click.option("--json", "as_json", is_flag=True, help="For programs.")(command)))


@contextmanager
def _client(root: Path, url: str, stack: str | None, *, dry_run: bool = False) -> Iterator[Alertmanager]:
    """The Alertmanager that is meant; of a cluster any member will do. Raises TocsinError."""
    if stack is None:
        yield Alertmanager(url, dry_run=dry_run)
        return
    from tools.drill.stack_reach import place_of, through_kubectl

    place = place_of(root, stack)
    with through_kubectl(replace(place, pods=place.pods[:1])) as members:
        yield Alertmanager(members[0].url, dry_run=dry_run, session=members[0].session)


@click.group()
def silences() -> None:
    """Make Alertmanager's silences equal to the files."""


@silences.command()
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@_options
@click.pass_context
def apply(ctx: click.Context, url: str, stack: str | None, dry_run: bool, as_json: bool) -> None:
    """Create, change and expire silences until they are as the files say.

    Only silences that this command made are touched: their creator is tocsin and their comment names their file. A
    second run changes nothing.
    """
    root = repository(ctx)
    files, problems = read_silences(root)
    if problems:
        refuse(problems)
    try:
        with _client(root, url, stack, dry_run=dry_run) as client:
            held = client.silences()
            actions = plan(files, held, datetime.now(UTC))
            others = sum(each.name is None for each in held)
            if not as_json:
                _print(actions, others)
            _carry_out(client, actions)
    except TocsinError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    if as_json:
        print_json({"dry_run": dry_run, "foreign": others, "actions": [_plain(action) for action in actions]})
    else:
        click.echo(_summary(actions, dry_run))


@silences.command("list")
@_options
@click.pass_context
def list_(ctx: click.Context, url: str, stack: str | None, as_json: bool) -> None:
    """Show the silences that Alertmanager has, and whose they are."""
    now = datetime.now(UTC)
    try:
        with _client(repository(ctx) if stack else Path(), url, stack) as client:
            held = sorted(client.silences(), key=lambda each: (each.body.ends_at, each.id))
    except TocsinError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    if as_json:
        print_json({"silences": [_plain_held(each, now) for each in held]})
    else:
        _print_held(held, now)


def _carry_out(client: Alertmanager, actions: Iterable[Action]) -> None:
    """Does what the plan says; raises AlertmanagerError at the first that fails, what came before stays done."""
    for action in actions:
        match action:
            case Create():
                client.put(action.body)
            case Change():
                client.put(action.body, replaces=action.id)
            case Expire():
                client.expire(action.id)
            case Keep():
                pass


def _print(actions: Sequence[Action], others: int) -> None:
    """The plan, a line for each action that changes something."""
    for action in actions:
        match action:
            case Create(body=body):
                click.echo(f"create {action.name}: {_matchers(body)}, {_span(body)}")
            case Change(body=body):
                click.echo(f"change {action.name} ({', '.join(action.differences)}): {_matchers(body)}, {_span(body)}")
            case Expire():
                click.echo(f"expire {action.name}: {action.why}")
            case Keep():
                click.echo(f"keep   {action.name}")
    if others:
        click.echo(f"leave  {others} made by others")


def _summary(actions: Sequence[Action], dry_run: bool) -> str:
    """How many of each, in one line."""
    counts = {kind: sum(isinstance(action, kind) for action in actions) for kind in _DONE}
    changed = ", ".join(f"{count} {_DONE[kind]}" for kind, count in counts.items() if count)
    if not changed:
        return "nothing to do"
    return f"dry run, nothing was changed; it would be: {changed}" if dry_run else changed


def _plain(action: Action) -> dict[str, Any]:
    """An action for programs."""
    found: dict[str, Any] = {"action": _VERBS[type(action)], "name": action.name}
    if not isinstance(action, Create):
        found["id"] = action.id
    if isinstance(action, Change):
        found["differences"] = list(action.differences)
    if isinstance(action, Expire):
        found["why"] = action.why
    return found if isinstance(action, Keep) else {**found, **_plain_body(action.body)}


def _plain_body(body: Body) -> dict[str, Any]:
    return {
        "matchers": [str(matcher) for matcher in body.matchers],
        "starts_at": body.starts_at,
        "ends_at": body.ends_at,
        "comment": body.comment,
    }


def _plain_held(held: Held, now: datetime) -> dict[str, Any]:
    state = "active" if held.body.starts_at <= now else "pending"
    return {"id": held.id, "name": held.name, "created_by": held.body.created_by, "state": state} | _plain_body(
        held.body
    )


def _print_held(held: Sequence[Held], now: datetime) -> None:
    """A table; what others wrote is shown as plain text."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    if not held:
        click.echo("Alertmanager has no silences that are active or to come")
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("file", "by", "state", "matchers", "from (UTC)", "to (UTC)"):
        table.add_column(heading, overflow="fold", no_wrap=heading != "matchers")
    for each in held:
        state = "active" if each.body.starts_at <= now else "pending"
        times = (f"{at:%Y-%m-%d %H:%M}" for at in (each.body.starts_at, each.body.ends_at))
        cells = (each.name or "-", each.body.created_by, state, _matchers(each.body), *times)
        table.add_row(*(Text(_visible(cell)) for cell in cells))
    Console().print(table)


def _visible(text: str) -> str:
    """Text that others wrote, without characters that a terminal obeys."""
    return "".join(char if char.isprintable() else "�" for char in text)


def _matchers(body: Body) -> str:
    return ", ".join(str(matcher) for matcher in body.matchers)


def _span(body: Body) -> str:
    return f"{_when(body.starts_at)} to {_when(body.ends_at)}"


def _when(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
