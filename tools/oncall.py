"""`tocsin oncall`: who is on call now, on a date, in the next weeks; as a table, a calendar or JSON."""

import contextlib
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any, Final

import click

from alerting.model.quantities import parse_day
from alerting.model.team import Team
from alerting.model.timezone import parse_timezone
from alerting.model.wallclock import YEARS, parse_moment
from alerting.policy import read_teams
from alerting.spelling import nearest
from tools.completion import root_so_far, stems
from tools.oncall_apply import apply
from tools.root import print_json, repository
from tools.rota import Asked, coverage, moment, period
from tools.rota_tables import show_coverage, show_moment, show_period

COVERAGE_WEEKS: Final = 52
CALENDAR_WEEKS: Final = 13
MOST_WEEKS: Final = 520


def _when(ctx: click.Context, parameter: click.Parameter, value: str | None) -> tuple[datetime, bool] | None:
    """A day, a time on the wall clock, or RFC 3339: the datetime, and whether only a day was given."""
    if value is None:
        return None
    with contextlib.suppress(ValueError):
        day = parse_day(value)
        if day.year in YEARS:
            return datetime.combine(day, time()), True
    try:
        return parse_moment(value), False
    except ValueError as error:
        raise click.BadParameter(
            f"{value[:40]!r} is not a date or time; expected one such as 2026-12-24, 2026-12-24T09:00 "
            f"(in the team's time zone, or in --timezone) or 2026-12-24T09:00:00Z, from {YEARS[0]} to {YEARS[-1]}"
        ) from error


def _zone(ctx: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """An IANA time zone."""
    try:
        return None if value is None else parse_timezone(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def _complete_zone(ctx: click.Context, parameter: click.Parameter, typed: str) -> list[str]:
    from zoneinfo import available_timezones

    return [zone for zone in sorted(available_timezones()) if zone.startswith(typed)]


def _complete(pick: str) -> Any:
    """Completes layers or people of every team that can be read."""

    def complete(ctx: click.Context, parameter: click.Parameter, typed: str) -> list[str]:
        root = root_so_far(ctx)
        teams = read_teams(root)[0].values() if root else ()
        found = {name for team in teams for name in _names(team, pick)}
        return sorted(name for name in found if name.startswith(typed))

    return complete


@click.group(invoke_without_command=True)
@click.option(
    "--at",
    metavar="DATE[TIME]",
    callback=_when,
    help="At this time instead of now; for a day alone, all of its shifts.",
)
@click.option("--weeks", type=click.IntRange(1, MOST_WEEKS), help="Every shift of the next so many weeks.")
@click.option("--team", shell_complete=stems("policies/teams"), help="Only this team.")
@click.option("--layer", shell_complete=_complete("layers"), help="Only this layer.")
@click.option("--person", shell_complete=_complete("people"), help="Only this person's shifts.")
@click.option(
    "--timezone",
    metavar="ZONE",
    callback=_zone,
    shell_complete=_complete_zone,
    help="Read and show times in this zone; each team's own by default.",
)
@click.option(
    "--ics",
    is_flag=False,
    flag_value="-",
    type=click.Path(dir_okay=False, path_type=Path, allow_dash=True),
    metavar="[FILE]",
    help=f"Write a calendar of the next {CALENDAR_WEEKS} weeks (or --weeks), to standard output or a file.",
)
@click.option(
    "--check", is_flag=True, help=f"Is someone there in every minute of the next {COVERAGE_WEEKS} weeks (or --weeks)?"
)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_context
def oncall(
    ctx: click.Context,
    at: tuple[datetime, bool] | None,
    weeks: int | None,
    team: str | None,
    layer: str | None,
    person: str | None,
    timezone: str | None,
    ics: Path | None,
    check: bool,
    as_json: bool,
) -> None:
    """Who is on call now, on a date, in the next weeks."""
    if ctx.invoked_subcommand is not None:
        _no_options_before(ctx)
        return
    _one_form(check=check, ics=ics, as_json=as_json, layer=layer, person=person)
    teams = _teams(repository(ctx), team)
    _known("layer", layer, teams)
    _known("person", person, teams)
    meant = tuple(one for one in teams.values() if _has(one, "layers", layer) and _has(one, "people", person))
    asked = Asked(teams=meant, layer=layer, person=person, timezone=timezone, at=at, now=_now())
    if ics is not None:
        _write_calendar(asked, weeks or CALENDAR_WEEKS, ics)
        return
    found = _answer(asked, weeks, check)
    if as_json:
        print_json({"teams": found})
    elif check:
        show_coverage(found)
    elif asked.is_moment(weeks):
        show_moment(found)
    else:
        show_period(found)
    if check and any(team["nobody_on_call"] or team["escalation_reaches_nobody"] for team in found):
        sys.exit(1)


def _no_options_before(ctx: click.Context) -> None:
    """Options that a command after them would ignore end it with status 2."""
    given = sorted(name for name, value in ctx.params.items() if value not in (None, False))
    if given:
        raise click.UsageError(
            f"{', '.join(given)}: of no meaning for `{ctx.invoked_subcommand}`; expected none before it; "
            f"write options of `{ctx.invoked_subcommand}` after it"
        )


def _answer(asked: Asked, weeks: int | None, check: bool) -> list[dict[str, Any]]:
    """What was asked for, as plain values."""
    if check:
        return coverage(asked, weeks or COVERAGE_WEEKS)
    return moment(asked) if asked.is_moment(weeks) else period(asked, weeks)


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def _one_form(*, check: bool, ics: Path | None, as_json: bool, layer: str | None, person: str | None) -> None:
    """Options that contradict each other end the command with status 2."""
    if ics is not None and (check or as_json):
        raise click.UsageError("--ics writes a calendar; expected neither --check nor --json with it")
    if check and (layer or person):
        raise click.UsageError("--check looks at a whole team; expected neither --layer nor --person with it")


def _teams(root: Path, chosen: str | None) -> Mapping[str, Team]:
    """The teams that are asked about; mistakes in their files are shown and end the command with status 1."""
    teams, problems = read_teams(root)
    mine = [one for one in problems if chosen is None or one.file == f"policies/teams/{chosen}.yaml"]
    if mine:
        for problem in mine:
            click.echo(str(problem), err=True)
        sys.exit(1)
    if chosen is None:
        return teams
    if chosen not in teams:
        raise click.UsageError(_unknown("team", chosen, list(teams)))
    return {chosen: teams[chosen]}


def _names(team: Team, pick: str) -> list[str]:
    """The names of a team's layers or people."""
    if pick == "people":
        return [member.name for member in team.members]
    return [layer.name for layer in team.on_call.layers] if team.on_call else []


def _has(team: Team, pick: str, name: str | None) -> bool:
    return name is None or name in _names(team, pick)


def _known(what: str, name: str | None, teams: Mapping[str, Team]) -> None:
    """A name that no team has ends the command with status 2."""
    known = sorted(
        {each for team in teams.values() for each in _names(team, "people" if what == "person" else "layers")}
    )
    if name is not None and name not in known:
        raise click.UsageError(_unknown(what, name, known))


def _unknown(what: str, name: str, known: list[str]) -> str:
    """Which name is wrong, and which there are."""
    near = nearest(name, known)
    hint = f"; did you mean {near}?" if near else ""
    return f"no {what} is called {name[:60]!r}; expected one of {', '.join(known) or '(there are none)'}{hint}"


def _write_calendar(asked: Asked, weeks: int, to: Path) -> None:
    """Writes the calendar, a file in one step, so that a reader never sees half of it."""
    from alerting.oncall.calendar import calendar

    names = [team.team for team in asked.teams]
    title = f"On call: {', '.join(names)}" if len(names) <= 3 else "On call"
    data = calendar(asked.shifts(weeks), name=title, stamp=asked.now)
    if str(to) == "-":
        sys.stdout.buffer.write(data)
        return
    try:
        beside = to.with_name(f".{to.name}.new")
        beside.write_bytes(data)
        beside.replace(to)
    except OSError as error:
        click.echo(
            f"{to}: the calendar cannot be written ({error.strerror}); expected a folder that you may write", err=True
        )
        sys.exit(1)


oncall.add_command(apply)
