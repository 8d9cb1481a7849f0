"""The methods of the workspace that are about channels: making, finding and reading them."""

import re
from collections.abc import Mapping
from typing import Any, Final

from tools.standins.slack_workspace import BOT_USER, Answer, Channel, Method, Refused, Workspace

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}")
_MAX_TOPIC: Final = 250
_PAGE: Final = 200


def _create(space: Workspace, arguments: Mapping[str, Any]) -> Answer:
    name = str(arguments["name"])
    if not _NAME.fullmatch(name):
        raise Refused("invalid_name_specials")
    if any(one.name == name for one in space.channels.values()):
        raise Refused("name_taken")
    channel = space.add(name, creator=BOT_USER)
    channel.members.add(BOT_USER)
    return {"channel": channel.shown()}


def _invite(space: Workspace, arguments: Mapping[str, Any]) -> Answer:
    channel = space.channel(arguments["channel"], member=True)
    wanted = str(arguments["users"]).split(",")
    known = [user for user in wanted if space.knows(user)]
    if not known or (len(known) < len(wanted) and arguments.get("force") is not True):
        raise Refused("user_not_found")
    if all(user in channel.members for user in known):
        raise Refused("already_in_channel")
    channel.members.update(known)
    return {"channel": channel.shown()}


def _join(space: Workspace, arguments: Mapping[str, Any]) -> Answer:
    channel = space.channel(arguments["channel"])
    if channel.private:
        raise Refused("method_not_supported_for_channel_type")
    channel.members.add(BOT_USER)
    return {"channel": channel.shown()}


def _set_topic(space: Workspace, arguments: Mapping[str, Any]) -> Answer:
    channel = space.channel(arguments["channel"], member=True)
    topic = str(arguments["topic"])
    if len(topic) > _MAX_TOPIC:
        raise Refused("too_long")
    channel.topic = topic
    return {"channel": channel.shown()}


def _list(space: Workspace, arguments: Mapping[str, Any]) -> Answer:
    seen = [one for one in space.channels.values() if not one.private or BOT_USER in one.members]
    if arguments.get("exclude_archived") == "true":
        seen = [one for one in seen if not one.archived]
    # A page is short, so that whoever reads must follow the cursor.
    return _page([one.shown() for one in seen], arguments, "channels", most=2)


def _history(space: Workspace, arguments: Mapping[str, Any]) -> Answer:
    channel = space.channel(arguments["channel"], member=True, archived=True)
    return _messages(channel, [one for one in channel.messages if "thread_ts" not in one], arguments)


def _replies(space: Workspace, arguments: Mapping[str, Any]) -> Answer:
    channel = space.channel(arguments["channel"], member=True, archived=True)
    if not any(one["ts"] == arguments["ts"] for one in channel.messages):
        raise Refused("thread_not_found")
    wanted = [one for one in channel.messages if arguments["ts"] in (one["ts"], one.get("thread_ts"))]
    return _messages(channel, wanted, arguments)


def _messages(channel: Channel, found: list[dict[str, Any]], arguments: Mapping[str, Any]) -> Answer:
    oldest = float(arguments.get("oldest") or 0)
    whole = arguments.get("include_all_metadata") == "true"
    newest_first = [one for one in reversed(found) if float(one["ts"]) > oldest]
    shown = [one if whole else {name: one[name] for name in one if name != "metadata"} for one in newest_first]
    return _page(shown, arguments, "messages", most=_PAGE)


def _page(found: list[Any], arguments: Mapping[str, Any], name: str, *, most: int) -> Answer:
    start = int(arguments.get("cursor") or 0)
    end = start + min(int(arguments.get("limit") or most), most)
    following = str(end) if end < len(found) else ""
    return {name: found[start:end], "has_more": bool(following), "response_metadata": {"next_cursor": following}}


def _method(run: Any, needed: str, optional: str, *scopes: str, reads: bool = False) -> Method:
    return Method(
        run=run, needed=frozenset(needed.split()), optional=frozenset(optional.split()), scopes=scopes, reads=reads
    )


_READING: Final = "cursor limit oldest latest inclusive include_all_metadata"
METHODS: Final[Mapping[str, Method]] = {
    "conversations.create": _method(_create, "name", "is_private", "channels:manage"),
    "conversations.history": _method(_history, "channel", _READING, "channels:history", "groups:history", reads=True),
    "conversations.invite": _method(_invite, "channel users", "force", "channels:manage"),
    "conversations.join": _method(_join, "channel", "", "channels:join"),
    "conversations.list": _method(
        _list, "", "types exclude_archived cursor limit", "channels:read", "groups:read", reads=True
    ),
    "conversations.replies": _method(
        _replies, "channel ts", _READING, "channels:history", "groups:history", reads=True
    ),
    "conversations.setTopic": _method(_set_topic, "channel topic", "", "channels:manage"),
}
