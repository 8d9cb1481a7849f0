"""A channel of an incident's own, for those that are bad enough; its messages are the incident's."""

import hashlib
import logging
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from bots.incident import History
from bots.outbound.mirror import Mirror
from bots.slack.markup import escaped
from bots.slack.message import headline
from bots.slack.posting import EARLIER, Posting
from bots.slack.web import SlackRefusal, Web
from bots.timeline.state import Incident

PRIORITIES: Final = ("P0", "P1")
MIRROR: Final = "slack-room"
_ABOUT: Final = "room"
_log = logging.getLogger(__name__)
_OTHER: Final = re.compile(r"[^a-z0-9_-]+")
_LONGEST: Final = 80
_TOPIC: Final = 250
_MOST_GUESTS: Final = 30
_NUMBERED: Final = 3
"""How many names are tried that people can read, before one is taken that nobody else has."""
LOST: Final = frozenset({"channel_not_found", "is_archived", "not_in_channel"})
"""People archived or deleted the channel, or removed the app from it: the thread has to do."""


def wanted(history: History) -> bool:
    """Whether an incident gets a channel of its own: one that goes on, and is no duplicate of another."""
    incident = history.state
    return incident.priority in PRIORITIES and incident.status.active and incident.inputs.duplicate_of is None


def room_name(incident: Incident, attempt: int = 1) -> str:
    """`inc-7-checkout`; lower case, digits, hyphens and underscores, at most 80 characters."""
    drill = "drill-" if incident.drill else ""
    name = _OTHER.sub("-", f"{drill}{incident.name}-{incident.service}".lower()).strip("-")
    suffix = f"-{attempt}" if attempt > 1 else ""
    if attempt > _NUMBERED:
        suffix = f"-{hashlib.sha256(f'{incident.inputs.opened_key} {attempt}'.encode()).hexdigest()[:8]}"
    return name[: _LONGEST - len(suffix)].rstrip("-") + suffix


def topic_of(incident: Incident) -> str:
    """What stands above a channel: how it is, and what it is about as far as there is room."""
    whole = escaped(f"{headline(incident)} · {incident.status.value}", _TOPIC)
    return whole if len(whole) <= _TOPIC else f"{incident.name} {incident.priority} · {incident.status.value}"


class Rooms:
    """Makes channels and keeps their topics true."""

    def __init__(self, web: Web, posting: Posting, mirror: Mirror, now: Callable[[], datetime]) -> None:
        """`mirror` remembers the channel of each incident: its `remote` is the channel's id."""
        self._web = web
        self._posting = posting
        self._mirror = mirror
        self._now = now

    def of(self, incident: int) -> str:
        """The channel's id; empty if it has none, or may have none."""
        found = self._mirror.get(incident)
        return found.remote if found else ""

    def state(self, incident: int) -> Mapping[str, Any]:
        """What was written last in the channel."""
        found = self._mirror.get(incident)
        return found.state if found else {}

    def keep(self, incident: int, state: Mapping[str, Any]) -> None:
        """Remembers it."""
        self._mirror.put(incident, self.of(incident), state)

    def incident(self, channel: str) -> int | None:
        """Whose channel it is; None if it is not one of ours."""
        return self._mirror.find(channel) if channel else None

    def adopt(self, incident: int, channel: str) -> None:
        """Takes a channel over that an earlier folder of state has made."""
        self._mirror.put(incident, channel, {})

    def leave(self, incident: int, why: str) -> None:
        """Nothing is said in the channel any more; `why` is Slack's word for it."""
        _log.warning("the channel %s of INC-%d: %s; its thread is used", self.of(incident), incident, why)
        self._mirror.put(incident, "", {"left": why})

    def ensure(self, history: History) -> str:
        """The id of the channel, made now if it is wanted; empty if there is none."""
        if self._mirror.get(history.number) is not None or not wanted(history):
            return self.of(history.number)
        begun = self._mirror.intended(history.number, _ABOUT)
        self._mirror.intend(history.number, _ABOUT, self._now())
        channel = self._make(history.state, begun)
        self._mirror.put(history.number, channel, {}, settles=_ABOUT)
        return channel

    def _make(self, incident: Incident, begun: datetime | None) -> str:
        attempt = 1
        while True:
            try:
                answer = self._web.call("conversations.create", {"name": room_name(incident, attempt)})
                return str(answer["channel"]["id"])
            except SlackRefusal as error:
                if error.error != "name_taken":
                    _log.warning("%s has no channel of its own, its thread is used: %s", incident.name, error)
                    return ""
            mine = self._mine(room_name(incident, attempt), begun)
            if mine:
                return mine
            attempt += 1

    def _mine(self, name: str, begun: datetime | None) -> str:
        """A channel of that name that a call of ours made, whose answer never arrived."""
        if begun is None:
            return ""
        me = self._posting.identity()["user_id"]
        for one in self._posting.channels():
            made_at = float(one.get("created") or 0)
            if one.get("name") == name and one.get("creator") == me and made_at >= (begun - EARLIER).timestamp():
                return str(one["id"])
        return ""

    def describe(self, history: History, channel: str) -> None:
        """The topic says how it stands; written only when that has changed."""
        topic = topic_of(history.state)
        state = self.state(history.number)
        if state.get("topic") == topic:
            return
        try:
            self._web.call("conversations.setTopic", {"channel": channel, "topic": topic})
        except SlackRefusal as error:
            # The messages say the same: it is not worth a second attempt.
            _log.info("%s: %s", history.state.name, error)
        self.keep(history.number, {**state, "topic": topic})

    def invite(self, history: History, channel: str, slack_ids: tuple[str, ...]) -> None:
        """Brings those in who work on it and are not there yet."""
        state = self.state(history.number)
        invited = list(state.get("invited", ()))
        fresh = [one for one in slack_ids if one not in invited][:_MOST_GUESTS]
        if not fresh:
            return
        try:
            # One who cannot be invited must not keep the others out.
            asked = {"channel": channel, "users": ",".join(fresh), "force": True}
            self._web.call("conversations.invite", asked)
        except SlackRefusal as error:
            # Whoever cannot be invited (already there, a guest, left the company) is not tried again and again.
            _log.info("%s: %s: %s", history.state.name, ", ".join(fresh), error)
        self.keep(history.number, {**state, "invited": [*invited, *fresh]})
