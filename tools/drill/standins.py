"""Local stand-ins that PagerDuty's, Slack's and the dead man's switch's addresses point at, and a mailbox.

They keep what would have been sent, and a page shows it.
"""

import asyncio
import email
import email.policy
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import uvicorn
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse
from jinja2 import Environment

from tools.drill.ports import LOOPBACK
from tools.drill.tracker import new_hub
from tools.standins import github, pagerduty
from tools.standins import slack as slack_standin
from tools.standins.github_hub import Hub
from tools.standins.pagerduty_account import Account
from tools.standins.slack_workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One thing that would have been sent."""

    at: datetime
    channel: str
    """pagerduty, slack, email or watchdog."""
    title: str
    body: Any


def _workspace() -> Workspace:
    return Workspace((), (), slack_standin.SCOPES, open_to_all=True)


@dataclass(slots=True)
class Outbound:
    """Everything that arrived, in order; several threads write."""

    messages: list[Message] = field(default_factory=list)
    account: Account = field(default_factory=lambda: Account({}))
    """Of PagerDuty, with its REST API."""
    slack: slack_standin.Slack = field(default_factory=lambda: slack_standin.Slack(_workspace(), token=""))
    """A workspace with every channel and person that is named."""
    github: Hub = field(default_factory=new_hub)
    """A repository whose issues mirror the incidents."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """What PagerDuty and Slack are told is among the messages."""
        self.account.on_event = self._paged
        self.slack.space.on_post = self._posted

    def _paged(self, event: Mapping[str, Any]) -> None:
        summary = (event.get("payload") or {}).get("summary", "")
        self.add("pagerduty", f"{event.get('event_action')}: {summary}", event)

    def _posted(self, channel: str, message: Mapping[str, Any]) -> None:
        attachments = message.get("attachments") or [{}]
        title = message.get("text") or attachments[0].get("title") or attachments[0].get("fallback") or ""
        self.add("slack", f"{channel}: {title}", {**message, "channel": channel})

    def add(self, channel: str, title: str, body: Any) -> None:
        """Keeps one message with the time of its arrival."""
        with self._lock:
            self.messages.append(Message(at=datetime.now(UTC), channel=channel, title=title, body=body))

    def of(self, channel: str) -> list[Message]:
        """What arrived on one channel."""
        with self._lock:
            return [message for message in self.messages if message.channel == channel]


CHANNELS: Final = {"pagerduty": "PagerDuty", "slack": "Slack", "email": "E-mail"}

# The shell of the page that shows what would have been sent; every value is escaped.
PAGE: Final = Environment(autoescape=True).from_string(
    """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>What would have been sent</title>
<style>
:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}body{max-width:60rem;margin:2rem auto;padding:0 1rem}
article{border:1px solid #8886;border-radius:8px;padding:.75rem 1rem;margin:1rem 0}
pre{white-space:pre-wrap;overflow-wrap:anywhere;font-size:.85rem}time{opacity:.7}
</style><h1>What would have been sent</h1>
<p>{{ messages|length }} message{{ "" if messages|length == 1 else "s" }} to PagerDuty, Slack and mail, newest first.
Heartbeats of the dead man's switch: {{ heartbeats }}. Times are UTC.
<a href="/pagerduty/">Incidents in PagerDuty</a>, <a href="/slack/">channels and threads in Slack</a>,
<a href="/github/">issues on GitHub</a></p>
{% for m in messages %}<article>
<b>{{ names[m.channel] }}</b> · <time>{{ m.at.strftime("%H:%M:%S") }}</time> · {{ m.title }}
<details><summary>whole message</summary>
<pre>{{ m.body if m.body is string else m.body|tojson(indent=2) }}</pre></details>
</article>{% endfor %}</html>"""
)


def application(outbound: Outbound) -> FastAPI:
    """PagerDuty below /pagerduty, Slack below /slack, GitHub below /github."""
    app = FastAPI(title="stand-ins")

    app.mount("/pagerduty", pagerduty.application(outbound.account))

    app.mount("/slack", slack_standin.application(outbound.slack))

    app.mount("/github", github.application(outbound.github))

    @app.post("/watchdog")
    async def watchdog(request: Request) -> JSONResponse:
        outbound.add("watchdog", "heartbeat", await request.json())
        return JSONResponse({"ok": True})

    @app.get("/", response_class=HTMLResponse)
    async def page() -> str:
        shown = [message for message in reversed(outbound.messages) if message.channel != "watchdog"]
        return PAGE.render(messages=shown, names=CHANNELS, heartbeats=len(outbound.of("watchdog")))

    return app


class Mailbox:
    """aiosmtpd's handler that keeps each mail, parsed."""

    def __init__(self, outbound: Outbound) -> None:
        """Mails go where the other messages go."""
        self._outbound = outbound

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - its name there
        """Takes one mail."""
        mail = email.message_from_bytes(envelope.original_content or b"", policy=email.policy.default)
        part = mail.get_body(preferencelist=("plain", "html"))
        self._outbound.add(
            "email",
            str(mail["subject"] or ""),
            f"To: {mail['to']}\nSubject: {mail['subject']}\n\n{part.get_content() if part else ''}",
        )
        return "250 OK"


@contextmanager
def running(outbound: Outbound, http_port: int, smtp_port: int) -> Iterator[None]:
    """Serves the stand-ins and the mailbox from threads of this process while the context is open."""
    outbound.slack.url = f"http://{LOOPBACK}:{http_port}/slack"
    outbound.github.webhook.base = f"http://{LOOPBACK}:{http_port}/github"
    config = uvicorn.Config(application(outbound), host=LOOPBACK, port=http_port, log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    # Only the main thread may set signal handlers, and the drill has its own.
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.01)
    mail = Controller(Mailbox(outbound), hostname=LOOPBACK, port=smtp_port)
    mail.start()
    try:
        yield
    finally:
        mail.stop()
        server.should_exit = True
        thread.join(5)
