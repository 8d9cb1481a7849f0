"""What the drill's people read in Slack: the incident's message, and what was said below it or in its own channel."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tools.standins.slack import Slack


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """One incident in the workspace."""

    channel: str
    """The team's channel, without `#`."""
    room: str
    """The incident's own channel; empty if it has none."""
    headline: str
    entries: int
    """What was told of since, one for each thing that happened."""
    text: str
    """All of it, to look for words in."""


def thread_of(slack: Slack, incident: str) -> Thread | None:
    """The thread of an incident; None as long as there is no message."""
    with slack.space.lock:
        found = [(one, message) for one in slack.space.channels.values() for message in one.messages]
        ours = [(one.name, message) for one, message in found if _marker(message).get("incident") == incident]
        by_what = {what: [pair for pair in ours if _marker(pair[1]).get("what") == what] for what in _KINDS}
        if not by_what["incident"]:
            return None
        channel, message = by_what["incident"][0]
        return Thread(
            channel=channel,
            room=next((name for name, _ in by_what["room"]), ""),
            headline=str(message["blocks"][0]["text"]["text"]),
            entries=sum(len(_marker(message)["told"]) for _, message in by_what["update"]),
            text=json.dumps([message for _, message in ours]),
        )


_KINDS = ("incident", "room", "update")


def _marker(message: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = (message.get("metadata") or {}).get("event_payload") or {}
    return found
