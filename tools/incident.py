"""`tocsin incident`: work on incidents from a terminal, through the bot."""

import sys
from collections.abc import Callable
from typing import Any, Final

import click

from alerting.errors import TocsinError
from tools.completion import stems
from tools.incident_tables import show_incident, show_list
from tools.root import print_json

VERDICTS: Final = ("actionable", "noise", "duplicate", "drill")
PRIORITIES: Final = ("P0", "P1", "P2", "P3", "P4")
ROLES: Final = ("commander", "communications", "scribe")
STATUSES: Final = ("open", "acknowledged", "mitigated", "resolved", "closed")
_PATH: Final = "/api/v1/incidents"
_MOST: Final = 500


def _client() -> Any:
    from tools.bot_client import connect

    return connect()


def _asking(ask: Callable[[Any], Any]) -> Any:
    """What the bot answers; a mistake ends the command with its message and status 1."""
    try:
        return ask(_client())
    except TocsinError as error:
        click.echo(str(error), err=True)
        sys.exit(1)


def _complete_incident(ctx: click.Context, parameter: click.Parameter, typed: str) -> list[str]:
    """The incidents that are not closed, as far as the bot can be asked."""
    try:
        found = _client().get(_PATH, {"limit": 50})["incidents"]
    except (TocsinError, KeyError, ValueError):
        return []
    return [one["id"] for one in found if one["id"].startswith(typed.upper()) and one["status"] != "closed"]


def _complete_member(ctx: click.Context, parameter: click.Parameter, typed: str) -> list[str]:
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


class _IncidentName(click.ParamType[str]):
    """`INC-7`; `inc-7` and `7` mean the same."""

    name = "INC-N"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name in its one spelling."""
        text = str(value).upper().removeprefix("INC-")
        if not text.isascii() or not text.isdecimal() or not 1 <= int(text) < 10**9:
            self.fail(f"{str(value)[:40]!r} is not an incident; expected one such as INC-7", param, ctx)
        return f"INC-{int(text)}"


_INCIDENT: Final = click.argument("incident", type=_IncidentName(), shell_complete=_complete_incident)
_JSON: Final = click.option("--json", "as_json", is_flag=True, help="Print the answer for programs.")


@click.group()
def incident() -> None:
    """Declare, list, show and work on incidents.

    Talks to the bot at TOCSIN_URL with the token in the file that TOCSIN_TOKEN_FILE names.
    """


@incident.command()
@click.argument("title")
@click.option("--service", required=True, shell_complete=stems("policies/services"), help="The service in trouble.")
@click.option("--team", shell_complete=stems("policies/teams"), help="By default the service's owner.")
@click.option("--priority", type=click.Choice(PRIORITIES), help="By default that of a page of the service.")
@click.option("--note", help="The first line of the timeline.")
@click.option("--drill", is_flag=True, help="A rehearsal, which counts in no figure.")
@_JSON
def declare(
    title: str, service: str, team: str | None, priority: str | None, note: str | None, drill: bool, as_json: bool
) -> None:
    """Start an incident, with or without an alert."""
    asked = {"title": title, "service": service, "team": team, "priority": priority, "note": note}
    document = {name: value for name, value in asked.items() if value is not None} | ({"drill": True} if drill else {})
    _show_done(_asking(lambda bot: bot.post(_PATH, document)), "declared", as_json)


@incident.command("list")
@click.option("--all", "everything", is_flag=True, help="Also those that are over.")
@click.option("--status", multiple=True, type=click.Choice(STATUSES), help="Only these states.")
@click.option("--priority", multiple=True, type=click.Choice(PRIORITIES), help="Only these priorities.")
@click.option("--team", shell_complete=stems("policies/teams"))
@click.option("--service", shell_complete=stems("policies/services"))
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True)
@_JSON
def list_(
    everything: bool,
    status: tuple[str, ...],
    priority: tuple[str, ...],
    team: str | None,
    service: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """List incidents, newest first: those that go on, unless you ask for others."""
    wanted: dict[str, Any] = {"status": list(status), "priority": list(priority), "team": team, "service": service}
    if not everything and not status:
        wanted["active"] = "true"
    found = _asking(lambda bot: _pages(bot, wanted, limit))
    if as_json:
        print_json({"incidents": found})
    else:
        show_list(found)


def _pages(bot: Any, wanted: dict[str, Any], limit: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    before: str | None = None
    while len(found) < limit:
        part = bot.get(_PATH, wanted | {"limit": min(limit - len(found), _MOST), "before": before})
        found += part["incidents"]
        before = part["next"]
        if before is None:
            break
    return found


@incident.command()
@_INCIDENT
@_JSON
def show(incident: str, as_json: bool) -> None:
    """Show one incident with its timeline."""
    found = _asking(lambda bot: bot.get(f"{_PATH}/{incident}"))
    if as_json:
        print_json(found)
    else:
        show_incident(found["incident"], found["timeline"])


def _command(name: str, incident: str, args: dict[str, Any], done: str, as_json: bool) -> None:
    given = {key: value for key, value in args.items() if value is not None and value is not False}
    document = {"command": name, "args": given}
    _show_done(_asking(lambda bot: bot.post(f"{_PATH}/{incident}/commands", document)), done, as_json)


def _show_done(answer: dict[str, Any], done: str, as_json: bool) -> None:
    if as_json:
        print_json(answer)
    elif "incident" in answer:
        state = answer["incident"]
        click.echo(f"{state['id']} {done}; it is {state['status']}, {state['priority']}: {state['title']}")
    else:
        click.echo(str(answer["detail"]))


@incident.command()
@_INCIDENT
@_JSON
def ack(incident: str, as_json: bool) -> None:
    """Say that you are on it."""
    _command("ack", incident, {}, "acknowledged", as_json)


@incident.command()
@_INCIDENT
@click.argument("member", shell_complete=_complete_member)
@_JSON
def assign(incident: str, member: str, as_json: bool) -> None:
    """Say who works on it."""
    _command("assign", incident, {"to": member}, f"assigned to {member}", as_json)


@incident.command()
@_INCIDENT
@click.argument("role", type=click.Choice(ROLES))
@click.argument("member", shell_complete=_complete_member)
@_JSON
def role(incident: str, role: str, member: str, as_json: bool) -> None:
    """Give somebody a role."""
    _command("role", incident, {"role": role, "to": member}, f"has {member} as {role}", as_json)


@incident.command()
@_INCIDENT
@click.argument("text")
@click.option("--began-at", help="When the trouble really began, in RFC 3339, if that is what the note says.")
@click.option("--public", is_flag=True, help="It may be shown outside the company.")
@_JSON
def note(incident: str, text: str, began_at: str | None, public: bool, as_json: bool) -> None:
    """Write a line into the timeline."""
    _command("note", incident, {"text": text, "began_at": began_at, "public": public}, "noted", as_json)


@incident.command()
@_INCIDENT
@click.argument("priority", type=click.Choice(PRIORITIES))
@click.option("--reason", help="Why.")
@_JSON
def priority(incident: str, priority: str, reason: str | None, as_json: bool) -> None:
    """Change how bad it is."""
    _command("priority", incident, {"priority": priority, "reason": reason}, "changed", as_json)


@incident.command()
@_INCIDENT
@click.option("--note", help="What was done.")
@_JSON
def mitigate(incident: str, note: str | None, as_json: bool) -> None:
    """Say that users are no longer hurt."""
    _command("mitigate", incident, {"note": note}, "mitigated", as_json)


@incident.command()
@_INCIDENT
@click.option("--verdict", type=click.Choice(VERDICTS), help="What it was.")
@click.option("--note", help="What was done.")
@_JSON
def resolve(incident: str, verdict: str | None, note: str | None, as_json: bool) -> None:
    """Say that it is over."""
    _command("resolve", incident, {"verdict": verdict, "note": note}, "resolved", as_json)


@incident.command()
@_INCIDENT
@click.option("--reason", help="Why.")
@_JSON
def reopen(incident: str, reason: str | None, as_json: bool) -> None:
    """Say that it is not over."""
    _command("reopen", incident, {"reason": reason}, "reopened", as_json)


@incident.command()
@_INCIDENT
@click.option("--verdict", type=click.Choice(VERDICTS), help="Needed unless it was given on resolve.")
@_JSON
def close(incident: str, verdict: str | None, as_json: bool) -> None:
    """Say that nothing is left to do."""
    _command("close", incident, {"verdict": verdict}, "closed", as_json)


@incident.command()
@_INCIDENT
@click.argument("into", type=_IncidentName(), shell_complete=_complete_incident)
@_JSON
def merge(incident: str, into: str, as_json: bool) -> None:
    """Close it as a duplicate of another one."""
    _command("merge", incident, {"into": into}, f"merged into {into}", as_json)


@incident.command()
@_INCIDENT
@click.argument("url")
@click.option("--relation", default="related", show_default=True, help="What it is, such as `dashboard` or `ticket`.")
@click.option("--title", help="What people read.")
@_JSON
def link(incident: str, url: str, relation: str, title: str | None, as_json: bool) -> None:
    """Link something that belongs to it."""
    _command("link", incident, {"url": url, "relation": relation, "title": title}, "linked", as_json)


@incident.command()
@_INCIDENT
@click.argument("action")
@click.option("--alert", help="The alert whose binding is meant, if several have this action.")
@click.option("--dry-run", is_flag=True, help="Only say what would run.")
@_JSON
def run(incident: str, action: str, alert: str | None, dry_run: bool, as_json: bool) -> None:
    """Run a remediation that is bound to one of its alerts."""
    _command("run", incident, {"action": action, "alert": alert, "dry_run": dry_run}, f"runs {action}", as_json)


@incident.command()
@click.argument("member", shell_complete=_complete_member)
def token(member: str) -> None:
    """Make a token for a member: the token goes to its owner, the line into the bot's file of tokens."""
    from bots.tokens import hash_of, new_token

    made = new_token()
    click.echo(made)
    click.echo(f"{hash_of(made)} {member}", err=True)
    click.echo("standard output: the token, for a file that TOCSIN_TOKEN_FILE names; keep it secret", err=True)
    click.echo("the line above: for the file that the bot's TOCSIN_MEMBER_TOKENS_FILE names", err=True)
