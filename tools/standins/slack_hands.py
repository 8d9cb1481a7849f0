"""What people do in Slack, sent to the app as Slack sends it: signed by HTTP, or over the socket.

https://docs.slack.dev/interactivity, https://docs.slack.dev/apis/events-api
"""

import hashlib
import hmac
import itertools
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

import requests

from tools.standins.slack import Slack
from tools.standins.slack_blocks import answer_problems
from tools.standins.slack_workspace import Channel

_WITHIN_S: Final = 3.0
"""What Slack waits for."""
_FORM: Final = "application/x-www-form-urlencoded"
_NUMBERS: Final = itertools.count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What the app answered."""

    status: int
    body: Any
    """JSON, or text."""
    took_s: float


@dataclass(slots=True, kw_only=True)
class Hands:
    """People at work; `send` is how it reaches the app."""

    slack: Slack
    send: Callable[[str, Mapping[str, Any]], Heard]
    """Kind (slash_commands, interactive, events_api) and payload."""
    sent: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)

    def slash(self, user: str, text: str, *, channel: str = "general", command: str = "/incident") -> Heard:
        """Types a slash command."""
        where = self.slack.space.named(channel)
        payload = {
            "token": "of-old-times",
            "team_id": "T0ACME",
            "channel_id": where.id,
            "channel_name": where.name,
            "user_id": user,
            "user_name": user.lower(),
            "command": command,
            "text": text,
            "api_app_id": "A0",
            "response_url": self.slack.response_url(user, where.id),
            "trigger_id": self.slack.space.trigger(),
        }
        return self._sent("slash_commands", payload)

    def click(self, user: str, message: Mapping[str, Any], action_id: str, *, channel: str = "general") -> Heard:
        """Clicks a button of a message; raises LookupError if it has none of that name."""
        where = self.slack.space.named(channel)
        button = next(
            (
                element
                for block in message.get("blocks", ())
                if block["type"] == "actions"
                for element in block["elements"]
                if element["action_id"] == action_id
            ),
            None,
        )
        if button is None:
            raise LookupError(action_id)
        action = {name: button[name] for name in ("action_id", "value")}
        payload = {
            "type": "block_actions",
            "user": {"id": user},
            "channel": {"id": where.id, "name": where.name},
            "container": {"type": "message", "message_ts": message.get("ts", "")},
            "response_url": self.slack.response_url(user, where.id),
            "trigger_id": self.slack.space.trigger(),
            "actions": [{**action, "type": "button", "block_id": "b", "action_ts": self.slack.space.ts()}],
        }
        return self._sent("interactive", payload)

    def submit(self, user: str, view: Mapping[str, Any], values: Mapping[str, Any]) -> Heard:
        """Sends a form in; what is not in `values` is left empty."""
        state = {}
        for block in view["blocks"]:
            element = block["element"]
            state[block["block_id"]] = {element["action_id"]: _filled(element, values.get(block["block_id"]))}
        payload = {
            "type": "view_submission",
            "user": {"id": user},
            "view": {**view, "state": {"values": state}},
            "response_urls": [],
        }
        return self._sent("interactive", payload)

    def types(self, user: str, action_id: str, text: str) -> Heard:
        """Types into a menu that asks for its choices."""
        payload = {
            "type": "block_suggestion",
            "user": {"id": user},
            "action_id": action_id,
            "block_id": "b",
            "value": text,
        }
        return self._sent("interactive", payload)

    def says(self, user: str, channel: Channel, text: str, *, thread: str = "", **more: Any) -> Heard:
        """Writes in a channel or a thread; the app hears of it."""
        fields = {"user": user, "text": text, **({"thread_ts": thread} if thread else {}), **more}
        with self.slack.space.lock:
            message = self.slack.space.post(channel, fields)
        event = {**message, "channel": channel.id, "channel_type": "channel", "event_ts": message["ts"]}
        payload = {
            "token": "of-old-times",
            "team_id": "T0ACME",
            "api_app_id": "A0",
            "type": "event_callback",
            "event_id": f"Ev{next(_NUMBERS)}",
            "event": event,
        }
        return self._sent("events_api", payload)

    def again(self) -> Heard:
        """Sends the last thing once more, as Slack does when it got no answer."""
        kind, payload = self.sent[-1]
        return self.send(kind, payload)

    def _sent(self, kind: str, payload: Mapping[str, Any]) -> Heard:
        self.sent.append((kind, payload))
        heard = self.send(kind, payload)
        wrong = answer_problems(heard.body) if isinstance(heard.body, Mapping) else []
        if wrong:
            raise ValueError(f"Slack does not show this answer: {'; '.join(wrong)}")
        return heard


def _filled(element: Mapping[str, Any], value: Any) -> Mapping[str, Any]:
    kind = element["type"]
    if kind == "plain_text_input":
        return {"type": kind, "value": value}
    if kind == "users_select":
        return {"type": kind, "selected_user": value}
    if kind == "checkboxes":
        return {"type": kind, "selected_options": element["options"] if value else []}
    text = {"type": "plain_text", "text": str(value)}
    return {"type": kind, "selected_option": {"value": value, "text": text} if value else None}


def signed(body: bytes, secret: str, at: float) -> dict[str, str]:
    """The headers of Slack's signature."""
    stamp = str(int(at))
    digest = hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}"}


def by_http(
    address: str, secret: str, clock: Callable[[], float] = time.time
) -> Callable[[str, Mapping[str, Any]], Heard]:
    """Posts to the app as Slack does; an answer after three seconds raises what `requests` raises."""

    def send(kind: str, payload: Mapping[str, Any]) -> Heard:
        if kind == "events_api":
            body, media = json.dumps(dict(payload)).encode(), "application/json"
        else:
            fields = payload if kind == "slash_commands" else {"payload": json.dumps(dict(payload))}
            body, media = urlencode(dict(fields)).encode(), _FORM
        headers = {"Content-Type": media, **signed(body, secret, clock())}
        begun = time.monotonic()
        answer = requests.post(address, data=body, headers=headers, timeout=_WITHIN_S)
        return Heard(status=answer.status_code, body=_read(answer), took_s=time.monotonic() - begun)

    return send


def by_socket(slack: Slack) -> Callable[[str, Mapping[str, Any]], Heard]:
    """Sends over the socket and waits for the acknowledgment; raises TimeoutError after three seconds."""

    def send(kind: str, payload: Mapping[str, Any]) -> Heard:
        name = f"envelope-{next(_NUMBERS)}"
        begun = time.monotonic()
        slack.send({"envelope_id": name, "type": kind, "payload": dict(payload), "accepts_response_payload": True})
        with slack.heard:
            if not slack.heard.wait_for(lambda: name in slack.acknowledged, _WITHIN_S):
                raise TimeoutError(f"{kind} was not acknowledged")
            return Heard(status=200, body=slack.acknowledged[name], took_s=time.monotonic() - begun)

    return send


def _read(answer: requests.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return answer.text
