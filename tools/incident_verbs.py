"""What `tocsin incident` does about an incident: one command each."""

import sys
from typing import Any, Final

import click

from tools.incident_asking import (
    INCIDENT,
    JSON,
    PATH,
    IncidentName,
    asking,
    complete_incident,
    complete_member,
    show_done,
)

PRIORITIES: Final = ("P0", "P1", "P2", "P3", "P4")
VERDICTS: Final = ("actionable", "noise", "duplicate", "drill")
ROLES: Final = ("commander", "communications", "scribe")


def command(name: str, incident: str, args: dict[str, Any], done: str, as_json: bool) -> None:
    given = {key: value for key, value in args.items() if value is not None and value is not False}
    document = {"command": name, "args": given}
    show_done(asking(lambda bot: bot.post(f"{PATH}/{incident}/commands", document)), done, as_json)


@click.command()
@INCIDENT
@JSON
def ack(incident: str, as_json: bool) -> None:
    """Say that you are on it."""
    command("ack", incident, {}, "acknowledged", as_json)


@click.command()
@INCIDENT
@click.argument("member", shell_complete=complete_member)
@JSON
def assign(incident: str, member: str, as_json: bool) -> None:
    """Say who works on it."""
    command("assign", incident, {"to": member}, f"assigned to {member}", as_json)


@click.command()
@INCIDENT
@JSON
def unassign(incident: str, as_json: bool) -> None:
    """Say that nobody works on it any more."""
    command("unassign", incident, {}, "assigned to nobody", as_json)


@click.command()
@INCIDENT
@click.argument("member", required=False, shell_complete=complete_member)
@click.option("--note", help="What the other one has to know beside the summary.")
@JSON
def handoff(incident: str, member: str | None, note: str | None, as_json: bool) -> None:
    """Hand it over, with your roles and a summary.

    By default to who is on call now.
    """
    command("handoff", incident, {"to": member, "note": note}, "handed over", as_json)


@click.command()
@INCIDENT
@click.argument("role", type=click.Choice(ROLES))
@click.argument("member", shell_complete=complete_member)
@JSON
def role(incident: str, role: str, member: str, as_json: bool) -> None:
    """Give somebody a role."""
    command("role", incident, {"role": role, "to": member}, f"has {member} as {role}", as_json)


@click.command()
@INCIDENT
@click.argument("text")
@click.option("--began-at", help="When the trouble really began, in RFC 3339, if that is what the note says.")
@click.option("--public", is_flag=True, help="It may be shown outside the company.")
@JSON
def note(incident: str, text: str, began_at: str | None, public: bool, as_json: bool) -> None:
    """Write a line into the timeline."""
    command("note", incident, {"text": text, "began_at": began_at, "public": public}, "noted", as_json)


@click.command()
@INCIDENT
@click.argument("priority", type=click.Choice(PRIORITIES))
@click.option("--reason", help="Why.")
@JSON
def priority(incident: str, priority: str, reason: str | None, as_json: bool) -> None:
    """Change how bad it is."""
    command("priority", incident, {"priority": priority, "reason": reason}, "changed", as_json)


@click.command()
@INCIDENT
@click.option("--note", help="What was done.")
@JSON
def mitigate(incident: str, note: str | None, as_json: bool) -> None:
    """Say that users are no longer hurt."""
    command("mitigate", incident, {"note": note}, "mitigated", as_json)


@click.command()
@INCIDENT
@click.option("--verdict", type=click.Choice(VERDICTS), help="What it was.")
@click.option("--note", help="What was done.")
@JSON
def resolve(incident: str, verdict: str | None, note: str | None, as_json: bool) -> None:
    """Say that it is over."""
    command("resolve", incident, {"verdict": verdict, "note": note}, "resolved", as_json)


@click.command()
@INCIDENT
@click.option("--reason", help="Why.")
@JSON
def reopen(incident: str, reason: str | None, as_json: bool) -> None:
    """Say that it is not over."""
    command("reopen", incident, {"reason": reason}, "reopened", as_json)


@click.command()
@INCIDENT
@click.option("--verdict", type=click.Choice(VERDICTS), help="Needed unless it was given on resolve.")
@JSON
def close(incident: str, verdict: str | None, as_json: bool) -> None:
    """Say that nothing is left to do."""
    command("close", incident, {"verdict": verdict}, "closed", as_json)


@click.command()
@INCIDENT
@click.argument("into", type=IncidentName(), shell_complete=complete_incident)
@JSON
def merge(incident: str, into: str, as_json: bool) -> None:
    """Close it as a duplicate of another one."""
    command("merge", incident, {"into": into}, f"merged into {into}", as_json)


@click.command()
@INCIDENT
@click.argument("url")
@click.option("--relation", default="related", show_default=True, help="What it is, such as `dashboard` or `ticket`.")
@click.option("--title", help="What people read.")
@JSON
def link(incident: str, url: str, relation: str, title: str | None, as_json: bool) -> None:
    """Link something that belongs to it."""
    command("link", incident, {"url": url, "relation": relation, "title": title}, "linked", as_json)


@click.command()
@INCIDENT
@click.argument("action")
@click.option("--alert", help="The alert whose binding is meant, if several have this action.")
@click.option("--dry-run", is_flag=True, help="Only say what would run.")
@JSON
def run(incident: str, action: str, alert: str | None, dry_run: bool, as_json: bool) -> None:
    """Run a remediation that is bound to one of its alerts."""
    command("run", incident, {"action": action, "alert": alert, "dry_run": dry_run}, f"runs {action}", as_json)


@click.command()
@INCIDENT
@click.argument("attempt", type=click.IntRange(1), required=False)
@JSON
def approve(incident: str, attempt: int | None, as_json: bool) -> None:
    """Let a remediation run that somebody else asked for.

    By default the one that waits.
    """
    number = attempt or waiting(incident)
    command("approve", incident, {"attempt": number}, f"may run attempt {number}", as_json)


@click.command()
@INCIDENT
@click.argument("attempt", type=click.IntRange(1), required=False)
@click.option("--reason", help="Why.")
@JSON
def reject(incident: str, attempt: int | None, reason: str | None, as_json: bool) -> None:
    """Keep a remediation from running that waits for approval.

    Also one of your own.
    """
    number = attempt or waiting(incident)
    command("reject", incident, {"attempt": number, "reason": reason}, f"does not run attempt {number}", as_json)


def waiting(incident: str) -> int:
    """The attempt of an incident that waits for approval; ends the command if that is not exactly one."""
    found = asking(lambda bot: bot.get(f"{PATH}/{incident}"))["incident"].get("remediations", [])
    open_ = [one for one in found if one.get("approval") and not one.get("approved_by") and "outcome" not in one]
    numbers = [one["attempt"] for one in open_ if "inherited_from" not in one]
    if len(numbers) == 1:
        return int(numbers[0])
    several = f"several wait ({', '.join(map(str, numbers))}); name one" if numbers else "none waits for approval"
    click.echo(f"{incident}: {several}; `tocsin incident show {incident}` shows its attempts", err=True)
    sys.exit(1)


VERBS: Final = (
    ack,
    assign,
    unassign,
    handoff,
    role,
    note,
    priority,
    mitigate,
    resolve,
    reopen,
    close,
    merge,
    link,
    run,
    approve,
    reject,
)
