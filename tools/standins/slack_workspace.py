"""A Slack workspace in memory: channels, messages, forms, and what its Web API says about them.

Each method checks its arguments, the token's scopes and the blocks as https://docs.slack.dev/reference/methods says.
"""

import itertools
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tools.standins.slack_blocks import problems, view_problems

BOT_ID: Final = "B0TOCSIN"
BOT_USER: Final = "U0TOCSIN"
DOMAIN: Final = "https://acme.slack.com"
_MAX_TEXT: Final = 40_000
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

    def __init__(self, channels: Iterable[str], users: Iterable[str], scopes: Iterable[str]) -> None:
        """`channels` by name without `#`; `users` by id; `scopes` are the bot token's."""
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

    def answer(self, method: str, arguments: Mapping[str, Any], *, reads: bool) -> Answer:
        """What the Web API says; `reads` tells how the arguments came (a query, or JSON)."""
        with self.lock:
            self.calls.append((method, arguments))
            known = METHODS.get(method)
            try:
                if known is None:
                    raise Refused("unknown_method", method=method)
                self._check(known, arguments, reads)
                return {"ok": True, **known.run(self, arguments)}
            except Refused as refusal:
                return refusal.answer

    def _check(self, method: Method, arguments: Mapping[str, Any], reads: bool) -> None:
        if method.scopes and not self.scopes & set(method.scopes):
            needed = ",".join(method.scopes)
            raise Refused("missing_scope", needed=needed, provided=",".join(sorted(self.scopes)))
        if method.reads is not reads:
            raise Refused("invalid_arguments", "reads take a query, writes take JSON")
        missing = sorted(method.needed - arguments.keys())
        unknown = sorted(arguments.keys() - method.needed - method.optional)
        if missing or unknown:
            raise Refused(
                "invalid_arguments", *(f"missing {one}" for one in missing), *(f"unknown {one}" for one in unknown)
            )

    def channel(self, name: Any, *, member: bool = False) -> Channel:
        """A channel by id or `#name`, as a bot may name it; raises Refused."""
        found = next((one for one in self.channels.values() if name in (one.id, f"#{one.name}")), None)
        if found is None or (found.private and BOT_USER not in found.members):
            raise Refused("channel_not_found")
        if found.archived:
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


def content(arguments: Mapping[str, Any]) -> Answer:
    """Text, blocks and metadata of a message, checked."""
    text = arguments.get("text")
    if not isinstance(text, str) or not text:
        raise Refused("no_text")
    if len(text) > _MAX_TEXT:
        raise Refused("msg_too_long")
    if arguments.get("parse", "none") != "none" or arguments.get("link_names", False) is not False:
        raise Refused("invalid_arguments", "text of labels must not be searched for names")
    wrong = problems(arguments.get("blocks"))
    if wrong:
        raise Refused("invalid_blocks", *wrong)
    metadata = arguments.get("metadata")
    if metadata is not None and not (
        isinstance(metadata.get("event_type"), str) and isinstance(metadata.get("event_payload"), dict)
    ):
        raise Refused("invalid_metadata_format")
    return {"text": text, "blocks": arguments["blocks"], **({"metadata": metadata} if metadata else {})}


def _post_message(space: Workspace, arguments: Mapping[str, Any]) -> Answer:
    channel = space.channel(arguments["channel"])
    if BOT_USER not in channel.members and "chat:write.public" not in space.scopes:
        raise Refused("not_in_channel")
    fields = {**content(arguments), "user": BOT_USER, "bot_id": BOT_ID}
    thread = arguments.get("thread_ts")
    if thread is not None:
        space.message(channel, thread)
        fields["thread_ts"] = thread
    message = space.post(channel, fields)
    return {"channel": channel.id, "ts": message["ts"], "message": message}


def _update(space: Workspace, arguments: Mapping[str, Any]) -> Answer:
    channel = space.channel(arguments["channel"])
    message = space.message(channel, arguments["ts"])
    if message.get("bot_id") != BOT_ID:
        raise Refused("cant_update_message")
    message.update(content(arguments), edited={"user": BOT_USER, "ts": space.ts()})
    return {"channel": channel.id, "ts": message["ts"], "text": message["text"]}


def _post_ephemeral(space: Workspace, arguments: Mapping[str, Any]) -> Answer:
    channel = space.channel(arguments["channel"], member=True)
    if arguments["user"] not in space.users:
        raise Refused("user_not_in_channel")
    told = {**content(arguments), "channel": channel.id, "user": arguments["user"]}
    space.ephemeral.append(told)
    return {"message_ts": space.ts()}


def _permalink(space: Workspace, arguments: Mapping[str, Any]) -> Answer:
    channel = space.channel(arguments["channel"])
    ts = space.message(channel, arguments["message_ts"])["ts"]
    return {"channel": channel.id, "permalink": f"{DOMAIN}/archives/{channel.id}/p{ts.replace('.', '')}"}


def _open_view(space: Workspace, arguments: Mapping[str, Any]) -> Answer:
    until = space.triggers.pop(str(arguments["trigger_id"]), None)
    if until is None:
        raise Refused("invalid_trigger_id")
    if time.monotonic() > until:
        raise Refused("expired_trigger_id")
    wrong = view_problems(arguments["view"])
    if wrong:
        raise Refused("invalid_arguments", *wrong)
    view = {**arguments["view"], "id": f"V{len(space.views) + 1:05}", "hash": "1.a", "team_id": "T0ACME"}
    space.views.append(view)
    return {"view": view}


def _auth(space: Workspace, arguments: Mapping[str, Any]) -> Answer:
    return {
        "url": f"{DOMAIN}/",
        "team": "Acme",
        "user": "tocsin",
        "team_id": "T0ACME",
        "user_id": BOT_USER,
        "bot_id": BOT_ID,
    }


def _method(
    run: Callable[[Workspace, Mapping[str, Any]], Answer],
    needed: str,
    optional: str = "",
    *scopes: str,
    reads: bool = False,
) -> Method:
    return Method(
        run=run, needed=frozenset(needed.split()), optional=frozenset(optional.split()), scopes=scopes, reads=reads
    )


_CONTENT: Final = "blocks metadata parse link_names"
METHODS: Final[dict[str, Method]] = {
    "auth.test": _method(_auth, "", reads=True),
    "chat.getPermalink": _method(_permalink, "channel message_ts", reads=True),
    "chat.postEphemeral": _method(_post_ephemeral, "channel user text", "blocks thread_ts", "chat:write"),
    "chat.postMessage": _method(_post_message, "channel text", f"{_CONTENT} thread_ts", "chat:write"),
    "chat.update": _method(_update, "channel ts text", _CONTENT, "chat:write"),
    "views.open": _method(_open_view, "trigger_id view"),
}
"""More are added by `tools.standins.slack_channels`."""
