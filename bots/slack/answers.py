"""What only the person who asked sees: lists, one incident, runbooks, refusals. Pure."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from alerting.model.policy import Policy
from bots.commands import runbooks
from bots.incident import History
from bots.slack import people, rich
from bots.slack.asking import COMMANDS, INCIDENT, RUNBOOK
from bots.slack.markup import escaped, plain
from bots.slack.message import LONGEST, Scene, incident_message
from bots.slack.rich import Block, Element
from bots.timeline.summary import Summary

Answer = dict[str, Any]
"""A message that is answered to a slash command, or posted to a `response_url`."""
MOST: Final = 20
"""Incidents of a list."""
_REST: Final = 1_000
"""Characters of a message beside its rows."""
_FRAME: Final = 60
"""Characters around a row."""
_RUNBOOK_COMMANDS: Final = (
    (f"{RUNBOOK} list", "every runbook"),
    (f"{RUNBOOK} show high-error-rate", "one, and what it can run"),
    (
        f"{RUNBOOK} run high-error-rate INC-7",
        "runs what it binds; without a name where its alert fires",
    ),
)
_HERE: Final = {
    "tocsin incident list --all": f"{INCIDENT} list all",
    "tocsin remediation unfreeze": f"{INCIDENT} unfreeze",
}
"""What the ledger says to type, as it is typed here."""
_SENTENCE: Final = 2_900
_FIELD: Final = 150
"""Of what is said below the field of a form."""


def said(text: str, *, ok: bool = True) -> Answer:
    """A sentence; outside text in it means nothing."""
    sentence = plain(text, _SENTENCE) if ok else f"⚠️ {plain(text, _SENTENCE)}"
    return private(sentence, [{"type": "section", "text": {"type": "plain_text", "text": sentence, "emoji": False}}])


def in_form(view: Mapping[str, Any], text: str) -> dict[str, Any]:
    """The same where somebody has sent a form in: it stays open, and says so below its first field."""
    first = next(iter(view["state"]["values"]), "note")
    return {"response_action": "errors", "errors": {first: plain(text, _FIELD)}}


def private(text: str, blocks: Sequence[Block]) -> Answer:
    """Seen by one person only, beside the message that a button belongs to."""
    return {"response_type": "ephemeral", "replace_original": False, "text": escaped(text, 300), "blocks": list(blocks)}


def incident_list(found: Sequence[Summary], policy: Policy, public_url: str, what: str) -> Answer:
    """Several incidents; `what` says which."""
    if not found:
        return said(f"No incidents {what}.")
    rows = _fitting([_row(one, policy, public_url) for one in found[:MOST]])
    blocks = [rich.block([rich.section([rich.own(f"Incidents {what}", bold=True)]), rich.bullets(rows)])]
    if len(found) > len(rows):
        blocks.append(rich.block([rich.section([rich.own("and more: "), rich.link("all", f"{public_url}/incidents")])]))
    return private(f"{len(rows)} incidents {what}", blocks)


def _fitting(rows: Sequence[list[Element]]) -> Sequence[list[Element]]:
    """As many as one message takes."""
    size = 0
    for number, row in enumerate(rows):
        size += len(json.dumps(row, ensure_ascii=False)) + _FRAME
        if size > LONGEST - _REST:
            return rows[:number]
    return rows


def _row(one: Summary, policy: Policy, public_url: str) -> list[Element]:
    row = [
        rich.link(one.name, f"{public_url}/incidents/{one.name}"),
        rich.own(f" {one.priority} ", bold=True),
        rich.text(one.service, limit=63),
        rich.own(f" {one.status.value}, since "),
        rich.moment(one.started_at),
        rich.own(": "),
        rich.text(one.title, limit=150),
    ]
    if one.drill:
        row.insert(1, rich.own(" DRILL", bold=True))
    return [*row, rich.own(" · "), people.shown(policy, one.assignee)] if one.assignee else row


def incident(history: History, scene: Scene) -> Answer:
    """One incident with its buttons."""
    message = incident_message(history, scene)
    return {**private("", message.blocks), "text": message.text}


def runbook_list(policy: Policy) -> Answer:
    """Every runbook by the name that can be typed."""
    names = sorted(policy.runbooks)
    rows = _fitting([[rich.text(runbooks.kebab(name), code=True), *_title(policy, name)] for name in names])
    blocks = [rich.block([rich.section([rich.own("Runbooks", bold=True)]), rich.bullets(rows)])] if rows else []
    if len(names) > len(rows):
        all_of_them = rich.link("all of them", policy.routing.runbook_url)
        blocks.append(rich.block([rich.section([rich.own(f"and {len(names) - len(rows)} more: "), all_of_them])]))
    return private(f"{len(names)} runbooks", blocks) if blocks else said("There is no runbook.")


def _title(policy: Policy, name: str) -> list[Element]:
    actions = sorted({one.action for one in runbooks.bindings(policy, name).values()})
    found = [rich.own(" "), rich.text(policy.runbooks[name].title, limit=150)]
    return [*found, rich.own(" · runs "), rich.text(", ".join(actions), code=True)] if actions else found


def runbook(policy: Policy, name: str) -> Answer:
    """One runbook: where it is, what it is about, and what it can run."""
    address = f"{policy.routing.runbook_url.rstrip('/')}/{name}.md"
    parts = [rich.section([rich.link(name, address), rich.own(": "), rich.text(policy.runbooks[name].title)])]
    rows = []
    for service, binding in sorted(runbooks.bindings(policy, name).items()):
        target = ", ".join(f"{key} {value}" for key, value in binding.target.items())
        how = "by itself when the alert fires" if binding.automatic else f"with {RUNBOOK} run {runbooks.kebab(name)}"
        of = f" for {service}" if service else ""
        rows.append([rich.text(f"{binding.action}{of}", bold=True), rich.text(f" {target}"), rich.own(f" {how}")])
    return private(f"Runbook {name}", [rich.block([*parts, *([rich.bullets(_fitting(rows))] if rows else [])])])


def usage() -> Answer:
    """What can be typed."""
    typed = [(f"{INCIDENT} {name} {example}".strip(), meaning) for name, (example, meaning) in COMMANDS.items()]
    rows = [_command(*one) for one in (*typed, *_RUNBOOK_COMMANDS)]
    more = "In an incident's own channel its name may be left out; what members write there is a note of its timeline."
    return private("What can be typed", [rich.block([rich.bullets(rows), rich.section([rich.own(more)])])])


def _command(example: str, meaning: str) -> list[Element]:
    """One row; what stands between backquotes in the meaning is something to type as well."""
    said = [
        rich.text(part, code=True) if typed % 2 else rich.own(part) for typed, part in enumerate(meaning.split("`"))
    ]
    return [rich.text(example, code=True), rich.own(": "), *(one for one in said if one["text"])]


def outcome(payload: Mapping[str, Any]) -> Answer:
    """What came of a command, as `bots.replies` tells it."""
    ok = bool(payload["ok"])
    hint = str(payload["reply"].get("hint", ""))
    text = hint if hint and not ok else str(payload["text"])
    for elsewhere, here in _HERE.items():
        text = text.replace(elsewhere, here)
    return said(text, ok=ok)
