"""Keeps Slack equal to the record: one message per incident, edited in place, and what happened since below it.

Nothing here is driven by single events. Each call reads the incident as it is now, compares it with what was written
last, and writes the difference; where there is none, nothing is called.

    message in the team's channel ──▶ channel of its own (P0, P1) ──▶ message there ──▶ edits ──▶ new entries
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

import orjson

from alerting.model.policy import Policy
from bots.errors import Postponed
from bots.incident import History
from bots.instants import from_us, to_us
from bots.outbound.mirror import Mirror
from bots.rulebook import Rules
from bots.slack import people
from bots.slack.message import Message, Scene, incident_message
from bots.slack.posting import GONE, Posted, Posting
from bots.slack.recovery import RELATION, ROOM_RELATION, recovered, remote
from bots.slack.room import LOST, Rooms
from bots.slack.updates import ids, untold, update_message
from bots.slack.web import SlackRefusal
from bots.timeline.event import Event

MIRROR: Final = "slack"
_MESSAGE: Final = "message"
_ROOM_MESSAGE: Final = "room message"
_ENTRIES: Final = "entries"
_EDIT_EVERY: Final = timedelta(seconds=3)
"""In a storm one message would be edited many times a second; nobody reads so fast."""
Place = tuple[str, str]
"""A channel's id, and the thread in it; empty for the channel itself."""


class Threads:
    """Writes an incident to Slack."""

    def __init__(
        self,
        *,
        posting: Posting,
        rooms: Rooms,
        mirror: Mirror,
        policy: Callable[[], Policy],
        public_url: Callable[[], str],
        now: Callable[[], datetime],
        link: Callable[[int, str, str], None],
    ) -> None:
        """`link` tells the record where the incident is in Slack: number, relation, address."""
        self._posting = posting
        self._rooms = rooms
        self._mirror = mirror
        self._policy = policy
        self._public_url = public_url
        self._now = now
        self._link = link

    def bring_up_to_date(self, history: History) -> None:
        """Writes the difference; raises Postponed, Unreachable or SlackRefusal, and what was written is remembered."""
        self._recover(history)
        self._first(history)
        try:
            room = self._rooms.ensure(history)
        except Postponed:
            # How it stands must not wait for a channel; what happened does, because it is told there.
            self._edit(history)
            raise
        held = self._edited_both(history, room)
        self._tell(history)
        self._link_up(history)
        room = self._rooms.of(history.number)
        if room:
            self._gather(history, room)
        if held is not None:
            raise held

    def say(self, number: int, about: str, message: Message, place: Place | None = None) -> None:
        """Says something once where the incident is talked about now (or in `place`); the intent stays.

        Nothing is said of an incident that has no message yet, or no more. Raises what posting raises.
        """
        channel, thread = place or self.place(number)
        if not channel:
            return
        try:
            self._posting.once(number, about, channel, message, thread=thread)
        except SlackRefusal as error:
            if error.error in LOST and channel == self._rooms.of(number):
                self._rooms.leave(number, error.error)
                self.say(number, about, message)
            elif error.error not in GONE:
                raise

    def place(self, number: int) -> Place:
        """Where words about an incident go now: the channel's id, and the thread in it (empty in its own channel)."""
        room = self._rooms.of(number)
        if room:
            return room, ""
        state = self._state(number)
        return str(state.get("channel", "")), str(state.get("ts", ""))

    # the message

    def _first(self, history: History) -> None:
        """Posts the message unless it is there."""
        if self._state(history.number).get("ts"):
            return
        message = incident_message(history, self._scene(history))
        channel = self._team_channel(history)
        posted = self._posting.once(history.number, _MESSAGE, channel, message)
        known = {"channel": posted.channel, "ts": posted.ts, "digest": _digest(message), "told": [], **self._edited()}
        self._keep(history.number, known, settles=_MESSAGE)
        self._posting.join(posted.channel)

    def _edit(self, history: History) -> None:
        state = self._state(history.number)
        message = incident_message(history, self._scene(history))
        changed = self._change(state, message, Posted(channel=str(state["channel"]), ts=str(state["ts"])))
        if changed is not None:
            self._keep(history.number, changed)

    def _change(self, state: Mapping[str, Any], message: Message, posted: Posted) -> Mapping[str, Any] | None:
        """The state after an edit; None if there was nothing to edit. Raises Postponed right after another one."""
        digest = _digest(message)
        if state.get("digest") == digest or state.get("gone"):
            return None
        wait_s = (from_us(int(state.get("edited_us", 0))) + _EDIT_EVERY - self._now()).total_seconds()
        if wait_s > 0:
            raise Postponed(wait_s, "the message was edited a moment ago")
        try:
            self._posting.edit(posted, message)
        except SlackRefusal as error:
            if error.error not in GONE:
                raise
            return {**state, "gone": error.error}
        return {**state, "digest": digest, **self._edited()}

    def _edited_both(self, history: History, room: str) -> Postponed | None:
        """Both messages are as they should be; or until when an edit has to wait, for which no entry waits."""
        held: Postponed | None = None
        try:
            if room:
                self._furnish(history, room)
        except Postponed as error:
            if not self._rooms.state(history.number).get("ts"):
                # Nothing is told in a channel before it says what it is for.
                raise
            held = error
        try:
            self._edit(history)
        except Postponed as error:
            held = held or error
        return held

    def _edited(self) -> dict[str, Any]:
        return {"edited_us": to_us(self._now())}

    # the channel of its own

    def _furnish(self, history: History, room: str) -> None:
        """The message in the channel of its own; without the channel there is none."""
        try:
            self._room_message(history, room)
        except SlackRefusal as error:
            if error.error not in LOST:
                raise
            self._rooms.leave(history.number, error.error)

    def _room_message(self, history: History, room: str) -> None:
        state = self._rooms.state(history.number)
        scene = replace(self._scene(history), in_room=True)
        message = incident_message(history, scene)
        if not state.get("ts"):
            posted = self._posting.once(history.number, _ROOM_MESSAGE, room, message)
            self._rooms.keep(history.number, {**state, "ts": posted.ts, "digest": _digest(message), **self._edited()})
            self._posting.settled(history.number, _ROOM_MESSAGE)
        else:
            changed = self._change(state, message, Posted(channel=room, ts=str(state["ts"])))
            if changed is not None:
                self._rooms.keep(history.number, changed)

    def _gather(self, history: History, room: str) -> None:
        """The topic and the people of the channel of its own."""
        scene = self._scene(history)
        self._rooms.describe(history, room)
        on_duty = people.on_duty(scene.policy, history.state.team, scene.now) if history.state.status.active else {}
        self._rooms.invite(history, room, people.responders(scene.policy, history.state, on_duty.values()))

    # what happened since

    def _tell(self, history: History) -> None:
        while rows := self._rows(history):
            message = update_message(history, rows, self._scene(history))
            about = f"{_ENTRIES} {','.join(ids(message))}"
            place = self._begin(history.number, ids(message))
            self.say(history.number, about, message, place)
            state = self._state(history.number)
            told = [*state.get("told", ()), *ids(message)]
            self._keep(history.number, {**state, "told": told, "telling": None}, settles=about)

    def _rows(self, history: History) -> Sequence[Event]:
        """What is said next: again what was begun, as it was begun, for with more in it nobody would find it."""
        state = self._state(history.number)
        begun = (state.get("telling") or {}).get("ids", ())
        return [row for row in history.rows if row.id in begun] or untold(history, state.get("told", ()))

    def _begin(self, number: int, said: Sequence[str]) -> Place:
        """Where it is said; where it was begun, if it was."""
        state = self._state(number)
        begun, here = state.get("telling") or {}, self.place(number)
        if begun.get("ids") == list(said) and (begun["thread"] or begun["channel"] == here[0]):
            return str(begun["channel"]), str(begun["thread"])
        self._keep(number, {**state, "telling": {"ids": list(said), "channel": here[0], "thread": here[1]}})
        return here

    # memory

    def _link_up(self, history: History) -> None:
        """The record learns where the incident is, so that a bot with an empty folder finds it again."""
        state, room = self._state(history.number), self._rooms.of(history.number)
        linked = list(state.get("linked", ()))
        wanted = [RELATION, *([ROOM_RELATION] if room else [])]
        if set(wanted) <= set(linked) or state.get("gone"):
            return
        try:
            address = self._posting.permalink(Posted(channel=str(state["channel"]), ts=str(state["ts"])))
        except SlackRefusal as error:
            if error.error not in GONE:
                raise
            self._keep(history.number, {**state, "gone": error.error})
            return
        # Every permalink of a workspace has the same shape: a channel's own address is the beginning of one.
        addresses = {RELATION: address, ROOM_RELATION: f"{address.partition('/archives/')[0]}/archives/{room}"}
        for relation in wanted:
            if relation not in linked:
                self._link(history.number, relation, addresses[relation])
        self._keep(history.number, {**state, "linked": wanted})

    def _recover(self, history: History) -> None:
        """Takes over what an earlier folder of state wrote, as far as the record says where it is."""
        if self._mirror.get(history.number) is None:
            state = recovered(history, self._posting, self._rooms)
            if state:
                self._keep(history.number, state)

    def _state(self, number: int) -> Mapping[str, Any]:
        found = self._mirror.get(number)
        return found.state if found else {}

    def _keep(self, number: int, state: Mapping[str, Any], *, settles: str = "") -> None:
        self._mirror.put(number, remote(str(state["channel"]), str(state["ts"])), state, settles=settles)

    def _scene(self, history: History) -> Scene:
        policy = self._policy()
        return Scene(
            policy=policy,
            rules=Rules.of(policy),
            public_url=self._public_url(),
            now=self._now(),
            room=self._rooms.of(history.number),
        )

    def _team_channel(self, history: History) -> str:
        teams = self._policy().teams
        team = teams.get(history.state.team) or teams.get("platform") or next(iter(teams.values()))
        return team.slack


def _digest(message: Message) -> str:
    return hashlib.sha256(orjson.dumps(message.arguments(), option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]
