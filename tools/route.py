"""`tocsin route`: who gets an alert with these labels, with the people on call."""

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final

import click

from alerting import names
from alerting.errors import RoutingError
from alerting.model.policy import Policy
from alerting.routes import Answer, completed, resolve
from alerting.spelling import nearest
from tools.check import InstantType
from tools.completion import stems
from tools.loading import loaded_policy
from tools.root import print_json

_LABEL: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_FOLDERS: Final = {names.SERVICE: "policies/services", names.TEAM: "policies/teams"}
_WORDS: Final = {
    names.SEVERITY: ("page", "ticket", "info"),
    names.PRIORITY: ("P0", "P1", "P2", "P3", "P4"),
    names.ALERTNAME: (),
}


def _complete(ctx: click.Context, parameter: click.Parameter, typed: str) -> list[str]:
    """Completes a label, then its value."""
    label, equals, value = typed.partition("=")
    if not equals:
        return [f"{name}=" for name in (*_FOLDERS, *_WORDS) if name.startswith(label)]
    if label in _FOLDERS:
        return [f"{label}={name}" for name in stems(_FOLDERS[label])(ctx, parameter, value)]
    return [f"{label}={word}" for word in _WORDS.get(label, ()) if word.startswith(value)]


@click.command()
@click.argument("labels", nargs=-1, required=True, metavar="LABEL=VALUE...", shell_complete=_complete)
@click.option("--at", type=InstantType(), help="The time to answer for, such as 2026-02-01T22:00:00Z; now by default.")
@click.option("--as-is", is_flag=True, help="Add no team and no priority, and take a service that is not known.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_context
def route(ctx: click.Context, labels: tuple[str, ...], at: datetime | None, as_is: bool, as_json: bool) -> None:
    """Who gets an alert with these labels, such as severity=page service=checkout.

    The team and the priority are filled in as the compiled rules do, where they are not given. The answer comes from
    the compiled routes, without Alertmanager.
    """
    asked = _labels(labels)
    policy = loaded_policy(ctx)
    if not as_is:
        _known_service(policy, asked)
        asked = completed(policy, asked)
    try:
        answer = resolve(policy, asked, at or datetime.now(UTC).replace(microsecond=0))
    except RoutingError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    if as_json:
        print_json(_plain(answer))
    else:
        _show(answer)


def _labels(texts: tuple[str, ...]) -> dict[str, str]:
    """The labels; all mistakes at once end the command with status 2."""
    found: dict[str, str] = {}
    wrong = []
    for text in texts:
        label, equals, value = text.partition("=")
        if not equals or not _LABEL.fullmatch(label):
            wrong.append(f"{text[:60]!r} is not a label; expected label=value such as severity=page")
        elif label in found:
            wrong.append(f"{label} is given twice; expected each label once")
        else:
            found[label] = value
    if wrong:
        raise click.UsageError("\n".join(wrong))
    return found


def _known_service(policy: Policy, labels: Mapping[str, str]) -> None:
    """A service without a file is a slip of the pen here, though Alertmanager would take it."""
    service = labels.get(names.SERVICE)
    if service is None or service in policy.services:
        return
    near = nearest(service, policy.services)
    raise click.UsageError(
        f"no service is called {service[:60]!r}; expected one of {', '.join(sorted(policy.services))}"
        f"{f'; did you mean {near}?' if near else ''}; with --as-is the answer is for an alert of another tool"
    )


def _plain(answer: Answer) -> dict[str, Any]:
    """The answer for programs."""
    found = asdict(answer)
    found["reaches_people"] = answer.reaches_people
    found["escalation"] = [
        {"who": step.who, "layer": step.layer, "after": str(step.after), "wait": str(step.wait) if step.wait else None}
        for step in answer.escalation
    ]
    return found


def _show(answer: Answer) -> None:
    """The answer for people."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    click.echo(f"{answer.severity} of {answer.service} ({answer.team}), {answer.priority}, at {_when(answer.at)}")
    for note in answer.notes:
        click.echo(f"note: {note}")
    table = Table(box=None, pad_edge=False)
    for heading in ("receiver", "who", "grouped by", "after"):
        table.add_column(heading, overflow="fold")
    for each in answer.notifications:
        cells = (each.receiver, each.to, ", ".join(each.group_by), each.group_wait)
        table.add_row(*(Text(cell) for cell in cells))
    Console().print(table)
    for line in _lines(answer):
        click.echo(line)


def _lines(answer: Answer) -> Iterator[str]:
    """What the table does not say."""
    for each in answer.notifications:
        if each.muted_by:
            yield f"{each.receiver} is muted at that time by {', '.join(each.muted_by)}"
    if answer.silenced_by:
        files = ", ".join(f"policies/silences/{name}.yaml" for name in answer.silenced_by)
        yield f"silenced at that time by {files}: nobody is told, the bot included"
    if answer.on_call:
        people = (f"{each.layer}: {_person(each.who, each.email, each.slack)}" for each in answer.on_call)
        yield f"on call    {', '.join(people)}"
    if answer.escalation:
        steps = ", ".join(_step(step.who, step.layer, str(step.after)) for step in answer.escalation)
        yield f"escalation {steps}"
    for rule in answer.muted_while:
        yield f"muted while an alert fires with {', '.join(rule.source)}"
    if not answer.reaches_people:
        yield "no person is told"


def _when(at: datetime) -> str:
    return f"{at.astimezone(UTC):%a %Y-%m-%d %H:%M} UTC"


def _person(who: str | None, email: str | None, slack: str | None) -> str:
    """A person with the ways to reach them."""
    return " ".join([who or "nobody", *([f"<{email}>"] if email else []), *([f"(Slack {slack})"] if slack else [])])


def _step(who: str | None, layer: str | None, after: str) -> str:
    name = who or "nobody"
    place = f" ({layer})" if layer else ""
    return f"{name}{place} at once" if after == "0s" else f"{name}{place} after {after}"
