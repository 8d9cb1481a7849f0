"""`tocsin dashboards`: look at the dashboards without a Grafana."""

import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click

from alerting.model.policy import Policy
from alerting.model.quantities import Duration
from tools.check import InstantType
from tools.completion import stems
from tools.loading import loaded_policy

UIDS: Final = ("service-overview", "slo-tracking", "incident-metrics", "alert-review", "on-call")
"""Repeated here so that `--help` imports no dashboard."""
_OUT: Final = Path("dashboards.html")


class _DurationType(click.ParamType[Duration]):
    """A duration above zero, as the policy files write it."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Duration:
        """Refuses anything else with the expected form."""
        if isinstance(value, Duration):
            return value
        try:
            found = Duration.parse(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if found.seconds < 1:
            self.fail(f"{value!r} is less than a second; expected a duration such as 5m, 6h or 30d", param, ctx)
        return found


@click.group()
def dashboards() -> None:
    """Look at the dashboards without a Grafana."""


@dashboards.command()
@click.argument("uids", nargs=-1, type=click.Choice(UIDS), metavar="[UID]...")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=_OUT,
    show_default=True,
    help="The page to write.",
)
@click.option("--prometheus", "url", metavar="URL", help="Ask this Prometheus for data; queries alone otherwise.")
@click.option("--last", type=_DurationType(), help="How much time to show; each dashboard's own by default.")
@click.option("--at", type=InstantType(), help="Where the time ends, such as 2026-02-01T22:00:00Z; now by default.")
@click.option("--service", shell_complete=stems("policies/services"), help="Choose this service.")
@click.option("--team", shell_complete=stems("policies/teams"), help="Choose this team.")
@click.pass_context
def preview(
    ctx: click.Context,
    uids: tuple[str, ...],
    out: Path,
    url: str | None,
    last: Duration | None,
    at: datetime | None,
    service: str | None,
    team: str | None,
) -> None:
    """Write a page with every panel and its queries.

    With --prometheus it has the data, too, as charts.

    The page is a single file without scripts. Exit status is 1 if Prometheus refuses a query.
    """
    from dashboards import all as all_dashboards
    from tools.preview.asking import NoAnswer, Prometheus
    from tools.preview.page import page
    from tools.preview.showing import Wish, show

    policy = loaded_policy(ctx)
    wish = Wish(at=at or datetime.now(UTC), last=last, chosen=_chosen(policy, service, team))
    prometheus = Prometheus(url) if url else None
    made = all_dashboards(policy)
    try:
        scrape_s = prometheus.scrape_interval() if prometheus else 15.0
        views = [show(made[uid], wish, prometheus, scrape_s) for uid in UIDS if not uids or uid in uids]
    except NoAnswer as error:
        raise click.ClickException(str(error)) from error
    try:
        out.write_text(page(views, at=wish.at, source=prometheus.url if prometheus else ""), encoding="utf-8")
    except OSError as error:
        raise click.ClickException(
            f"{out}: {error.strerror}; expected a file to write to; name one with --out"
        ) from error
    refused = [(view, panel) for view in views for row in view.rows for panel in row.panels if panel.problem]
    for view, panel in refused:
        click.echo(f"{view.uid}: {panel.title}: {panel.problem}", err=True)
    panels = sum(len(row.panels) for view in views for row in view.rows)
    click.echo(f"{out}: {len(views)} dashboards, {panels} panels", err=True)
    sys.exit(1 if refused else 0)


def _chosen(policy: Policy, service: str | None, team: str | None) -> Mapping[str, str]:
    """The choices that were made; ends the command with status 2 for a name that the policy does not have."""
    wishes = {"service": (service, policy.services), "team": (team, policy.teams)}
    for option, (name, known) in wishes.items():
        if name is not None and name not in known:
            raise click.BadParameter(
                f"{name!r} is not a {option} of this repository; expected one of {', '.join(sorted(known))}",
                param_hint=f"--{option}",
            )
    return {option: name for option, (name, _) in wishes.items() if name is not None}
