"""What people open in a browser: no script, no cookie, nothing from elsewhere."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, FastAPI, Query
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from alerting.model.policy import Policy
from bots import page
from bots.api.desk import json_answer
from bots.api.reference import operations
from bots.people.duty import reached_first
from bots.reading import Reading
from bots.timeline.state import incident_name, incident_number

HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_PAGE: Final = 50
_WAIT_S: Final = 5
_CHOICES: Final = (("now", "Going on now"), ("over", "Over"), ("all", "All"))


Guests = Callable[[Request], "page.Visitor | Response | None"]
"""Who looks at a page; an answer instead of it for somebody who has to log in first."""


Readers = Callable[[Request], Awaitable[object]]
"""Raises Rejected for a request without the token of somebody who may read."""


def nobody_asks(request: Request) -> None:
    """Everybody may look, and nobody is known."""


def html(text: str, status: int = 200) -> Response:
    """A page with the headers that keep it harmless."""
    return HTMLResponse(text, status_code=status, headers=HEADERS)


def router(
    *,
    reading: Reading,
    policy: Callable[[], Policy],
    public_url: Callable[[], str],
    now: Callable[[], datetime],
    guests: Guests = nobody_asks,
) -> APIRouter:
    """The pages. Where nobody has to log in, whoever can reach the bot's port can read them."""
    routes = APIRouter(tags=["pages"], include_in_schema=False)

    _add_shared(routes)

    @routes.get("/incidents")
    def list_(
        request: Request,
        show: Annotated[str, Query(pattern="^(now|over|all)$")] = "now",
        before: Annotated[str | None, Query(pattern=r"^INC-[1-9]\d{0,8}$")] = None,
    ) -> Response:
        guest = guests(request)
        if isinstance(guest, Response):
            return guest
        active = {"now": True, "over": False, "all": None}[show]
        number = incident_number(before) if before else None
        found = reading.find(active=active, limit=_PAGE + 1, before=number)
        following = page.filter_url(show=show, before=found[_PAGE - 1].name) if len(found) > _PAGE else None
        filters = [
            page.Filter(url=page.filter_url(show=choice), text=text, current=choice == show)
            for choice, text in _CHOICES
        ]
        empty = "Nothing is going on." if show == "now" else "There is no incident yet."
        first = reached_first(policy(), (one.team for one in found if one.status.active), now())
        return html(page.list_page(found[:_PAGE], filters, empty, following, now(), guest, first))

    @routes.get("/incidents/{name}")
    def one(request: Request, name: str) -> Response:
        guest = guests(request)
        if isinstance(guest, Response):
            return guest
        try:
            number = incident_number(name) if name.startswith("INC-") else 0
        except ValueError:
            number = 0
        history = reading.get(number) if number else None
        if history is None:
            return html(page.message_page("No such incident", [f"There is no incident {name[:40]}."], now()), 404)
        return html(page.incident_page(history, policy(), public_url(), now(), guest))

    _add_current(routes, reading, now, guests)
    return routes


def _add_current(routes: APIRouter, reading: Reading, now: Callable[[], datetime], guests: Guests) -> None:
    @routes.get("/current/{team}/{service}")
    def current(request: Request, team: str, service: str) -> Response:
        guest = guests(request)
        if isinstance(guest, Response):
            return guest
        number = reading.current(team, service)
        if number is not None:
            # 302: tomorrow the same address leads to another incident.
            return RedirectResponse(f"/incidents/{incident_name(number)}", 302, headers={"Cache-Control": "no-store"})
        lines = [
            f"No incident of {service[:63]} ({team[:63]}) is on the record yet.",
            "If you have just been paged, it will be here in a moment; this page looks again by itself.",
        ]
        return html(page.message_page("No incident yet", lines, now(), refresh_s=_WAIT_S), 404)


def _add_shared(routes: APIRouter) -> None:
    @routes.get("/")
    def start() -> Response:
        return RedirectResponse("/incidents", 302)

    @routes.get(page.CSS_PATH)
    def css() -> Response:
        headers = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
        return Response(page.CSS, media_type="text/css", headers=headers)


def docs(app: FastAPI, now: Callable[[], datetime], guests: Guests, reader: Readers) -> APIRouter:
    """`/docs`, without scripts from elsewhere, and `/openapi.json`, which programs get by their token too."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/docs")
    def show(request: Request) -> Response:
        guest = guests(request)
        if isinstance(guest, Response):
            return guest
        described = app.openapi()
        return html(page.docs_page(described, operations(described), now(), guest))

    @routes.get("/openapi.json")
    async def document(request: Request) -> Response:
        if isinstance(guests(request), Response):
            await reader(request)
        return json_answer(app.openapi())

    return routes
