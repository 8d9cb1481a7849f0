"""`POST /slack`: commands, interactions and events of Slack by HTTP, signed."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from bots.api.body import read_body
from bots.api.problem import responses
from bots.configuration.secret_file import SecretFile
from bots.errors import Rejected
from bots.metrics import Metrics
from bots.slack import signature
from bots.slack.envelope import SOURCE

if TYPE_CHECKING:
    from slack_bolt import App

PATH: Final = "/slack"
_MAX_BODY: Final = 256 * 1024
"""A message has at most 40,000 characters, a form 100 blocks: https://docs.slack.dev/reference/block-kit"""
_WORKERS: Final = 64
"""Each may wait for the disk as long as Slack waits; a thread that has nothing to do costs nothing."""
_HEADERS: Final = ("content-type", "x-slack-retry-num", "x-slack-retry-reason")
_log = logging.getLogger(__name__)


class SlackSource:
    """The way in; its threads are of its own, so that no other request's waiting is in the way."""

    def __init__(self, app: "App", secrets: SecretFile, metrics: Metrics, now: Callable[[], datetime]) -> None:
        """`secrets` holds the app's signing secrets; several are valid while they are changed."""
        self._app = app
        self._secrets = secrets
        self._metrics = metrics
        self._now = now
        self._pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="slack-http")

    def start(self) -> None:
        """Nothing to begin."""

    def stop(self) -> None:
        """Waits for the requests that run."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def router(self) -> APIRouter:
        """The route."""
        routes = APIRouter(tags=["sources"])

        @routes.post(
            PATH,
            summary="A command, an interaction or an event of Slack",
            operation_id="slack",
            responses={
                200: {"description": "Taken in, or answered for the person who asked."},
                **responses(401, 408, 413, 503),
            },
            openapi_extra={
                "parameters": [_header(signature.SIGNATURE), _header(signature.TIMESTAMP)],
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/x-www-form-urlencoded": {"schema": {"type": "object"}},
                        "application/json": {"schema": {"type": "object"}},
                    },
                },
            },
        )
        async def slack(request: Request) -> Response:
            """Signed with the app's signing secret (`X-Slack-Signature`, version 0, within five minutes)."""
            return await self._answer(request)

        return routes

    async def _answer(self, request: Request) -> Response:
        body = await read_body(request, _MAX_BODY)
        wrong = signature.problem(
            self._secrets.all,
            timestamp=request.headers.get(signature.TIMESTAMP, ""),
            given=request.headers.get(signature.SIGNATURE, ""),
            body=body,
            now=self._now(),
        )
        if wrong:
            _log.warning("a request to %s was refused: %s", PATH, wrong)
            self._metrics.deliveries.labels(SOURCE, "unauthorized").inc()
            raise Rejected(401, wrong)
        headers = {name: request.headers[name] for name in _HEADERS if name in request.headers}
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, self._dispatch, body.decode("utf-8", "replace"), headers)

    def _dispatch(self, body: str, headers: dict[str, str]) -> Response:
        from slack_bolt import BoltRequest

        answer = self._app.dispatch(BoltRequest(body=body, headers={**headers}))
        media = next(iter(answer.headers.get("content-type", [])), "text/plain")
        return Response(answer.body, status_code=answer.status, media_type=media.partition(";")[0])


def _header(name: str) -> dict[str, object]:
    return {"name": name, "in": "header", "required": True, "schema": {"type": "string"}}
