"""`POST /alertmanager`: what Alertmanager says, kept on the disk before it is answered.

In a storm this is called a thousand times a second by one process that shares its cores, so it stands before the
application's own routing and does no more than it must.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from starlette.types import ASGIApp, Receive, Scope, Send

from bots.api.bearer import CHALLENGE, token_of
from bots.api.body import MAX_BYTES, WITHIN_S, gone, too_large, too_late
from bots.api.problem import problem, responses, unavailable
from bots.configuration.tokens import TokenFile
from bots.errors import Overloaded, Rejected, StorageFull
from bots.inbox import Inbox, Lane
from bots.metrics import Metrics
from bots.timeline import delivery
from bots.timeline.envelope import ALERTMANAGER

PATH: Final = "/alertmanager"
OPERATION: Final[dict[str, Any]] = {
    "post": {
        "tags": ["sources"],
        "summary": "A notification of Alertmanager",
        "description": "Alertmanager's webhook, version 4, at most 4 MiB. Answered after the body is durable. "
        "Overload answers 503, never 429: Alertmanager repeats only what failed with 5xx.",
        "operationId": "alertmanager",
        "security": [{"bearer": []}],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/WireDelivery"}}},
        },
        "responses": {
            "202": {"description": "On the disk; the record follows."},
            **{str(status): value for status, value in responses(400, 401, 408, 413, 422, 503).items()},
        },
    }
}
_HEADERS: Final = [(b"content-type", b"application/json"), (b"content-length", b"17")]
_KEPT: Final = b'{"status":"kept"}'


class AlertmanagerSource:
    """Middleware that answers this one path and passes everything else on."""

    def __init__(
        self, app: ASGIApp, *, inbox: Inbox, tokens: TokenFile, metrics: Metrics, now: Callable[[], datetime]
    ) -> None:
        """`tokens` are those that Alertmanager may use."""
        self._app = app
        self._inbox = inbox
        self._tokens = tokens
        self._metrics = metrics
        self._now = now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a delivery, or lets the application answer."""
        if scope["type"] != "http" or scope["path"] != PATH:
            await self._app(scope, receive, send)
            return
        try:
            alerts = await self._keep(scope, receive)
        except Rejected as error:
            self._count("unauthorized" if error.status == 401 else "rejected")
            answer = problem(error.status, error.detail, problems=error.problems, headers=error.headers)
            await answer(scope, receive, send)
        except (Overloaded, StorageFull) as error:
            self._count("unavailable")
            await unavailable(error)(scope, receive, send)
        else:
            self._metrics.kept.inc()
            self._metrics.alerts.inc(alerts)
            await send({"type": "http.response.start", "status": 202, "headers": _HEADERS})
            await send({"type": "http.response.body", "body": _KEPT})

    async def _keep(self, scope: Scope, receive: Receive) -> int:
        """The number of alerts in the delivery, which is on the disk; raises Rejected, Overloaded or StorageFull."""
        if scope["method"] != "POST":
            raise Rejected(405, f"{scope['method']} {PATH}: Method Not Allowed", headers={"Allow": "POST"})
        headers = {name: value for name, value in scope["headers"] if name in (b"authorization", b"content-length")}
        token = token_of(headers.get(b"authorization", b"").decode("latin-1"))
        if self._tokens.owner(token) is None:
            raise Rejected(401, "unknown token; expected one of the bot's Alertmanager tokens", headers=CHALLENGE)
        announced = headers.get(b"content-length", b"")
        if announced.isdigit() and int(announced) > MAX_BYTES:
            raise too_large(MAX_BYTES)
        body = await _read(receive)
        wire = delivery.read(body)
        await self._inbox.put(ALERTMANAGER, Lane.MACHINES, body, self._now())
        return len(wire.alerts)

    def _count(self, outcome: str) -> None:
        self._metrics.deliveries.labels(ALERTMANAGER, outcome).inc()


async def _read(receive: Receive) -> bytes:
    """The whole body; raises Rejected when it is too large or takes too long."""
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(WITHIN_S):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise gone()
                part = message.get("body", b"")
                size += len(part)
                if size > MAX_BYTES:
                    raise too_large(MAX_BYTES)
                if not message.get("more_body", False):
                    return part if not parts else b"".join([*parts, part])
                parts.append(part)
    except TimeoutError as error:
        raise too_late() from error
