"""What all commands of `tocsin incident` share: asking the bot, names, completion."""

import sys
from collections.abc import Callable
from typing import Any, Final

import click

from alerting.errors import TocsinError
from tools.root import print_json

PATH: Final = "/api/v1/incidents"


def client() -> Any:
    """The bot, as the environment names it; raises SettingsError."""
    from tools.bot_client import connect

    return connect()


def asking(ask: Callable[[Any], Any]) -> Any:
    """What the bot answers; a mistake ends the command with its message and status 1."""
    try:
        return ask(client())
    except TocsinError as error:
        click.echo(str(error), err=True)
        sys.exit(1)


def complete_incident(ctx: click.Context, parameter: click.Parameter, typed: str) -> list[str]:
    """The incidents that are not closed, as far as the bot can be asked."""
    try:
        found = client().get(PATH, {"limit": 50})["incidents"]
    except (TocsinError, KeyError, ValueError):
        return []
    return [one["id"] for one in found if one["id"].startswith(typed.upper()) and one["status"] != "closed"]


def complete_member(ctx: click.Context, parameter: click.Parameter, typed: str) -> list[str]:
    """The people of the repository's teams."""
    from alerting.errors import PolicyError
    from alerting.policy import load
    from tools.completion import root_so_far

    root = root_so_far(ctx)
    try:
        teams = load(root).teams.values() if root else ()
    except PolicyError:
        return []
    names = {member.name for team in teams for member in team.members}
    return sorted(name for name in names if name.startswith(typed))


class IncidentName(click.ParamType[str]):
    """`INC-7`; `inc-7` and `7` mean the same."""

    name = "INC-N"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name in its one spelling."""
        text = str(value).upper().removeprefix("INC-")
        if not text.isascii() or not text.isdecimal() or not 1 <= int(text) < 10**9:
            self.fail(f"{str(value)[:40]!r} is not an incident; expected one such as INC-7", param, ctx)
        return f"INC-{int(text)}"


INCIDENT: Final = click.argument("incident", type=IncidentName(), shell_complete=complete_incident)
JSON: Final = click.option("--json", "as_json", is_flag=True, help="Print the answer for programs.")


def show_done(answer: dict[str, Any], done: str, as_json: bool) -> None:
    """One line about what came of a request, or the whole answer."""
    if as_json:
        print_json(answer)
    elif "incident" in answer:
        from bots.words import shown

        state = answer["incident"]
        title = shown.line(state["title"])
        told = "is" if done == state["status"] else f"{done}; it is"
        click.echo(f"{state['id']} {told} {state['status']}, {state['priority']}: {title}")
    else:
        click.echo(str(answer["detail"]))
