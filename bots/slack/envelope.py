"""What Slack sent, as a row of the inbox: the same for HTTP and Socket Mode, without Slack's own token."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

SOURCE: Final = "slack"
_KINDS: Final = ("slash", "click", "form", "message")


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One thing that somebody did in Slack."""

    kind: str
    """slash, click, form or message."""
    payload: Mapping[str, Any]
    """As Slack documents it, as far as it is needed: https://docs.slack.dev/interactivity"""

    def sealed(self) -> bytes:
        """As the inbox keeps it."""
        return orjson.dumps({"kind": self.kind, "payload": dict(self.payload)})

    @classmethod
    def opened(cls, body: bytes) -> "Envelope":
        """Reads what `sealed` wrote; raises ValueError, KeyError or TypeError."""
        value = orjson.loads(body)
        if value["kind"] not in _KINDS:
            raise ValueError(f"no kind {value['kind']!r} of Slack's; a newer version of the bot may have stored it")
        return cls(kind=value["kind"], payload=value["payload"])


def slash(body: Mapping[str, Any]) -> Envelope:
    """A slash command."""
    wanted = ("command", "text", "user_id", "user_name", "channel_id", "trigger_id", "response_url")
    return Envelope(kind="slash", payload={name: str(body.get(name, "")) for name in wanted})


def click(body: Mapping[str, Any]) -> Envelope:
    """A click on a button of a message."""
    actions = body.get("actions") or [{}]
    action = {name: str(actions[0].get(name, "")) for name in ("action_id", "value", "action_ts")}
    return Envelope(
        kind="click",
        payload={
            "action": action,
            "user_id": _inner(body, "user"),
            "channel_id": _inner(body, "channel"),
            "trigger_id": str(body.get("trigger_id", "")),
            "response_url": str(body.get("response_url", "")),
        },
    )


def form(body: Mapping[str, Any]) -> Envelope:
    """A form that was sent in."""
    view = body.get("view") or {}
    kept = {name: view.get(name) for name in ("id", "callback_id", "private_metadata", "state")}
    return Envelope(kind="form", payload={"view": kept, "user_id": _inner(body, "user")})


def message(body: Mapping[str, Any]) -> Envelope:
    """A message in a channel that the bot is in."""
    event = body.get("event") or {}
    wanted = ("channel", "user", "text", "ts", "thread_ts")
    return Envelope(kind="message", payload={name: str(event.get(name, "")) for name in wanted})


def _inner(body: Mapping[str, Any], name: str) -> str:
    return str((body.get(name) or {}).get("id", ""))
