"""Forms of the incident's page: a command of whoever is logged in, taken in as the API takes it."""

from collections.abc import Callable
from datetime import datetime
from typing import Final
from urllib.parse import parse_qsl

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bots import page
from bots.access.login import Door
from bots.api import commands
from bots.api.body import read_body
from bots.api.desk import Desk, number_of
from bots.api.mistakes import mistake
from bots.api.pages import html
from bots.api.people import Asker
from bots.errors import Overloaded, Rejected, StorageFull
from bots.page_forms import arguments
from bots.timeline.state import incident_name
from bots.words.links import Link

_MAX_BODY: Final = 64 * 1024
_ARGUMENT: Final = "arg."


def router(*, desk: Desk, door: Door, now: Callable[[], datetime]) -> APIRouter:
    """`POST /incidents/INC-<n>/commands`, as the page's own forms send it."""
    routes = APIRouter(tags=["pages"], include_in_schema=False)

    @routes.post("/incidents/{name}/commands")
    async def obey(request: Request, name: str) -> Response:
        form: dict[str, str] = {}
        try:
            number = number_of(name)
            form = dict(parse_qsl((await read_body(request, _MAX_BODY)).decode("utf-8", "replace")))
            guest = door.guest(request)
            if guest is None:
                raise Rejected(403, "you are not logged in any more; open the incident again")
            if not door.proves(request, form.get("proof", "")):
                raise Rejected(403, "the page is too old, or was not made for you; open the incident again")
            asker = Asker(name=guest.name, groups=guest.groups, source="page")
            await desk.obey(asker, number, _asked(form))
        except (Rejected, Overloaded, StorageFull) as error:
            return _refused(error, name, now(), _written(form))
        # See other: reloading the page does not ask again.
        return RedirectResponse(f"/incidents/{incident_name(number)}", 303)

    return routes


def _asked(form: dict[str, str]) -> commands.Asked:
    args = {name.removeprefix(_ARGUMENT): text for name, text in form.items() if name.startswith(_ARGUMENT)}
    document = {"command": form.get("command", ""), "key": form.get("key", ""), "args": arguments(args)}
    try:
        found: commands.Asked = commands.COMMANDS.validate_python(document)
    except ValidationError as error:
        mistakes = [mistake(one, commands.NAMES) for one in error.errors(include_url=False)[:10]]
        raise Rejected(422, "; ".join(mistakes)) from error
    return found


def _written(form: dict[str, str]) -> str:
    """What somebody typed, so that they need not type it again."""
    return form.get(f"{_ARGUMENT}text", "") or form.get(f"{_ARGUMENT}reason", "")


def _refused(error: Rejected | Overloaded | StorageFull, name: str, now: datetime, written: str) -> Response:
    why, *more = str(error), *(error.problems if isinstance(error, Rejected) and error.problems else ())
    lines = [f"{line[:1].upper()}{line[1:]}." for line in (why, *more)]
    status = error.status if isinstance(error, Rejected) else 503
    back = Link(url=f"/incidents/{name}" if name.startswith("INC-") else "/incidents", text="Back")
    said = [f"You wrote: {written}"] if written else []
    return html(page.message_page("Not done", [*lines, *said], now, back=back), status)
