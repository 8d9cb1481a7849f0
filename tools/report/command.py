"""`tocsin report`: how well incidents were handled in a week, as Markdown with charts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from alerting.errors import TocsinError
from tools.check import InstantType
from tools.loading import loaded_policy
from tools.recorded import records_option
from tools.root import print_json, repository

if TYPE_CHECKING:
    from bots.numbers.measured import Course
    from tools.report.content import Report
    from tools.report.week import Week

_LAST = "last"


class WeekType(click.ParamType["Week | None"]):
    """A week on the command line; None for the last one that is over."""

    name = "week"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> "Week | None":
        """Refuses anything else with the expected forms."""
        from tools.report.week import Week

        if value == _LAST or isinstance(value, Week):
            return None if value == _LAST else value
        try:
            return Week.parse(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A report and what it was made from."""

    report: "Report"
    course: "Course"
    link: str
    """The bot's address."""


@click.command()
@click.option(
    "--week",
    type=WeekType(),
    is_flag=False,
    flag_value=_LAST,
    default=_LAST,
    metavar="[WEEK]",
    help="Such as 2026-W09, or a day of it; by default the last week that is over.",
)
@records_option
@click.option("--prometheus", "url", metavar="URL", help="Ask this Prometheus for objectives and error budgets.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="The folder; by default report-WEEK.")
@click.option(
    "--at",
    type=InstantType(),
    help="When one looks, such as 2026-03-02T08:00:00Z; now by default. What was recorded later counts all the same.",
)
@click.option("--set-baseline", is_flag=True, help="Store the time to resolve of the four weeks up to WEEK.")
@click.option("--post", is_flag=True, help="Post it as a GitHub issue, and to Slack where an address is set.")
@click.option("--json", "as_json", is_flag=True, help="Print it for programs; nothing is written.")
@click.pass_context
def report(
    ctx: click.Context,
    week: "Week | None",
    records: str | None,
    url: str | None,
    out: Path | None,
    at: datetime | None,
    set_baseline: bool,
    post: bool,
    as_json: bool,
) -> None:
    """How well incidents were handled in a week, each number beside its target.

    Writes report.md and its charts. Numbers come from the records in git, objectives from Prometheus; what is not known
    is said to be so. --set-baseline writes policies/severity.yaml, which the time to resolve is compared with.
    """
    if set_baseline + post + as_json > 1:
        raise click.UsageError("--set-baseline, --post and --json are ways to use a report; expected one of them")
    try:
        made = _make(ctx, week, records, url, at or datetime.now(UTC))
        if set_baseline:
            _store(repository(ctx), made)
        elif as_json:
            from tools.report.plain import plain

            print_json(plain(made.report))
        else:
            _write(made, out, post=post)
    except TocsinError as error:
        raise click.ClickException(str(error)) from error


def _make(ctx: click.Context, week: "Week | None", where: str | None, url: str | None, at: datetime) -> Made:
    from tools.recorded import recorded
    from tools.report.content import report as content
    from tools.report.content import since
    from tools.report.objectives import objectives
    from tools.report.reading import course
    from tools.report.week import Week

    policy = loaded_policy(ctx)
    chosen = week or Week.holding(at).before()
    if chosen.start > at:
        raise click.UsageError(f"{chosen} has not begun; expected a week that has; the last one is {Week.holding(at)}")
    with recorded(where, repository(ctx)) as found:
        read, unread = course(found, policy.severity, since(chosen), at)
    made = content(read, chosen, objectives(url, chosen.window, at), unread)
    return Made(report=made, course=read, link=policy.routing.public_bot_url)


def _write(made: Made, out: Path | None, *, post: bool) -> None:
    from tools.report.charts import charts
    from tools.report.page import page, sentence, title

    pictures = charts(made.report)
    text = page(made.report, tuple(pictures), link=made.link)
    folder = out or Path(f"report-{made.report.week}")
    files: Mapping[str, bytes] = {"report.md": text.encode(), **pictures}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / name).write_bytes(content)
    except OSError as error:
        raise click.ClickException(f"{folder}: {error.strerror}; expected a folder; name one with --out") from error
    click.echo(f"{title(made.report)}. {sentence(made.report)}")
    click.echo(f"{folder / 'report.md'}, {len(pictures)} charts", err=True)
    if post:
        _post(made, files)


def _post(made: Made, files: Mapping[str, bytes]) -> None:
    import os

    from tools.report.posting import post, read_posting

    for line in post(read_posting(os.environ), made.report, files, made.link):
        click.echo(line)


def _store(root: Path, made: Made) -> None:
    from tools.report.baseline import PLACE, entry, stored

    place = root / PLACE
    try:
        new = entry(made.course, made.report.week)
        place.write_text(stored(place.read_text(encoding="utf-8"), new), encoding="utf-8")
    except (OSError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{PLACE}: baseline {new.time_to_resolve}, the median of {new.incidents} incidents until {new.until}")
