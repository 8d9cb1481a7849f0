"""`tocsin drill`: rehearse an outage, or send a test page to one person."""

import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, Final

import click

from tools.completion import stems
from tools.drill.usage import fit
from tools.manifests import complete_stack
from tools.root import print_json, repository

if TYPE_CHECKING:
    from tools.drill.report import Report


_MOST_S: Final = 4 * 3600


class Share(click.ParamType[float]):
    """A share of requests such as `50%` or `0.5`, more than none."""

    name = "share"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The share as a ratio 0..1."""
        from alerting.model.quantities import parse_ratio

        try:
            ratio = float(parse_ratio(value if str(value).endswith("%") else float(value)))
        except ValueError:
            ratio = 0.0
        if ratio <= 0:
            self.fail(f"{value!r} is not a share of requests; expected one such as 50% or 0.5, more than 0", param, ctx)
        return ratio


class Minutes(click.ParamType[float]):
    """A duration such as `15m`, more than none and at most four hours, in seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """As Prometheus writes it."""
        from alerting.model.quantities import Duration

        try:
            seconds = Duration.parse(str(value)).seconds
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if not seconds:
            self.fail(f"{value!r} is no time at all; expected one such as 15m", param, ctx)
        if seconds > _MOST_S:
            self.fail(f"{value!r} is longer than an outage is played; expected at most 4h", param, ctx)
        return seconds


@click.command()
@click.option("--errors", type=Share(), default="100%", show_default=True, help="The share of requests that fail.")
@click.option(
    "--real-time", is_flag=True, help="Real windows on 6 h of backfilled history; takes 10 minutes, with --compare 70."
)
@click.option("--keep", is_flag=True, help="Leave everything running afterwards, until Ctrl-C.")
@click.option(
    "--compare", "comparing", is_flag=True, help="The same outage twice, with and without remediation: what it changed."
)
@click.option(
    "--person-takes",
    "person_s",
    type=Minutes(),
    help="With --compare: from the alert until a person has restarted the service, such as 15m. By default the time to "
    "acknowledge that severity.yaml asks for, and 15m of work.",
)
@click.option("--page", "person", metavar="NAME", help="Only send a test page through every channel of one person.")
@click.option(
    "--secrets",
    type=click.Path(file_okay=False, path_type=Path),
    help="With --page: the folder of Alertmanager's secrets; by default the one that routing.yaml names.",
)
@click.option(
    "--stack", metavar="NAME", shell_complete=complete_stack, help="A fire drill: send a test page through that stack."
)
@click.option("--service", metavar="NAME", shell_complete=stems("policies/services"), help="With --stack: whose page.")
@click.option(
    "--alertmanager",
    "urls",
    metavar="URL",
    multiple=True,
    help="With --stack: an Alertmanager; repeat it for each of a cluster. By default kubectl forwards a port of each.",
)
@click.option(
    "--within",
    "within_s",
    type=click.IntRange(1, 3600),
    default=120,
    show_default=True,
    help="With --stack: seconds that each channel has.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the outcome for programs.")
@click.pass_context
def drill(
    ctx: click.Context,
    errors: float,
    real_time: bool,
    keep: bool,
    comparing: bool,
    person_s: float | None,
    person: str | None,
    secrets: Path | None,
    stack: str | None,
    service: str | None,
    urls: tuple[str, ...],
    within_s: int,
    as_json: bool,
) -> None:
    """Rehearse an outage with real Prometheus, Alertmanager and git.

    A service breaks, the alert fires, people are paged (at local stand-ins), the incident is recorded in git,
    acknowledged, remediated and resolved. Everything listens on this machine only, and nothing is left running.

    With --compare the outage is played twice: the action that is bound to the alert runs by itself, and then a person
    does the same by hand after a while. The exit code is 0 if the time to resolve is at least 30% shorter.

    With --stack a deployed stack is tested instead: whoever is on call there is paged. TOCSIN_URL, TOCSIN_TOKEN_FILE,
    TOCSIN_PAGERDUTY_TOKEN_FILE and TOCSIN_SLACK_TOKEN_FILE let it look for the alert where it should arrive.
    """
    fit(ctx)
    root = repository(ctx)
    if stack is not None:
        sys.exit(_fire_drill(root, stack, service, urls, within_s, as_json))
    if person is not None:
        sys.exit(_page(root, person, secrets, as_json))
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        if comparing:
            from tools.drill.compare import command

            sys.exit(command(root, errors, real_time, person_s, as_json))
        sys.exit(_rehearse(root, errors, real_time, keep, as_json))
    except KeyboardInterrupt:
        click.echo("drill stopped; everything it started has ended", err=True)
        sys.exit(130)


def _fire_drill(
    root: Path, stack: str, service: str | None, urls: tuple[str, ...], within_s: int, as_json: bool
) -> int:
    from tools.drill.stack_command import fire_drill

    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return fire_drill(root, stack, service, urls, within_s, as_json)
    except KeyboardInterrupt:
        click.echo("fire drill stopped; its alert has been ended", err=True)
        return 130


def _interrupt(number: int, frame: FrameType | None) -> None:
    """A polite end is treated as Ctrl-C, so that the programs are stopped too."""
    raise KeyboardInterrupt


def _rehearse(root: Path, errors: float, real_time: bool, keep: bool, as_json: bool) -> int:
    from rich.console import Console

    from alerting.errors import TocsinError
    from tools.drill.outcome import report
    from tools.drill.progress import Progress
    from tools.drill.rehearsal import Options, rehearsal
    from tools.drill.report import show

    progress = Progress(Console(stderr=as_json))
    try:
        with rehearsal(root, Options(errors=errors, real_time=real_time), progress) as this:
            result = report(this, keep)
            save(this.stage.folder, result, this.outbound.messages)
            if as_json:
                print_json(result.to_json())
            else:
                show(result, Console(width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else 140))
            if keep and not as_json:
                click.echo("\neverything is left running; Ctrl-C ends it")
            while keep:
                signal.pause()
    except TocsinError as error:
        click.echo(f"drill: {error}", err=True)
        return 1
    return 1 if result.failure else 0


def save(folder: Path, result: "Report", messages: Any) -> None:
    """Leaves the outcome and what would have been sent beside the record."""
    import orjson

    options = orjson.OPT_INDENT_2
    (folder / "report.json").write_bytes(orjson.dumps(result.to_json(), option=options))
    sent = [{"at": m.at, "channel": m.channel, "title": m.title, "body": m.body} for m in messages]
    (folder / "messages.json").write_bytes(orjson.dumps(sent, option=options))


def _page(root: Path, person: str, secrets: Path | None, as_json: bool) -> int:
    from alerting.errors import TocsinError
    from alerting.policy import load
    from tools.drill.test_page import send

    try:
        policy = load(root)
        sent = send(policy, secrets or Path(policy.routing.secrets.folder), person, datetime.now(UTC))
    except TocsinError as error:
        click.echo(str(error), err=True)
        return 1
    if as_json:
        print_json([{"channel": s.channel, "to": s.to, "problem": s.problem} for s in sent])
    else:
        for s in sent:
            click.echo(
                f"{'ok    ' if s.problem is None else 'FAILED'} {s.channel:<10} {s.to}"
                + (f": {s.problem}" if s.problem else "")
            )
    return 1 if any(s.problem for s in sent) else 0
