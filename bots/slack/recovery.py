"""Where an incident is in Slack, as the record says it: what a bot with an empty folder of state goes on from."""

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from bots.incident import History
from bots.slack.posting import EARLIER, GONE, Posting
from bots.slack.room import LOST, Rooms
from bots.slack.web import SlackRefusal
from bots.timeline.event import BOT, Kind

RELATION: Final = "slack_thread"
ROOM_RELATION: Final = "slack_channel"
_PERMALINK: Final = re.compile(r"/archives/([A-Z0-9]{3,})(?:/p(\d{10})(\d{6}))?")


def remote(channel: str, ts: str) -> str:
    """What the mirror's table calls a thread."""
    return f"{channel}:{ts}"


def recorded(history: History) -> Mapping[str, tuple[str, str]]:
    """Channel and message that the bot itself linked, by relation."""
    found: dict[str, tuple[str, str]] = {}
    for event in history.events:
        relation = str(event.data.get("relation", ""))
        if event.kind == Kind.LINKED and event.by == BOT and relation in (RELATION, ROOM_RELATION):
            match = _PERMALINK.search(urlsplit(str(event.data.get("url", ""))).path)
            if match:
                found[relation] = (match[1], f"{match[2]}.{match[3]}" if match[2] else "")
    return found


def recovered(history: History, posting: Posting, rooms: Rooms) -> Mapping[str, Any]:
    """What an earlier folder of state knew of the thread; its channel of its own is adopted. Empty if there is none."""
    known = recorded(history)
    channel, ts = known.get(RELATION, ("", ""))
    if not ts:
        return {}
    room = known.get(ROOM_RELATION, ("", ""))[0]
    if room:
        rooms.adopt(history.number, room)
    told = [*_told(history, posting, channel, ts), *(_told_in_room(history, posting, rooms, room) if room else ())]
    return {"channel": channel, "ts": ts, "linked": [RELATION, *([ROOM_RELATION] if room else [])], "told": told}


def _told(history: History, posting: Posting, channel: str, thread: str) -> list[str]:
    """The entries that stand below the message already."""
    try:
        markers = [marker for _, marker in _markers(history, posting, channel, thread)]
    except SlackRefusal as error:
        if error.error not in GONE:
            raise
        return []
    return [one for marker in markers for one in marker.get("told") or ()]


def _told_in_room(history: History, posting: Posting, rooms: Rooms, room: str) -> list[str]:
    """Those of its own channel, where its message is found as well; the channel may be no more."""
    told: list[str] = []
    try:
        for at, marker in _markers(history, posting, room, ""):
            told += marker.get("told") or ()
            if marker.get("what") == "room":
                rooms.keep(history.number, {"ts": at})
    except SlackRefusal as error:
        if error.error not in LOST:
            raise
        rooms.leave(history.number, error.error)
    return told


def _markers(history: History, posting: Posting, channel: str, thread: str) -> list[tuple[str, Mapping[str, Any]]]:
    found = posting.markers(channel, history.state.inputs.opened_at - EARLIER, thread=thread)
    return [(at, marker) for at, marker in found if marker.get("incident") == history.state.name]
