"""`/api/v1/incidents`: what programs and the command line read and ask."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from alerting.model.document_model import Priority
from alerting.model.policy import Policy
from bots.api.desk import Desk, json_answer, number_of
from bots.api.problem import responses
from bots.errors import Rejected
from bots.people.duty import reached_first
from bots.people.roster import roster
from bots.reading import Reading, document
from bots.timeline.state import Status
from bots.timeline.summary import Summary

_PAGE: Final = 50
_MAX_PAGE: Final = 500


class Wanted(BaseModel):
    """Which incidents a list shows; every condition that is given must hold."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    status: list[Status] = Field(default_factory=list)
    """Only these states; repeat for several."""
    active: bool | None = None
    """Only those that are (or are not) over."""
    team: Annotated[str, Field(max_length=63)] | None = None
    """The team's name."""
    service: Annotated[str, Field(max_length=63)] | None = None
    """The service's name."""
    priority: list[Priority] = Field(default_factory=list)
    """Only these priorities; repeat for several."""
    limit: Annotated[int, Field(ge=1, le=_MAX_PAGE)] = _PAGE
    """At most so many."""
    before: Annotated[str, Field(pattern=r"^INC-[1-9][0-9]{0,8}$")] | None = None
    """The `next` of the page before."""


def _rows(found: Sequence[Summary], policy: Policy, now: datetime) -> list[dict[str, Any]]:
    """Incidents for a list; those that go on with whom a page of their team reaches first now."""
    first = reached_first(policy, (one.team for one in found if one.status.active), now)
    return [{**one.to_dict(), "on_call": first.get(one.team) if one.status.active else None} for one in found]


def _known(policy: Policy, reading: Reading, wanted: Wanted) -> None:
    """Raises Rejected (422) for a team or service of no file and no record: an empty list would look like peace."""
    if wanted.team not in (None, *policy.teams) and not reading.find(team=wanted.team, limit=1):
        raise Rejected(422, f"no team {str(wanted.team)!r}; expected one of {', '.join(sorted(policy.teams))}")
    if wanted.service not in (None, *policy.services) and not reading.find(service=wanted.service, limit=1):
        raise Rejected(422, f"no service {str(wanted.service)!r}; expected one of {', '.join(sorted(policy.services))}")


def body_of(schema: str) -> dict[str, Any]:
    """That a request has a body of a form that the description knows."""
    reference = {"schema": {"$ref": f"#/components/schemas/{schema}"}}
    return {"requestBody": {"required": True, "content": {"application/json": reference}}}


_INCIDENT: Final = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/IncidentAnswer"}}}}
_LIST: Final = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/IncidentList"}}}}
_STORED: Final = {
    "description": "Stored, not recorded yet.",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/AcceptedAnswer"}}},
}
_TOKEN: Final[dict[str, Any]] = {"security": [{"bearer": []}]}


def router(*, desk: Desk, reading: Reading) -> APIRouter:
    """The routes of the API."""
    routes = APIRouter(prefix="/api/v1/incidents", tags=["incidents"])
    _add_reading(routes, desk, reading)
    _add_asking(routes, desk)
    return routes


def _add_reading(routes: APIRouter, desk: Desk, reading: Reading) -> None:
    @routes.get(
        "",
        summary="List incidents, newest first",
        responses={200: _LIST, **responses(401, 403, 422)},
        openapi_extra=_TOKEN,
    )
    async def list_(request: Request, wanted: Annotated[Wanted, Query()]) -> Response:
        """`next` is the `before` of the following page; it is null on the last one."""
        await desk.reader(request)
        await run_in_threadpool(_known, desk.policy(), reading, wanted)
        found = await run_in_threadpool(
            reading.find,
            statuses=tuple(wanted.status),
            active=wanted.active,
            team=wanted.team,
            service=wanted.service,
            priorities=tuple(wanted.priority),
            limit=wanted.limit + 1,
            before=number_of(wanted.before) if wanted.before else None,
        )
        page, more = found[: wanted.limit], len(found) > wanted.limit
        rows = await run_in_threadpool(_rows, page, desk.policy(), desk.now())
        return json_answer({"incidents": rows, "next": page[-1].name if more else None})

    @routes.get(
        "/{name}",
        summary="One incident with its timeline",
        responses={200: _INCIDENT, **responses(401, 403, 404)},
        openapi_extra=_TOKEN,
    )
    async def show(request: Request, name: str) -> Response:
        """The state as `incident.yaml` holds it, and every row of the timeline."""
        await desk.reader(request)
        history = await run_in_threadpool(reading.get, number_of(name))
        if history is None:
            raise Rejected(404, f"no incident {name}; `tocsin incident list --all` shows those there are")
        timeline = [row.to_dict() for row in history.rows]
        duty = [one.to_dict() for one in roster(desk.policy().teams.get(history.state.team), desk.now())]
        return json_answer({"incident": document(history.state), "timeline": timeline, "on_call": duty})


def _add_asking(routes: APIRouter, desk: Desk) -> None:
    @routes.post(
        "",
        status_code=201,
        summary="Declare an incident",
        responses={201: _INCIDENT, 202: _STORED, **responses(400, 401, 403, 408, 413, 422, 503)},
        openapi_extra={**body_of("Declare"), **_TOKEN},
    )
    async def declare(request: Request) -> Response:
        """With or without an alert. The answer comes when the incident is in git."""
        return await desk.declare(request)

    @routes.post(
        "/{name}/commands",
        summary="Do something about an incident",
        responses={200: _INCIDENT, 202: _STORED, **responses(400, 401, 403, 404, 408, 409, 413, 422, 503)},
        openapi_extra={**body_of("Asked"), **_TOKEN},
    )
    async def command(request: Request, name: str) -> Response:
        """Sending a command again with the same key changes nothing more and gives the present state."""
        return await desk.command(request, name)
