"""What /openapi.json says: the API described for programs, and for the people who read /docs."""

from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel, ConfigDict
from pydantic.json_schema import models_json_schema

from bots.api import alertmanager
from bots.api.commands import MODELS, NAMES, Declare
from bots.api.problem import ProblemBody
from bots.api.remediation import FreezeRequest, UnfreezeRequest
from bots.timeline.delivery import WireDelivery

TITLE: Final = "Tocsin"
TEXT: Final = (
    "The bot that keeps the record of incidents. Programs authenticate with `Authorization: Bearer TOKEN`; "
    "`tocsin incident token MEMBER` makes a token. Times are RFC 3339 in UTC. What fails is answered as RFC 9457 says."
)
_SWITCHES: Final = (FreezeRequest, UnfreezeRequest)
_TAGS: Final = (
    {"name": "incidents", "description": "Reading incidents and working on them."},
    {"name": "remediation", "description": "What may run, and the switch that stops it."},
    {"name": "sources", "description": "What monitoring sends. A 2xx answer means that it is on the disk."},
    {"name": "operation", "description": "For whoever runs the bot."},
)


class _Loose(BaseModel):
    model_config = ConfigDict(extra="allow", use_attribute_docstrings=True)


class IncidentState(_Loose):
    """What `incident.yaml` holds; what is empty is left out."""

    id: str
    """`INC-7`."""
    title: str
    team: str
    service: str
    status: str
    """open, acknowledged, mitigated, resolved or closed."""
    priority: str
    drill: bool
    opened_at: str
    started_at: str


class TimelineRow(_Loose):
    """One event, with the fields of its kind; `derived` ones follow from the alerts."""

    id: str
    at: str
    by: str
    kind: str


class OnCallRow(BaseModel):
    """One layer of the team's on-call schedule now."""

    layer: str
    who: str | None
    until: str | None
    next: str | None
    next_at: str | None


class IncidentAnswer(BaseModel):
    """One incident."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    incident: IncidentState
    timeline: list[TimelineRow] | None = None
    """Only where one incident is read."""
    on_call: list[OnCallRow] | None = None
    """Every layer of the team now; only where one incident is read."""


class IncidentList(BaseModel):
    """A page of incidents, newest first."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    incidents: list[IncidentState]
    next: str | None
    """The `before` of the next page; null on the last one."""


class AcceptedAnswer(BaseModel):
    """The command is on the disk and its record follows."""

    status: str
    detail: str


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, made once."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=TITLE, version=app.version, description=TEXT, routes=app.routes, tags=[dict(tag) for tag in _TAGS]
        )
        document["paths"] = {alertmanager.PATH: alertmanager.OPERATION, **document["paths"]}
        models: tuple[type[BaseModel], ...] = (
            WireDelivery,
            ProblemBody,
            Declare,
            IncidentAnswer,
            IncidentList,
            AcceptedAnswer,
            *MODELS,
            *_SWITCHES,
        )
        _, schemas = models_json_schema(
            [(model, "validation") for model in models], ref_template="#/components/schemas/{model}"
        )
        components = document.setdefault("components", {})
        components.setdefault("schemas", {}).update(schemas["$defs"])
        components["schemas"]["Asked"] = _any_command()
        components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
        app.openapi_schema = document
    return app.openapi_schema


def _any_command() -> dict[str, Any]:
    described = zip(NAMES, MODELS, strict=True)
    references = {name: f"#/components/schemas/{model.__name__}" for name, model in described}
    return {
        "title": "Command",
        "oneOf": [{"$ref": reference} for reference in references.values()],
        "discriminator": {"propertyName": "command", "mapping": references},
    }
