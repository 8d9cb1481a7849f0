"""`tocsin remediation`: is it frozen, what was attempted lately; freeze it at night, and let it run again."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import click

from tools.incident_asking import JSON, asking
from tools.root import print_json

PATH: Final = "/api/v1/remediation"


class Span(click.ParamType[timedelta]):
    """A duration such as `8h`."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """As Prometheus writes it."""
        from alerting.model.quantities import Duration

        try:
            return timedelta(milliseconds=Duration.parse(str(value)).ms)
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.group()
def remediation() -> None:
    """Whether actions may run now.

    Talks to the bot at TOCSIN_URL with the token in the file that TOCSIN_TOKEN_FILE names. The other switch is
    `freeze` in policies/remediation.yaml, by pull request; nothing runs unless both are off.
    """


@remediation.command()
@JSON
def status(as_json: bool) -> None:
    """Show the freeze switch, and the attempts of the last hour."""
    found = asking(lambda bot: bot.get(PATH))
    if as_json:
        print_json(found)
        return
    if not found["frozen"]:
        click.echo("remediation may run")
    _show_switches(found["switches"])
    _show_attempts(found["attempts"])


def _show_switches(switches: dict[str, dict[str, str]]) -> None:
    for name, switch in switches.items():
        click.echo(f"frozen{_where(name)}{_details(switch)}")


def _where(name: str) -> str:
    return " in policies/remediation.yaml" if name == "file" else ""


def _details(switch: dict[str, str]) -> str:
    from bots.words import shown

    by = f" by {switch['by']}" if "by" in switch else ""
    times = "".join(f" {word} {switch[word]}" for word in ("since", "until") if word in switch)
    return f"{times}{by}: {shown.line(switch['reason'])}"


def _show_attempts(attempts: list[dict[str, Any]]) -> None:
    if not attempts:
        click.echo("nothing was attempted within the last hour")
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from tools.incident_tables import clock

    table = Table("Asked (UTC)", "Incident", "Action", "Target", "Outcome", box=None, pad_edge=False)
    for one in attempts:
        how = " by itself" if one["automatic"] else ""
        row = (
            clock(one["requested_at"]),
            f"{one['incident']}/{one['attempt']}",
            f"{one['action']}{how}",
            one["target"],
        )
        table.add_row(*map(Text, (*row, one["outcome"].replace("_", " "))))
    console = Console()
    if not console.is_terminal:
        console.width = 1000
    console.print(table)


@remediation.command()
@click.option("--reason", required=True, help="Why, for whoever is told that an action did not run.")
@click.option("--for", "span", type=Span(), help="When it ends by itself, such as 8h; never by default.")
@JSON
def freeze(reason: str, span: timedelta | None, as_json: bool) -> None:
    """Stop every action from now on, whoever asks. What runs already goes on."""
    document: dict[str, Any] = {"reason": reason}
    if span is not None:
        document["until"] = (datetime.now(UTC) + span).isoformat(timespec="seconds")
    answer = asking(lambda bot: bot.post(f"{PATH}/freeze", document))
    if as_json:
        print_json(answer)
    elif _done(answer):
        until = f" until {document['until']}" if span is not None else ""
        click.echo(f"remediation is frozen{until}; `tocsin remediation unfreeze` lifts it; it is in the audit trail")


@remediation.command()
@click.option("--reason", help="What has changed.")
@JSON
def unfreeze(reason: str | None, as_json: bool) -> None:
    """Let actions run again."""
    answer = asking(lambda bot: bot.post(f"{PATH}/unfreeze", {} if reason is None else {"reason": reason}))
    if as_json:
        print_json(answer)
        return
    if not _done(answer):
        return
    found = asking(lambda bot: bot.get(PATH))
    if not found["frozen"]:
        click.echo("remediation may run again; it is in the audit trail")
        return
    click.echo("this switch is off, and that is in the audit trail; remediation may not run all the same:")
    _show_switches(found["switches"])


def _done(answer: dict[str, str]) -> bool:
    """Whether it is in force; a bot that is busy records it later, and says so."""
    if answer["status"] == "done":
        return True
    click.echo(answer["detail"])
    return False
