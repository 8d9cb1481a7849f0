"""Messages that must exist once, also when nobody knows whether the call that made one got through.

Slack has no idempotency keys. So an intent is written down before the call, every message carries metadata, and an
intent that is found later is settled by listing our own recent messages there for the metadata, never by search.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from bots.errors import Postponed, Undeliverable, Unreachable
from bots.outbound.mirror import Mirror
from bots.slack.message import EVENT_TYPE, Message
from bots.slack.web import SlackRefusal, Web

_log = logging.getLogger(__name__)
EARLIER: Final = timedelta(minutes=2)
"""Slack's clock and ours may differ by so much."""
_UNFURLED: Final = {"unfurl_links": False, "unfurl_media": False}
"""An address may come from a label: nothing that is behind it is shown."""
GONE: Final = frozenset(
    {
        "message_not_found",
        "cant_update_message",
        "cannot_reply_to_message",
        "edit_window_closed",
        "restricted_action_thread_locked",
        "thread_not_found",
    }
)
"""Somebody deleted the message, or the workspace allows no edits: it stays as it is."""
_UNREADABLE: Final = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long"})
"""What Slack finds wrong with the blocks of a message; not all of its limits are documented."""
_AGAIN_S: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """Where a message is."""

    channel: str
    """The channel's id."""
    ts: str
    """The message's own name in its channel."""


class Posting:
    """Posts, edits and finds the bot's own messages."""

    def __init__(self, web: Web, intents: Mirror, now: Callable[[], datetime]) -> None:
        """`intents` keeps what was begun."""
        self._web = web
        self._intents = intents
        self._now = now
        self._lock = threading.Lock()
        self._identity: Mapping[str, Any] | None = None
        self._channels: dict[str, str] = {}
        self._joined: set[str] = set()
        self._unreadable: set[str] = set()
        """Messages whose blocks Slack did not take."""

    def once(self, incident: int, about: str, channel: str, message: Message, *, thread: str = "") -> Posted:
        """Posts a message, or finds the one that an earlier call posted. The intent stays until `settled`."""
        begun = self._intents.intended(incident, about)
        if begun is not None:
            found = self.find(channel, message.marker, begun - EARLIER, thread=thread)
            if found is not None:
                return found
        self._intents.intend(incident, about, self._now())
        try:
            return self.post(channel, message, thread=thread)
        except (Postponed, Unreachable, Undeliverable) as error:
            if begun is None and not (isinstance(error, Unreachable) and error.unknown):
                # It certainly did not happen: nothing has to be looked for before it is tried again.
                self._intents.settle(incident, about)
            raise

    def settled(self, incident: int, about: str) -> None:
        """What was made is remembered."""
        self._intents.settle(incident, about)

    def post(self, channel: str, message: Message, *, thread: str = "") -> Posted:
        """Posts a message; `channel` is an id or `#payments`."""
        more = {"thread_ts": thread} if thread else {}
        answer = self._write("chat.postMessage", {"channel": channel, **_UNFURLED, **more}, message)
        posted = Posted(channel=str(answer["channel"]), ts=str(answer["ts"]))
        self._know(channel, posted.channel)
        return posted

    def edit(self, posted: Posted, message: Message) -> None:
        """Replaces what a message says; raises SlackRefusal (`message_not_found` where somebody deleted it)."""
        # An edit without blocks may leave those that the message has; an empty list takes them away:
        # https://docs.slack.dev/reference/methods/chat.update
        self._write("chat.update", {"channel": posted.channel, "ts": posted.ts, "blocks": []}, message)

    def _write(self, method: str, arguments: Mapping[str, Any], message: Message) -> Mapping[str, Any]:
        """As blocks; as a sentence if Slack does not take the blocks, since nobody must miss an incident for them."""
        with self._lock:
            # Slack limits a channel, by whichever of its names it is called.
            place = self._channels.get(str(arguments["channel"]).removeprefix("#"), "")
        if message.text in self._unreadable:
            return self._web.call(method, {**arguments, **message.plainly()}, place=place)
        try:
            return self._web.call(method, {**arguments, **message.arguments()}, place=place)
        except SlackRefusal as error:
            if error.error not in _UNREADABLE:
                raise
            self._unreadable.add(message.text)
            _log.error("%s; it is said without blocks: %s", error, message.text)
            raise Postponed(_AGAIN_S, str(error)) from error

    def join(self, channel: str) -> None:
        """Makes sure that the bot hears what is said in a public channel; it must be invited to a private one."""
        if channel in self._joined:
            return
        try:
            self._web.call("conversations.join", {"channel": channel})
        except SlackRefusal as error:
            # What the bot cannot do there will show when it reads or writes.
            _log.info("%s: %s", channel, error)
        self._joined.add(channel)

    def find(self, channel: str, marker: Mapping[str, Any], since: datetime, *, thread: str = "") -> Posted | None:
        """Our own message with this marker, posted at or after an instant; None if there is none."""
        channel_id = self.channel_id(channel)
        if channel_id is None:
            return None
        self.join(channel_id)
        for ts, payload in self.markers(channel_id, since, thread=thread):
            if payload == marker:
                return Posted(channel=channel_id, ts=ts)
        return None

    def markers(self, channel_id: str, since: datetime, *, thread: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
        """The markers of our own messages in a channel or a thread of it, each with its message's name."""
        mine = self.identity()["bot_id"]
        asked = {"channel": channel_id, "oldest": f"{since.timestamp():.6f}", "include_all_metadata": True}
        method = "conversations.replies" if thread else "conversations.history"
        for one in self._web.pages(method, asked | ({"ts": thread} if thread else {}), "messages"):
            metadata = one.get("metadata") or {}
            if one.get("bot_id") == mine and metadata.get("event_type") == EVENT_TYPE:
                yield str(one["ts"]), metadata.get("event_payload") or {}

    def channel_id(self, channel: str) -> str | None:
        """The id of `#payments`; None if the bot sees no such channel."""
        name = channel.removeprefix("#")
        if not channel.startswith("#"):
            return channel
        with self._lock:
            known = self._channels.get(name)
        if known is not None:
            return known
        for one in self.channels():
            self._know(str(one["name"]), str(one["id"]))
        with self._lock:
            return self._channels.get(name)

    def channels(self) -> Iterator[Mapping[str, Any]]:
        """The channels that the bot sees."""
        kinds = {"types": "public_channel,private_channel", "exclude_archived": True}
        return self._web.pages("conversations.list", kinds, "channels")

    def identity(self) -> Mapping[str, Any]:
        """Who we are: `bot_id`, `user_id`, `url` of the workspace."""
        if self._identity is None:
            self._identity = self._web.call("auth.test", {})
        return self._identity

    def permalink(self, posted: Posted) -> str:
        """The address of a message for a browser."""
        answer = self._web.call("chat.getPermalink", {"channel": posted.channel, "message_ts": posted.ts})
        return str(answer["permalink"])

    def _know(self, name: str, channel_id: str) -> None:
        with self._lock:
            self._channels[name.removeprefix("#")] = channel_id
