"""`tocsin site`: the public status page as static files."""

import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import click

from alerting.errors import TocsinError
from tools.check import InstantType
from tools.loading import loaded_policy
from tools.recorded import records_option
from tools.records import counted
from tools.root import repository

_MARK = ".tocsin-site"
"""A file that says that a folder is ours to empty."""


@click.command()
@records_option
@click.option("--prometheus", "address", metavar="URL", help="Ask this Prometheus for error budgets.")
@click.option("--url", metavar="URL", default="", help="Where the site will be; without it there is no RSS feed.")
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
    url: str,
    title: str,
    out: Path,
    at: datetime | None,
) -> None:
    """Build the public status page from the records.

    Shown are the services with a `status_page` in their file, incidents that users notice, notes that a person marked
    public, and published postmortems; nothing else of an incident. The pages need no scripts and no server.
    """
    from bots.numbers.measured import Window
    from tools.recorded import recorded
    from tools.report.objectives import objectives
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
    _write(out, build(shown, budgets, Wish(title=title, url=url.rstrip("/"), at=moment)))
    held = {"service": shown.services, "incident": shown.incidents, "postmortem": shown.postmortems}
    told = ", ".join(counted(len(found), what) for what, found in held.items())
    click.echo(f"{out}: {told}" + ("" if url else "; no RSS feed: name the site's address with --url"), err=True)


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Writes all files and removes what an earlier run left; raises ClickException for a folder of somebody else's."""
    if folder.exists() and any(folder.iterdir()) and not (folder / _MARK).exists():
        raise click.ClickException(f"{folder}: not empty and not made by this command; expected an empty one; --out")
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / _MARK).write_bytes(b"")
        for name, content in files.items():
            place = folder / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
    except OSError as error:
        raise click.ClickException(f"{folder}: {error.strerror}; expected a folder; name one with --out") from error
