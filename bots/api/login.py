"""The pages of logging in and out."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Final
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from bots import page
from bots.access.login import START, Door, Unknown, local
from bots.access.threads import apart
from bots.api.body import read_body
from bots.api.desk import Desk
from bots.api.pages import html
from bots.api.people import Asker
from bots.errors import Overloaded, Rejected, StorageFull, Unreachable
from bots.words.links import Link

_AGAIN: Final = Link(url="/login", text="Log in")
_MAX_BODY: Final = 4 * 1024
_CODE: Final = re.compile(r"[a-z_]{1,60}")
"""Such as `access_denied`: https://datatracker.ietf.org/doc/html/rfc6749#section-4.1.2.1"""
_OVER: Final = (
    "Nobody can use this session any more.",
    "Whoever vouched for you may still know this browser: on a shared computer, log out there too.",
)


def router(*, door: Door, desk: Desk, now: Callable[[], datetime]) -> APIRouter:
    """`/login`, `/login/<provider>`, its callback, and `/logout`."""
    routes = APIRouter(tags=["pages"], include_in_schema=False)

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
            return await apart(door.begin, provider, following)
        except (Rejected, Unreachable) as error:
            return _refused(error, now())

    @routes.get("/login/{provider}/callback")
    async def back(request: Request, provider: str, code: str = "", state: str = "", error: str = "") -> Response:
        try:
            if error or not code:
                # Anybody can send people here with a text: only the provider's own words are repeated.
                why = error if _CODE.fullmatch(error) else "no code came back"
                raise Rejected(401, f"the login was not finished: {why}; log in again")
            return await apart(door.finish, request, provider, code, state)
        except Unknown as refusal:
            try:
                who = Asker(name=refusal.account, source="page")
                await desk.turned_away(who, "login", {"provider": provider}, refusal.why)
            except (Overloaded, StorageFull) as full:
                return _refused(full, now())
            return _refused(refusal, now())
        except (Rejected, Unreachable) as refusal:
            return _refused(refusal, now())

    _add_leaving(routes, door, now)
    return routes


def _add_leaving(routes: APIRouter, door: Door, now: Callable[[], datetime]) -> None:
    @routes.post("/logout")
    async def leave(request: Request) -> Response:
        try:
            form = dict(parse_qsl((await read_body(request, _MAX_BODY)).decode("utf-8", "replace")))
            if door.guest(request) is not None and not door.proves(request, form.get("proof", "")):
                raise Rejected(403, "the page is too old, or was not made for you; open the incidents again")
        except Rejected as error:
            return _refused(error, now(), "Not logged out", Link(url=START, text="All incidents"))
        # No redirect: with a single provider it would lead straight back in.
        answer = html(page.message_page("You are logged out", _OVER, now(), back=_AGAIN))
        return await apart(door.leave, request, answer)


def _refused(
    error: Rejected | Unreachable | Overloaded | StorageFull,
    now: datetime,
    heading: str = "Not logged in",
    back: Link = _AGAIN,
) -> Response:
    status = error.status if isinstance(error, Rejected) else 503
    away = isinstance(error, Unreachable)
    why = "the login cannot be reached now; try again in a moment" if away else str(error)
    return html(page.message_page(heading, [f"{why[:1].upper()}{why[1:]}."], now, back=back), status)
