"""What `tocsin drill --stack` reads from its surroundings, and how it prints what came of it."""

import contextlib
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import click

from alerting.errors import TocsinError
from alerting.model.policy import PLATFORM, Policy
from alerting.routes.answer import Answer
from tools.drill.errors import DrillError
from tools.drill.stack import Alert, FireDrill, Outcome, alert_of
from tools.drill.stack_members import Members
from tools.drill.stack_proofs import Bot, Paging, Proof, Slack
from tools.drill.stack_reach import Member, bot_through_kubectl, by_address, place_of, through_kubectl
from tools.root import print_json

_SKEW: Final = timedelta(minutes=2)
"""How far clocks of others may be behind ours."""
PAGERDUTY_TOKEN: Final = "TOCSIN_PAGERDUTY_TOKEN_FILE"
PAGERDUTY_URL: Final = "TOCSIN_PAGERDUTY_URL"
SLACK_TOKEN: Final = "TOCSIN_SLACK_TOKEN_FILE"


def fire_drill(root: Path, stack: str, service: str | None, urls: Sequence[str], within_s: float, as_json: bool) -> int:
    """Runs it and prints the outcome; gives the exit code."""
    from alerting.policy import load

    try:
        policy = load(root)
        alert = alert_of(policy, service or PLATFORM, datetime.now(UTC))
        environment = dict(os.environ)
        with contextlib.ExitStack() as open_:
            members, away = reached(root, stack, urls, environment, open_)
            if not as_json:
                click.echo(f"fire drill {alert.run} of {stack}: a page for {alert.labels['service']}, followed now")
            proofs = lambda alert, answer: proofs_of(policy, alert, answer, environment) | away  # noqa: E731 - one value
            outcome = FireDrill(policy, Members(members), alert, proofs, within_s).run()
    except TocsinError as error:
        click.echo(f"drill: {error}", err=True)
        return 1
    if as_json:
        print_json(outcome.to_json())
    else:
        show(outcome)
    return 0 if outcome.succeeded else 1


def reached(
    root: Path, stack: str, urls: Sequence[str], environment: dict[str, str], open_: contextlib.ExitStack
) -> tuple[Sequence[Member], dict[str, Proof | str]]:
    """The Alertmanagers, and what is known of the bot if it cannot be asked; puts its address into the environment."""
    from bots.settings import URL

    if urls:
        return by_address(urls), {}
    place = place_of(root, stack)
    members = open_.enter_context(through_kubectl(place))
    if not place.bot or environment.get(URL):
        return members, {}
    try:
        environment[URL] = open_.enter_context(bot_through_kubectl(place))
    except DrillError as error:
        return members, {"bot": f"the bot's API cannot be asked: {error}"}
    return members, {}


def proofs_of(policy: Policy, alert: Alert, answer: Answer, environment: Mapping[str, str]) -> dict[str, Proof | str]:
    """For each channel how to look for the alert there, or why nobody can."""
    since = alert.start - _SKEW
    return {
        "bot": _bot(alert, environment),
        "pagerduty": _paging(answer, since, environment),
        "slack": _slack(policy, alert, answer, since, environment),
        "email": f"nothing here can read a mailbox; look for {alert.run} there",
    }


def _bot(alert: Alert, environment: Mapping[str, str]) -> Proof | str:
    from bots.errors import SettingsError
    from bots.settings import read_client_settings
    from tools.bot_client import Client

    try:
        client = Client(read_client_settings(environment))
    except SettingsError as error:
        return f"the bot's API cannot be asked: {'; '.join(str(error).splitlines()[:2])}"
    return Bot(client.get, alert.labels["service"], alert.labels["team"], alert.run)


def _paging(answer: Answer, since: datetime, environment: Mapping[str, str]) -> Proof | str:
    from alerting.names import pagerduty_dedup_key
    from tools.pagerduty import URL, PagerDuty

    route = next((one for one in answer.notifications if one.channel == "pagerduty"), None)
    token = _token(environment, PAGERDUTY_TOKEN)
    if token is None or route is None:
        return f"{PAGERDUTY_TOKEN} is not set"
    account = PagerDuty(token, environment.get(PAGERDUTY_URL) or URL)
    try:
        return Paging(account, pagerduty_dedup_key(route.group_key), since)
    except TocsinError as error:
        return str(error)


def _slack(
    policy: Policy, alert: Alert, answer: Answer, since: datetime, environment: Mapping[str, str]
) -> Proof | str:
    route = next((one for one in answer.notifications if one.channel == "slack"), None)
    token = _token(environment, SLACK_TOKEN)
    if token is None or route is None:
        return f"{SLACK_TOKEN} is not set"
    return Slack(policy.routing.slack_api_url, token, route.to, alert.run, since)


def _token(environment: Mapping[str, str], name: str) -> str | None:
    """The token in the file that a variable names; None if it is not set. Raises DrillError for a useless file."""
    if not environment.get(name):
        return None
    path = Path(environment[name]).expanduser()
    try:
        token = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise DrillError(
            f"{name}: {path} cannot be read; expected a file with a token; correct the variable"
        ) from error
    if not token:
        raise DrillError(f"{name}: {path} is empty; expected a file with a token; put it there")
    return token


def show(outcome: Outcome) -> None:
    """One line for each channel, then what is left to say."""
    for one in outcome.channels:
        took = f" after {one.took_s:.0f} s" if one.took_s is not None else ""
        click.echo(f"{one.state:<10} {one.name:<10} {one.detail}{took}")
        if one.state != "not routed":
            click.echo(f"{'':<10} {'':<10} its end: {one.resolved or 'not seen'}")
    for note in outcome.notes:
        click.echo(f"note       {note}")
    click.echo(_verdict(outcome))


def _verdict(outcome: Outcome) -> str:
    states: dict[str, list[str]] = {
        state: [one.name for one in outcome.channels if one.state == state] for state in ("arrived", "taken", "missing")
    }
    parts = [
        words.format(", ".join(states[state]))
        for state, words in (
            ("arrived", "seen at {}"),
            ("taken", "taken but not verified at {}"),
            ("missing", "missing at {}"),
        )
        if states[state]
    ]
    begin = "The fire drill succeeded" if outcome.succeeded else "The fire drill failed"
    ends = [one.name for one in outcome.channels if one.name in ("bot", "pagerduty") and one.state != "not routed"]
    open_ = [one.name for one in outcome.channels if one.name in ends and one.resolved is None]
    late = f"; its end was not seen at {', '.join(open_)}" if open_ else ""
    return f"{begin}: {'; '.join(parts) or 'it is routed to nobody'}{late}."
