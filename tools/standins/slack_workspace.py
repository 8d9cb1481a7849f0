"""A Slack workspace in memory: channels, messages, forms, and what its Web API says about them.

Each method checks its arguments, the token's scopes and the blocks as https://docs.slack.dev/reference/methods says.
"""

import itertools
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

BOT_ID: Final = "B0TOCSIN"
BOT_USER: Final = "U0TOCSIN"
Answer = dict[str, Any]


class Refused(Exception):
    """Slack's word for what is wrong."""

    def __init__(self, error: str, *messages: str, **more: Any) -> None:
        """`more` goes into the answer."""
        self.answer = {"ok": False, "error": error, **more}
        if messages:
            self.answer["response_metadata"] = {"messages": [f"[ERROR] {one}" for one in messages]}
        super().__init__(error)


@dataclass(slots=True, kw_only=True)
class Channel:
    """One channel."""

    id: str
    name: str
    private: bool = False
    creator: str = "U0ADMIN"
    created: float = 0.0
    topic: str = ""
    archived: bool = False
    members: set[str] = field(default_factory=set)
    messages: list[dict[str, Any]] = field(default_factory=list)

    def shown(self) -> Answer:
        """As the API shows it."""
        return {
            "id": self.id,
            "name": self.name,
            "is_private": self.private,
            "is_archived": self.archived,
            "is_member": BOT_USER in self.members,
            "creator": self.creator,
            "created": int(self.created),
            "topic": {"value": self.topic},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """What a method takes and needs."""

    run: Callable[["Workspace", Mapping[str, Any]], Answer]
    needed: frozenset[str]
    optional: frozenset[str] = frozenset()
    scopes: tuple[str, ...] = ()
    """Any of them."""
    reads: bool = False


class Workspace:
    """Everything that the bot and people did; several threads use it."""

    def __init__(
        self, channels: Iterable[str], users: Iterable[str], scopes: Iterable[str], *, open_to_all: bool = False
    ) -> None:
        """`channels` by name without `#`; `users` by id; `scopes` are the bot token's.

        `open_to_all`: whatever channel or person is named is there.
        """
        self.open_to_all = open_to_all
        self.scopes = frozenset(scopes)
        self.users = {*users, BOT_USER}
        self.channels: dict[str, Channel] = {}
        self.ephemeral: list[Answer] = []
        """What only one person saw, with `user`."""
        self.views: list[Answer] = []
        """Forms that were opened, the newest last."""
        self.triggers: dict[str, float] = {}
        """Triggers that a form may be opened with, and until when."""
        self.calls: list[tuple[str, Mapping[str, Any]]] = []
        self.lock = threading.RLock()
        self.on_post: Callable[[str, Mapping[str, Any]], None] = lambda channel, message: None
        """Told of every message that the app posts, and of the channel as the app named it."""
        self._numbers = itertools.count(1)
        self._last = 0
        for name in channels:
            self.add(name)

    def add(self, name: str, *, creator: str = "U0ADMIN", private: bool = False) -> Channel:
        """A new channel."""
        channel = Channel(
            id=f"C{next(self._numbers):05}", name=name, private=private, creator=creator, created=time.time()
        )
        self.channels[channel.id] = channel
        return channel

    def knows(self, user: str) -> bool:
        """Whether there is such a person."""
        return self.open_to_all or user in self.users

    def named(self, name: str) -> Channel:
        """The channel with a name; raises KeyError."""
        return next(one for one in self.channels.values() if one.name == name.removeprefix("#"))

    def ts(self) -> str:
        """A new message's name: later than every one before."""
        with self.lock:
            self._last = max(self._last + 1, time.time_ns() // 1000)
            return f"{self._last // 1_000_000}.{self._last % 1_000_000:06}"

    def trigger(self) -> str:
        """A trigger, good for three seconds."""
        with self.lock:
            name = f"{next(self._numbers)}.{time.time_ns()}"
            self.triggers[name] = time.monotonic() + 3
            return name

    def channel(self, name: Any, *, member: bool = False, archived: bool = False) -> Channel:
        """A channel by id or `#name`, as a bot may name it; an archived one only to read it. Raises Refused."""
        found = next((one for one in self.channels.values() if name in (one.id, f"#{one.name}")), None)
        if found is None and self.open_to_all and str(name).startswith(("#", "U", "@")):
            found = self.add(str(name).removeprefix("#"))
        if found is None or (found.private and BOT_USER not in found.members):
            raise Refused("channel_not_found")
        if found.archived and not archived:
            raise Refused("is_archived")
        if member and BOT_USER not in found.members:
            raise Refused("not_in_channel")
        return found

    def message(self, channel: Channel, ts: Any) -> dict[str, Any]:
        """One message; raises Refused."""
        found = next((one for one in channel.messages if one["ts"] == ts), None)
        if found is None:
            raise Refused("message_not_found")
        return found

    def post(self, channel: Channel, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Keeps a message of anybody's."""
        message = {"type": "message", "ts": self.ts(), **fields}
        channel.messages.append(message)
        return message
