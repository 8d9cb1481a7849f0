"""Forms (modals) for what a button cannot say alone: how each looks, and what one that was sent in says. Pure.

https://docs.slack.dev/surfaces/modals
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from alerting.model.policy import Policy
from bots.directory import member_of_slack
from bots.slack.markup import plain
from bots.timeline.event_fields import PRIORITIES, VERDICTS

PREFIX: Final = "tocsin:form:"
SERVICE: Final = "tocsin:service"
"""The menu whose choices are asked for as somebody types: a policy may have more services than a menu may hold."""
MOST_CHOICES: Final = 100
_MAX_META: Final = 3_000
_MAX_NOTE: Final = 3_000
_LABEL: Final = 75
_VERDICT_WORDS: Final[Mapping[str, str]] = {
    "actionable": "actionable: somebody had to do something",
    "noise": "noise: nobody had to",
    "duplicate": "duplicate: of another incident",
    "drill": "drill: a rehearsal",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a form was asked for; it travels with the form."""

    incident: str = ""
    """`INC-7`; empty to declare one."""
    channel: str = ""
    response_url: str = ""

    def packed(self) -> str:
        """As a form carries it."""
        text = json.dumps({"incident": self.incident, "channel": self.channel, "response_url": self.response_url})
        return text if len(text) <= _MAX_META else json.dumps({"incident": self.incident, "channel": self.channel})

    @classmethod
    def unpacked(cls, text: str) -> "Origin":
        """Reads what `packed` wrote; raises ValueError."""
        value = json.loads(text)
        known = {name: str(value.get(name, "")) for name in ("incident", "channel", "response_url")}
        return cls(**known)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What a form that was sent in asks."""

    command: str
    origin: Origin
    args: Mapping[str, Any] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    """What is wrong with it, by the field's name; shown in the form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    title: str
    """At most 24 characters."""
    send: str
    fields: Sequence[Mapping[str, Any]]


def _text(value: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": plain(value, _LABEL), "emoji": False}


def _field(
    name: str, label: str, element: Mapping[str, Any], *, optional: bool = False, hint: str = ""
) -> Mapping[str, Any]:
    found = {
        "type": "input",
        "block_id": name,
        "label": _text(label),
        "element": {**element, "action_id": element.get("action_id", name)},
        "optional": optional,
    }
    return found | ({"hint": _text(hint)} if hint else {})


def _line(**more: Any) -> Mapping[str, Any]:
    return {"type": "plain_text_input", **more}


def _menu(values: Sequence[str], words: Mapping[str, str] = {}) -> Mapping[str, Any]:
    return {"type": "static_select", "options": [option(value, words.get(value, value)) for value in values]}


def option(value: str, label: str) -> dict[str, Any]:
    """One choice of a menu."""
    return {"text": _text(label), "value": value}


_REMARK: Final = _field("note", "Remark", _line(multiline=True, max_length=_MAX_NOTE), optional=True)
_REASON: Final = _field("reason", "Why", _line(multiline=True, max_length=_MAX_NOTE), optional=True)
_PERSON: Final = {"type": "users_select"}
_VERDICT: Final = _menu(VERDICTS, _VERDICT_WORDS)
_PUBLIC: Final = {"type": "checkboxes", "options": [option("public", "May be shown outside the company")]}
_FORMS: Final[Mapping[str, _Form]] = {
    "declare": _Form(
        title="Declare an incident",
        send="Declare",
        fields=(
            _field("title", "What is wrong?", _line(max_length=200)),
            _field("service", "Service", {"type": "external_select", "min_query_length": 0, "action_id": SERVICE}),
            _field("priority", "Priority", _menu(PRIORITIES), optional=True, hint="By default that of a page."),
            _REMARK,
        ),
    ),
    "assign": _Form(title="Assign", send="Assign", fields=(_field("to", "Who works on it?", _PERSON), _REMARK)),
    "note": _Form(
        title="Update",
        send="Post",
        fields=(
            _field("text", "What do you see or do?", _line(multiline=True, max_length=_MAX_NOTE)),
            _field("public", "Public", _PUBLIC, optional=True),
        ),
    ),
    "priority": _Form(
        title="Priority", send="Change", fields=(_field("priority", "How bad is it?", _menu(PRIORITIES)), _REASON)
    ),
    "mitigate": _Form(title="Mitigated", send="Users are no longer hurt", fields=(_REMARK,)),
    "resolve": _Form(
        title="Resolve",
        send="Resolve",
        fields=(_field("verdict", "What was it?", _VERDICT, optional=True), _REMARK),
    ),
    "close": _Form(
        title="Close", send="Close", fields=(_field("verdict", "What was it?", _VERDICT, optional=True), _REMARK)
    ),
    "reopen": _Form(title="Reopen", send="Reopen", fields=(_REASON,)),
    "handoff": _Form(
        title="Hand off",
        send="Hand off",
        fields=(
            _field("to", "To whom?", _PERSON, optional=True, hint="By default whoever is on call next."),
            _REMARK,
        ),
    ),
}
COMMANDS: Final = frozenset(_FORMS)
"""Commands that have a form."""


def view(command: str, origin: Origin, service: str = "") -> dict[str, Any]:
    """The form of a command, as `views.open` takes it, with a service chosen; raises KeyError if it has none."""
    form = _FORMS[command]
    title = f"{form.title} {origin.incident}".strip() if len(form.title) + len(origin.incident) < 24 else form.title
    return {
        "type": "modal",
        "callback_id": f"{PREFIX}{command}",
        "title": {"type": "plain_text", "text": title[:24], "emoji": False},
        "submit": {"type": "plain_text", "text": form.send[:24], "emoji": False},
        "close": {"type": "plain_text", "text": "Cancel", "emoji": False},
        "private_metadata": origin.packed(),
        "blocks": [_chosen(one, service) for one in form.fields],
    }


def _chosen(field: Mapping[str, Any], service: str) -> dict[str, Any]:
    if not service or field["block_id"] != "service":
        return dict(field)
    return {**field, "element": {**field["element"], "initial_option": option(service, service)}}


def sent(payload: Mapping[str, Any], policy: Policy) -> Sent:
    """What a `view_submission` says; raises ValueError, KeyError or TypeError for a form that is none of ours."""
    found = payload["view"]
    command = str(found["callback_id"]).removeprefix(PREFIX)
    if command not in COMMANDS:
        raise ValueError(f"no form {command[:60]!r}")
    args, errors = {}, {}
    for name, elements in found["state"]["values"].items():
        value = _value(next(iter(elements.values())))
        if name == "to" and value:
            who = member_of_slack(policy, str(value))
            if who is None:
                errors[name] = "is in no team of policies/teams; expected a member whose Slack id is in the file"
            value = who
        if value not in (None, "", False):
            args[name] = value
    errors |= {name: words for name, words in _needed(command) if name not in args and name not in errors}
    if command == "declare" and args.get("service") not in policy.services and "service" not in errors:
        errors["service"] = f"no service {str(args['service'])[:40]!r} any more; expected one of the menu's"
    return Sent(command=command, origin=Origin.unpacked(found["private_metadata"]), args=args, errors=errors)


def _needed(command: str) -> Iterable[tuple[str, str]]:
    """What must be in a form: Slack takes blank space for it."""
    for one in _FORMS[command].fields:
        if not one["optional"]:
            yield str(one["block_id"]), "missing; expected some text" if _is_text(one) else "missing; expected a choice"


def _is_text(field: Mapping[str, Any]) -> bool:
    return bool(field["element"]["type"] == "plain_text_input")


def _value(element: Mapping[str, Any]) -> Any:
    kind = element.get("type")
    if kind == "plain_text_input":
        return (element.get("value") or "").strip()
    if kind in ("static_select", "external_select"):
        chosen = element.get("selected_option")
        return chosen["value"] if chosen else None
    if kind == "users_select":
        return element.get("selected_user")
    if kind == "checkboxes":
        return bool(element.get("selected_options"))
    return None


def services(policy: Policy, typed: str) -> list[dict[str, Any]]:
    """The choices of the menu of services for what somebody has typed so far."""
    wanted = typed.strip().lower()
    names = sorted(name for name in policy.services if wanted in name)
    starting = [name for name in names if name.startswith(wanted)]
    ordered = [*starting, *(name for name in names if name not in starting)]
    return [option(name, f"{name} ({policy.services[name].owner})") for name in ordered[:MOST_CHOICES]]
