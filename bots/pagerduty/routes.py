"""`POST /pagerduty`: what a webhook subscription sends, kept on the disk before it is answered.

Everything that is signed is thanked for: three refusals in a row switch the subscription off
(https://support.pagerduty.com/main/docs/webhooks). Whose it is, and what it means, is found out later.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from bots.api.body import read_body
from bots.api.desk import json_answer
from bots.api.problem import responses
from bots.configuration.secret_file import SecretFile
from bots.errors import Overloaded, Rejected, StorageFull
from bots.inbox import Inbox, Lane
from bots.metrics import Metrics
from bots.pagerduty.meaning import KNOWN_TYPES
from bots.pagerduty.translate import SOURCE
from bots.pagerduty.wire import read

PATH: Final = "/pagerduty"
HEADER: Final = "X-PagerDuty-Signature"
_VERSION: Final = "v1="
_MOST_SIGNATURES: Final = 20
_MAX_BODY: Final = 1024 * 1024


def digests(header: str) -> list[str]:
    """The values of every `v1=` of the header; there are several while a secret is changed:
    https://developer.pagerduty.com/docs/verifying-signatures"""
    parts = [part.strip() for part in header.split(",")[:_MOST_SIGNATURES]]
    return [part.removeprefix(_VERSION).lower() for part in parts if part.startswith(_VERSION)]


def _of_use(body: bytes) -> bool:
    """Whether it says something to us. What cannot be read is kept too: the writer sets it aside for the operator."""
    try:
        return read(body).event_type in KNOWN_TYPES
    except Rejected:
        return True


def router(*, secrets: SecretFile, inbox: Inbox, metrics: Metrics, now: Callable[[], datetime]) -> APIRouter:
    """The route; `secrets` are the subscription's."""
    routes = APIRouter(tags=["sources"])
    for outcome in ("kept", "ignored", "unavailable", "unauthorized", "rejected"):
        # There from the start, so that a first failure is a change.
        metrics.deliveries.labels(SOURCE, outcome)

    @routes.post(
        PATH,
        status_code=202,
        summary="An event of PagerDuty's webhooks, version 3",
        responses=responses(400, 401, 408, 413, 503),
    )
    async def pagerduty(request: Request) -> Response:
        """Signed with the subscription's secret; answered after the body is durable."""
        try:
            kept = await _keep(request)
        except Rejected as error:
            metrics.deliveries.labels(SOURCE, "unauthorized" if error.status == 401 else "rejected").inc()
            raise
        except (Overloaded, StorageFull):
            metrics.deliveries.labels(SOURCE, "unavailable").inc()
            raise
        metrics.deliveries.labels(SOURCE, "kept" if kept else "ignored").inc()
        return json_answer({"status": "kept" if kept else "ignored"}, 202)

    async def _keep(request: Request) -> bool:
        body = await read_body(request, _MAX_BODY)
        found = digests(request.headers.get(HEADER, ""))
        if not secrets.signed(body, found):
            detail = f"no signature of ours in {HEADER}; expected `v1=` and the HMAC-SHA256 of the body in hex"
            raise Rejected(401, f"{detail}; nothing was kept")
        if not _of_use(body):
            return False
        await inbox.put(SOURCE, Lane.PEOPLE, body, now())
        return True

    return routes
