"""The methods of the workspace that are about messages and forms."""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from tools.standins.slack_blocks import MOST_CHARACTERS, problems, view_problems
from tools.standins.slack_workspace import BOT_ID, BOT_USER, Answer, Method, Refused, Workspace

DOMAIN: Final = "https://acme.slack.com"
_MAX_TEXT: Final = 40_000


def content(arguments: Mapping[str, Any]) -> Answer:
    """Text, blocks and metadata of a message, checked."""
    text = arguments.get("text") or ""
    if "attachments" in arguments and "blocks" not in arguments:
        return {"text": str(text), "attachments": _attachments(arguments["attachments"])}
    if not isinstance(text, str) or not text:
        raise Refused("no_text")
    if len(text) > _MAX_TEXT:
        raise Refused("msg_too_long")
    if arguments.get("parse", "none") != "none" or arguments.get("link_names", False) is not False:
        raise Refused("invalid_arguments", "text of labels must not be searched for names")
    wrong = problems(arguments["blocks"]) if arguments.get("blocks") else []
    if wrong:
        raise Refused("invalid_blocks", *wrong)
    if len(json.dumps(arguments.get("blocks", ()), ensure_ascii=False)) > MOST_CHARACTERS:
        raise Refused("msg_blocks_too_long")
    metadata = arguments.get("metadata")
    if metadata is not None and not (
        isinstance(metadata.get("event_type"), str) and isinstance(metadata.get("event_payload"), dict)
    ):
        raise Refused("invalid_metadata_format")
    kept = {"blocks": arguments.get("blocks"), "metadata": metadata}
    return {"text": text, **{name: value for name, value in kept.items() if value}}


def _attachments(value: Any) -> list[dict[str, Any]]:
    """Messages of the older form, as Alertmanager posts them: https://docs.slack.dev/legacy/legacy-messaging"""
    if not isinstance(value, list) or not 1 <= len(value) <= 100 or not all(isinstance(one, dict) for one in value):
        raise Refused("invalid_attachments")
    return value


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
    space.on_post(str(arguments["channel"]), message)
    return {"channel": channel.id, "ts": message["ts"], "message": message}


def _update(space: Workspace, arguments: Mapping[str, Any]) -> Answer:
    channel = space.channel(arguments["channel"])
    message = space.message(channel, arguments["ts"])
    if message.get("bot_id") != BOT_ID:
        raise Refused("cant_update_message")
    # Blocks that nothing is said about stay: https://docs.slack.dev/reference/methods/chat.update has said both.
    if arguments.get("blocks") == []:
        message.pop("blocks", None)
    message.update(content(arguments), edited={"user": BOT_USER, "ts": space.ts()})
    return {"channel": channel.id, "ts": message["ts"], "text": message["text"]}


def _post_ephemeral(space: Workspace, arguments: Mapping[str, Any]) -> Answer:
    channel = space.channel(arguments["channel"], member=True)
    if not space.knows(str(arguments["user"])):
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
_UNFURLED: Final = "unfurl_links unfurl_media"
_OLDER: Final = "attachments username icon_emoji icon_url"
METHODS: Final[Mapping[str, Method]] = {
    "auth.test": _method(_auth, "", reads=True),
    "chat.getPermalink": _method(_permalink, "channel message_ts", reads=True),
    "chat.postEphemeral": _method(_post_ephemeral, "channel user text", "blocks thread_ts", "chat:write"),
    "chat.postMessage": _method(
        _post_message, "channel", f"text {_CONTENT} {_UNFURLED} thread_ts {_OLDER}", "chat:write"
    ),
    "chat.update": _method(_update, "channel ts text", _CONTENT, "chat:write"),
    "views.open": _method(_open_view, "trigger_id view"),
}
