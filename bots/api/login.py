"""The pages of logging in and out."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from bots import page
from bots.access.login import START, Door, local
from bots.api.pages import html
from bots.errors import Rejected, Unreachable
from bots.links import Link

_AGAIN: Final = Link(url="/login", text="Log in")


def router(door: Door, now: Callable[[], datetime]) -> APIRouter:
    """`/login`, `/login/<provider>`, its callback, and `/logout`."""
    routes = APIRouter(tags=["pages"], include_in_schema=False)

    def refused(error: Rejected | Unreachable) -> Response:
        status = error.status if isinstance(error, Rejected) else 503
        why = str(error) if isinstance(error, Rejected) else "the login cannot be reached now; try again in a moment"
        return html(page.message_page("Not logged in", [f"{why[:1].upper()}{why[1:]}."], now(), back=_AGAIN), status)

    @routes.get("/login")
    async def choose(following: Annotated[str, Query(alias="next")] = START) -> Response:
        if len(door.providers) == 1:
            return await start(next(iter(door.providers)), following)
        asked = urlencode({"next": local(following)})
        ways = [
            Link(url=f"/login/{one.name}?{asked}", text=f"Log in with {one.title}") for one in door.providers.values()
        ]
        return html(page.login_page(ways, now()))

    @routes.get("/login/{provider}")
    async def start(provider: str, following: Annotated[str, Query(alias="next")] = START) -> Response:
        try:
            return await run_in_threadpool(door.begin, provider, following)
        except (Rejected, Unreachable) as error:
            return refused(error)

    @routes.get("/login/{provider}/callback")
    async def back(request: Request, provider: str, code: str = "", state: str = "", error: str = "") -> Response:
        try:
            if error or not code:
                raise Rejected(401, f"the login was not finished: {error[:100] or 'no code came back'}; log in again")
            return await run_in_threadpool(door.finish, request, provider, code, state)
        except (Rejected, Unreachable) as refusal:
            return refused(refusal)

    @routes.post("/logout")
    def leave() -> Response:
        return door.leave()

    return routes
