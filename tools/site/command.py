"""`tocsin site`: the public status page as static files."""

from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import click

from alerting.errors import TocsinError
from tools.check import InstantType
from tools.loading import loaded_policy
from tools.recorded import records_option
from tools.records import counted
from tools.root import repository


class _Address(click.ParamType[str]):
    """Where the site will be; links of the feed begin with it."""

    name = "address"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Without a slash at its end; a usage error for what no link can begin with."""
        from bots.configuration.environment import url

        try:
            found = url(value)
            parts = urlsplit(found)
        except ValueError:
            self.fail(f"{value!r} is no address; expected one such as https://status.example.com", param, ctx)
        if parts.query or parts.fragment or parts.username is not None or not value.isprintable() or " " in value:
            self.fail(f"{value!r} is more than an address; expected one such as https://status.example.com", param, ctx)
        return found


@click.command()
@records_option
@click.option("--prometheus", "address", metavar="URL", help="Ask this Prometheus for error budgets.")
@click.option("--url", metavar="URL", type=_Address(), help="Where the site will be; without it there is no RSS feed.")
@click.option("--title", default="Status", show_default=True, help="What the site is called.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("site"),
    show_default=True,
    help="The folder.",
)
@click.option("--at", type=InstantType(), help="As of when, such as 2026-03-02T08:00:00Z; now by default.")
@click.pass_context
def site(
    ctx: click.Context,
    records: str | None,
    address: str | None,
    url: str | None,
    title: str,
    out: Path,
    at: datetime | None,
) -> None:
    """Build the public status page from the records.

    Shown are the services with a `status_page` in their file, incidents that users notice, and the notes and
    postmortems that a person marked public; nothing else of an incident. The pages need no scripts and no server.
    """
    from bots.numbers.measured import Window
    from tools.recorded import recorded
    from tools.report.objectives import objectives
    from tools.site.folder import write
    from tools.site.pages import Wish
    from tools.site.pages import site as build
    from tools.site.reading import read

    policy, moment = loaded_policy(ctx), at or datetime.now(UTC)
    if not any(service.status_page for service in policy.services.values()):
        raise click.ClickException(
            "no service is on the status page; expected one with `status_page: {title: ...}` in policies/services/"
        )
    try:
        with recorded(records, repository(ctx)) as found:
            shown = read(found, policy, moment)
    except TocsinError as error:
        raise click.ClickException(str(error)) from error
    budgets = objectives(address, Window(start=moment, end=moment), moment)
    if address and budgets.missing:
        click.echo(f"no error budgets: {budgets.missing}", err=True)
    write(out, build(shown, budgets, Wish(title=title, url=url or "", at=moment)))
    held = {"service": shown.services, "incident": shown.incidents, "postmortem": shown.postmortems}
    told = ", ".join(counted(len(found), what) for what, found in held.items())
    click.echo(f"{out}: {told}" + ("" if url else "; no RSS feed: name the site's address with --url"), err=True)
