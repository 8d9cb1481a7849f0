"""`tocsin incident`: work on incidents from a terminal, through the bot."""

from pathlib import Path
from typing import Any, Final

import click

from tools.completion import stems
from tools.incident_asking import INCIDENT, JSON, PATH, asking, complete_member, show_done
from tools.incident_tables import show_incident, show_list
from tools.incident_verbs import PRIORITIES, VERBS
from tools.root import print_json, repository

STATUSES: Final = ("open", "acknowledged", "mitigated", "resolved", "closed")
_MOST: Final = 500


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
@JSON
def declare(
    title: str, service: str, team: str | None, priority: str | None, note: str | None, drill: bool, as_json: bool
) -> None:
    """Start an incident, with or without an alert."""
    asked = {"title": title, "service": service, "team": team, "priority": priority, "note": note}
    document = {name: value for name, value in asked.items() if value is not None} | ({"drill": True} if drill else {})
    show_done(asking(lambda bot: bot.post(PATH, document)), "declared", as_json)


@incident.command("list")
@click.option("--all", "everything", is_flag=True, help="Also those that are over.")
@click.option("--status", multiple=True, type=click.Choice(STATUSES), help="Only these states.")
@click.option("--priority", multiple=True, type=click.Choice(PRIORITIES), help="Only these priorities.")
@click.option("--team", shell_complete=stems("policies/teams"))
@click.option("--service", shell_complete=stems("policies/services"))
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True)
@JSON
def list_(
    everything: bool,
    status: tuple[str, ...],
    priority: tuple[str, ...],
    team: str | None,
    service: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """List incidents, newest first.

    Those that go on, unless you ask for others.
    """
    wanted: dict[str, Any] = {"status": list(status), "priority": list(priority), "team": team, "service": service}
    if not everything and not status:
        wanted["active"] = "true"
    found = asking(lambda bot: _pages(bot, wanted, limit))
    if as_json:
        print_json({"incidents": found})
    else:
        show_list(found)


def _pages(bot: Any, wanted: dict[str, Any], limit: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    before: str | None = None
    while len(found) < limit:
        part = bot.get(PATH, wanted | {"limit": min(limit - len(found), _MOST), "before": before})
        found += part["incidents"]
        before = part["next"]
        if before is None:
            break
    return found


@incident.command()
@INCIDENT
@JSON
def show(incident: str, as_json: bool) -> None:
    """Show one incident with its timeline."""
    found = asking(lambda bot: bot.get(f"{PATH}/{incident}"))
    if as_json:
        print_json(found)
    else:
        show_incident(found["incident"], found["timeline"], found.get("on_call", ()))


@incident.command()
@click.argument("member", shell_complete=complete_member)
@click.pass_context
def token(ctx: click.Context, member: str) -> None:
    """Make a token for a member.

    The token goes to its owner, the line with its hash into the bot's file of tokens.
    """
    from bots.configuration.tokens import hash_of, new_token

    known = sorted(_members(repository(ctx)))
    if member not in known:
        expected = f"expected a member of a team under policies/teams/: {', '.join(known)}"
        raise click.UsageError(f"nobody is called {member[:40]!r}; {expected}")
    made = new_token()
    click.echo(made)
    click.echo(f"{hash_of(made)} {member}", err=True)
    click.echo("standard output: the token, for a file that TOCSIN_TOKEN_FILE names; keep it secret", err=True)
    click.echo("the line above: for the file that the bot's TOCSIN_MEMBER_TOKENS_FILE names", err=True)


def _members(root: Path) -> set[str]:
    from alerting.policy import read

    loaded = read(root)
    if loaded.policy is None:
        problems = "\n".join(str(problem) for problem in loaded.problems[:10])
        raise click.UsageError(f"the policy has mistakes, so nobody knows who is in a team; correct them:\n{problems}")
    return {member.name for team in loaded.policy.teams.values() for member in team.members}


for verb in VERBS:
    incident.add_command(verb)
