"""`POST /github`: what GitHub's webhook says, kept on the disk before it is answered.

https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
"""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Final
from urllib.parse import parse_qsl

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from bots.api.body import read_body
from bots.api.desk import json_answer
from bots.api.problem import responses
from bots.configuration.secret_file import SecretFile
from bots.errors import Overloaded, Rejected, StorageFull
from bots.github.comments import SOURCE
from bots.github.wire import EVENTS, seal
from bots.inbox import Inbox, Lane
from bots.metrics import Metrics

PATH: Final = "/github"
_KEPT: Final = "On the disk, or an event that is not used."
_FORM: Final = "application/x-www-form-urlencoded"
_DELIVERY: Final = re.compile(r"[0-9A-Za-z-]{1,64}")


def router(*, secrets: SecretFile, inbox: Inbox, metrics: Metrics, now: Callable[[], datetime]) -> APIRouter:
    """The route; `secrets` are those of the webhook."""
    routes = APIRouter(tags=["sources"])
    for outcome in ("kept", "ignored", "rejected", "unauthorized", "unavailable"):
        metrics.deliveries.labels(SOURCE, outcome)

    @routes.post(
        PATH,
        status_code=202,
        summary="A delivery of GitHub's webhook",
        responses={
            202: {"description": "On the disk, or an event that is not used."},
            **responses(400, 401, 408, 413, 503),
        },
    )
    async def github(request: Request) -> Response:
        """Answered after the body is durable, within GitHub's ten seconds; the signature is that of the raw body."""
        try:
            outcome = await _keep(request)
        except Rejected as error:
            metrics.deliveries.labels(SOURCE, "unauthorized" if error.status == 401 else "rejected").inc()
            raise
        except (Overloaded, StorageFull):
            metrics.deliveries.labels(SOURCE, "unavailable").inc()
            raise
        metrics.deliveries.labels(SOURCE, outcome).inc()
        return json_answer({"status": outcome}, 202)

    async def _keep(request: Request) -> str:
        body = await read_body(request)
        signature = request.headers.get("x-hub-signature-256", "")
        if not secrets.signed(body, [signature.removeprefix("sha256=")]):
            raise Rejected(401, "not signed with a secret of the webhook; expected the header X-Hub-Signature-256")
        event, delivery = request.headers.get("x-github-event", ""), request.headers.get("x-github-delivery", "")
        if not _DELIVERY.fullmatch(delivery):
            raise Rejected(400, "no delivery's id; expected the header X-GitHub-Delivery")
        if event not in EVENTS:
            return "ignored"
        try:
            row = seal(event, delivery, _json(request, body))
        except (ValueError, KeyError) as error:
            expected = "expected JSON: set the webhook's content type to application/json"
            raise Rejected(400, f"the body cannot be read; {expected}") from error
        await inbox.put(SOURCE, Lane.PEOPLE, row, now())
        return "kept"

    return routes


def _json(request: Request, body: bytes) -> bytes:
    """The event, also where the webhook has the content type that GitHub proposes. Raises ValueError or KeyError."""
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != _FORM:
        return body
    return dict(parse_qsl(body.decode(), max_num_fields=1))["payload"].encode()
