"""`POST /alertmanager`: what Alertmanager says, kept on the disk before it is answered."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from bots import delivery
from bots.api.bearer import CHALLENGE, bearer
from bots.api.body import read_body
from bots.api.problem import responses
from bots.envelope import ALERTMANAGER
from bots.errors import Overloaded, Rejected, StorageFull
from bots.inbox import Inbox, Lane
from bots.metrics import Metrics
from bots.tokens import TokenFile

_KEPT: Final = b'{"status":"kept"}'


def router(*, inbox: Inbox, tokens: TokenFile, metrics: Metrics, now: Callable[[], datetime]) -> APIRouter:
    """The route of this source."""
    routes = APIRouter(tags=["sources"])

    async def keep(request: Request) -> int:
        if tokens.owner(bearer(request)) is None:
            raise Rejected(401, "unknown token; expected one of the bot's Alertmanager tokens", headers=CHALLENGE)
        body = await read_body(request)
        wire = delivery.read(body)
        await inbox.put(ALERTMANAGER, Lane.MACHINES, body, now())
        return len(wire.alerts)

    @routes.post(
        "/alertmanager",
        status_code=202,
        summary="A notification of Alertmanager",
        responses={202: {"description": "On the disk; the record follows."}, **responses(400, 401, 408, 413, 422, 503)},
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/WireDelivery"}}},
            },
            "security": [{"bearer": []}],
        },
    )
    async def receive(request: Request) -> Response:
        """Alertmanager's webhook, version 4. Answered after the body is durable; overload answers 503 (never 429)."""
        try:
            alerts = await keep(request)
        except (Overloaded, StorageFull):
            metrics.deliveries.labels(ALERTMANAGER, "unavailable").inc()
            raise
        except Rejected as error:
            metrics.deliveries.labels(ALERTMANAGER, "unauthorized" if error.status == 401 else "rejected").inc()
            raise
        metrics.kept.inc()
        metrics.alerts.inc(alerts)
        return Response(_KEPT, status_code=202, media_type="application/json")

    return routes
