"""Slack played on this machine: the parts of the Web API that are used, `response_url`s, Socket Mode, and a page.

What Slack would refuse is refused, by its own word; `tools.standins.slack_hands` does what people do.
"""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from fastapi import FastAPI, Request, WebSocket
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.websockets import WebSocketDisconnect

from tools.standins.serving import serving
from tools.standins.slack_blocks import answer_problems
from tools.standins.slack_methods import METHODS, answered
from tools.standins.slack_page import page
from tools.standins.slack_workspace import Workspace

SCOPES: Final = frozenset(scope for one in METHODS.values() for scope in one.scopes) | {"chat:write.public"}
"""Everything that any method needs."""
TOKEN: Final = "-".join(("xoxb", "stand", "in"))
APP_TOKEN: Final = "-".join(("xapp", "stand", "in"))
RESPONSES: Final = 5
"""How often a `response_url` may be used: https://docs.slack.dev/interactivity/handling-user-interaction"""
Trouble = Callable[[str, Mapping[str, Any]], Response | None]
"""How it answers instead: gets the method and its arguments, gives an answer or None."""
_ANSWER: Final = frozenset({"text", "blocks", "response_type", "replace_original", "delete_original"})


@dataclass(slots=True)
class Slack:
    """A running workspace."""

    space: Workspace
    token: str = TOKEN
    """The app's; empty takes any."""
    trouble: Trouble = lambda method, arguments: None
    before: Trouble = lambda method, arguments: None
    """Like `trouble`, but the call happens all the same: its answer is what gets lost."""
    url: str = ""
    responses: dict[str, int] = field(default_factory=dict)
    """How often each `response_url` has been used."""
    owners: dict[str, tuple[str, str]] = field(default_factory=dict)
    """User and channel of each `response_url`."""
    sockets: list[WebSocket] = field(default_factory=list)
    opened: int = 0
    """How many sockets there have been."""
    acknowledged: dict[str, Any] = field(default_factory=dict)
    """What the app answered to each envelope of Socket Mode."""
    loop: asyncio.AbstractEventLoop | None = None
    heard: threading.Condition = field(default_factory=threading.Condition)

    @property
    def api(self) -> str:
        """The Web API's address."""
        return f"{self.url}/api"

    def response_url(self, user: str, channel: str) -> str:
        """A new one."""
        name = f"r{len(self.owners) + 1}"
        self.owners[name] = (user, channel)
        return f"{self.url}/respond/{name}"

    def send(self, envelope: Mapping[str, Any]) -> None:
        """Sends an envelope over the socket; raises LookupError if none is open."""
        if not self.sockets or self.loop is None:
            raise LookupError("no socket is open")
        sending = self.sockets[-1].send_text(json.dumps(dict(envelope)))
        asyncio.run_coroutine_threadsafe(sending, self.loop).result(5)


def application(slack: Slack) -> FastAPI:
    """The whole of it, on one address."""
    app = FastAPI(title="Slack (stand-in)")

    @app.get("/api/{method}")
    async def read(method: str, request: Request) -> Response:
        return _called(slack, method, dict(request.query_params), request, reads=True)

    @app.post("/api/{method}")
    async def write(method: str, request: Request) -> Response:
        if method == "apps.connections.open":
            return _connection(slack, request)
        if not request.headers.get("content-type", "").startswith("application/json"):
            return JSONResponse({"ok": False, "error": "invalid_arguments"})
        return _called(slack, method, await request.json(), request, reads=False)

    @app.post("/respond/{name}")
    async def respond(name: str, request: Request) -> Response:
        return _respond(slack, name, await request.json())

    @app.websocket("/socket")
    async def socket(websocket: WebSocket) -> None:
        await _socket(slack, websocket)

    @app.get("/", response_class=HTMLResponse)
    async def show() -> str:
        with slack.space.lock:
            return page(slack.space)

    return app


def _called(slack: Slack, method: str, arguments: Mapping[str, Any], request: Request, *, reads: bool) -> Response:
    if slack.token and request.headers.get("authorization") != f"Bearer {slack.token}":
        return JSONResponse({"ok": False, "error": "invalid_auth"})
    instead = slack.trouble(method, arguments)
    if instead is not None:
        return instead
    answer = answered(slack.space, method, arguments, reads=reads)
    return slack.before(method, arguments) or JSONResponse(answer)


def _respond(slack: Slack, name: str, body: Mapping[str, Any]) -> Response:
    instead = slack.trouble("response_url", body)
    if instead is not None:
        return instead
    used = slack.responses.get(name, 0)
    if name not in slack.owners or used >= RESPONSES:
        return Response("used_url" if name in slack.owners else "expired_url", status_code=404)
    wrong = answer_problems(body)
    if wrong or set(body) - _ANSWER:
        return JSONResponse(
            {"ok": False, "error": "invalid_blocks", "wrong": wrong or sorted(set(body) - _ANSWER)}, 400
        )
    slack.responses[name] = used + 1
    user, channel = slack.owners[name]
    with slack.space.lock:
        slack.space.ephemeral.append({**body, "user": user, "channel": channel})
    return Response("ok")


def _connection(slack: Slack, request: Request) -> Response:
    if request.headers.get("authorization") != f"Bearer {APP_TOKEN}":
        return JSONResponse({"ok": False, "error": "invalid_auth"})
    instead = slack.trouble("apps.connections.open", {})
    address = f"{slack.url.replace('http', 'ws', 1)}/socket"
    return instead or JSONResponse({"ok": True, "url": address})


async def _socket(slack: Slack, websocket: WebSocket) -> None:
    await websocket.accept()
    slack.loop = asyncio.get_running_loop()
    await websocket.send_text(
        json.dumps({"type": "hello", "num_connections": len(slack.sockets) + 1, "connection_info": {"app_id": "A0"}})
    )
    slack.sockets.append(websocket)
    slack.opened += 1
    try:
        while True:
            told = json.loads(await websocket.receive_text())
            with slack.heard:
                slack.acknowledged[told["envelope_id"]] = told.get("payload") or {}
                slack.heard.notify_all()
    except WebSocketDisconnect:
        pass
    finally:
        slack.sockets.remove(websocket)


@contextmanager
def running(slack: Slack, port: int = 0) -> Iterator[Slack]:
    """Serves it while the context is open."""
    with serving(application(slack), port) as url:
        slack.url = url
        yield slack
