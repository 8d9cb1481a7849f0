"""`tocsin oncall apply`: makes PagerDuty's overrides equal to the files under policies/teams/."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import click

from alerting.errors import TocsinError
from alerting.model.team import Team
from alerting.names import pagerduty_schedule
from alerting.pagerduty.overrides import Action, Create, Held, Keep, Leave, Override, Remove, plan, wanted
from alerting.policy import read_teams
from tools.loading import refuse
from tools.pagerduty import URL, PagerDuty, PagerDutyError
from tools.policy_history import earlier_teams
from tools.root import print_json, repository

LEAD: Final = timedelta(seconds=30)
"""How long after the plan its last request may be sent: PagerDuty makes no override in the past."""
LOOK_AHEAD: Final = timedelta(days=365)
"""How far ahead overrides of PagerDuty are looked at, beyond the last one of the files."""
_VERBS: Final = {Create: "create", Remove: "remove", Keep: "keep", Leave: "leave"}


@click.command()
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option(
    "--token-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    envvar="TOCSIN_PAGERDUTY_TOKEN_FILE",
    show_envvar=True,
    required=True,
    help="The file that holds a REST API key of the account.",
)
@click.option(
    "--url",
    metavar="URL",
    envvar="TOCSIN_PAGERDUTY_URL",
    default=URL,
    show_default=True,
    show_envvar=True,
    help="Where the account is; https://api.eu.pagerduty.com in the EU.",
)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_context
def apply(ctx: click.Context, dry_run: bool, token_file: Path, url: str, as_json: bool) -> None:
    """Create and remove overrides until PagerDuty's are as the files say.

    The schedules themselves come from `pulumi up`. Only overrides are touched that some version of a team's file, now
    or in git's history, asks for; those that people made in PagerDuty stay. A second run changes nothing.
    """
    root = repository(ctx)
    teams, problems = read_teams(root)
    if problems:
        refuse(problems)
    try:
        client = PagerDuty(_token(token_file), url, dry_run=dry_run)
        work = _Work(client, tuple(teams.values()), earlier_teams(root), _next_minute(datetime.now(UTC)))
        if not as_json:
            _print(work.actions, work.history_is_known)
        work.carry_out()
    except TocsinError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    if as_json:
        print_json({"dry_run": dry_run, "actions": [_plain(action) for action in work.actions]})
    else:
        click.echo(_summary(work.actions, dry_run))


class _Work:
    """What must be done in one account."""

    def __init__(self, client: PagerDuty, teams: Sequence[Team], earlier: Sequence[Team] | None, now: datetime) -> None:
        """Asks for what is there and plans; raises PagerDutyError."""
        self._client = client
        self.history_is_known = earlier is not None
        asked = [one for team in teams for one in wanted(team, now)]
        history = [one for team in earlier or () for one in wanted(team, now)]
        self._schedules = client.schedules()
        self._users = client.users()
        self._all_there(asked)
        until = max([now, *(one.end for one in (*asked, *history))]) + LOOK_AHEAD
        self.actions = plan(asked, history, self._held(teams, now, until), now)

    def carry_out(self) -> None:
        """Does what the plan says; raises PagerDutyError at the first that fails, what came before stays done."""
        for action in self.actions:
            match action:
                case Create(override=one):
                    self._client.create(self._schedules[one.schedule], one, self._users[one.email])
                case Remove(held=one):
                    self._client.remove(self._schedules[one.schedule], one.id)
                case Keep() | Leave():
                    pass

    def _held(self, teams: Iterable[Team], now: datetime, until: datetime) -> list[Held]:
        """Every override of our schedules."""
        emails = {user: email for email, user in self._users.items()}
        layers = [(team.team, layer.name) for team in teams if team.on_call for layer in team.on_call.layers]
        names = [name for name in (pagerduty_schedule(*layer) for layer in layers) if name in self._schedules]
        found: list[Held] = []
        for name in names:
            found += self._client.overrides(name, self._schedules[name], now, until, emails)
        return found

    def _all_there(self, asked: Iterable[Override]) -> None:
        """Raises PagerDutyError with everything that overrides of the files need and PagerDuty lacks."""
        wants = list(asked)
        missing = [f"schedule {name!r}" for name in sorted({one.schedule for one in wants} - self._schedules.keys())]
        missing += [f"user {email}" for email in sorted({one.email for one in wants} - self._users.keys())]
        if missing:
            raise PagerDutyError(
                f"PagerDuty has no {', no '.join(missing)}; expected those of policies/teams/; run `pulumi up` first"
            )


def _next_minute(now: datetime) -> datetime:
    """A whole minute that is still to come when the last request is sent."""
    return (now + LEAD).replace(second=0, microsecond=0) + timedelta(minutes=1)


def _token(file: Path) -> str:
    """The key; raises PagerDutyError for a file without one."""
    try:
        text = file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeError) as error:
        raise PagerDutyError(f"{file}: cannot be read as text; expected a REST API key of PagerDuty") from error
    if not text or len(text.split()) != 1:
        raise PagerDutyError(f"{file}: holds no key; expected a REST API key of PagerDuty, on one line")
    return text


def _print(actions: Sequence[Action], history_is_known: bool) -> None:
    """The plan, a line for each action."""
    for action in actions:
        line = _line(action)
        click.echo("".join(char if char.isprintable() else "�" for char in line))
    if not history_is_known:
        click.echo("there is no git history here, so overrides that left the files are not known as ours and stay")


def _line(action: Action) -> str:
    match action:
        case Create(override=one):
            return f"create {one.schedule}: {one.email}, {_span(one)}"
        case Remove(held=held):
            return f"remove {held.schedule}: {held.who}, {_span(held)}: {action.why}"
        case Keep(held=held):
            return f"keep   {held.schedule}: {held.who}, {_span(held)}"
        case Leave(held=held):
            return f"leave  {held.schedule}: {held.who}, {_span(held)}: made by others"


def _span(one: Override | Held) -> str:
    return f"{one.start:%Y-%m-%d %H:%M} to {one.end:%Y-%m-%d %H:%M} UTC"


def _summary(actions: Sequence[Action], dry_run: bool) -> str:
    """How many of each, in one line."""
    created = sum(isinstance(action, Create) for action in actions)
    removed = sum(isinstance(action, Remove) for action in actions)
    changed = ", ".join(f"{count} {word}" for count, word in ((created, "created"), (removed, "removed")) if count)
    if not changed:
        return "nothing to do"
    return f"dry run, nothing was changed; it would be: {changed}" if dry_run else changed


def _plain(action: Action) -> Mapping[str, Any]:
    """An action for programs."""
    one = action.override if isinstance(action, Create) else action.held
    found = {"action": _VERBS[type(action)], "schedule": one.schedule, "start": one.start, "end": one.end}
    if isinstance(action, Create):
        return {**found, "email": action.override.email}
    found |= {"id": action.held.id, "who": action.held.who}
    return {**found, "why": action.why} if isinstance(action, Remove) else found
