"""The body of PagerDuty's webhooks, version 3, as a value.

https://developer.pagerduty.com/docs/webhooks-overview
"""

from typing import Annotated, Any, Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from bots.errors import Rejected

_USER: Final = "user"
_SHOWN_PROBLEMS: Final = 10
Id = Annotated[str, Field(pattern=r"^[0-9A-Za-z_-]{1,64}$")]
Text = Annotated[str, Field(max_length=20_000)]


class _Wire(BaseModel):
    """Keys that a later PagerDuty adds are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)


class Reference(_Wire):
    """Somebody or something, by its id."""

    id: Id
    type: Text = ""
    """`user_reference`, `service_reference`, `…_inbound_integration_reference` …"""
    summary: Text | None = None
    """Its name for people."""

    @property
    def is_user(self) -> bool:
        """Whether it is a person."""
        return self.type.startswith(_USER)


class ResolveReason(_Wire):
    """Why an incident ended, where PagerDuty says so."""

    type: Text = ""
    """`merge_resolve_reason` for one that was merged into another."""
    incident: Reference | None = None
    """That other one."""


class Page(_Wire):
    """An incident of PagerDuty; here it is called a page, since one of our incidents may have several."""

    id: Id
    status: Text = ""
    """triggered, acknowledged or resolved."""
    incident_key: Text | None = None
    """Alertmanager's: the sha256 of the group key."""
    html_url: Text = ""
    created_at: AwareDatetime | None = None
    assignees: tuple[Reference, ...] = ()
    priority: Reference | None = None
    resolve_reason: ResolveReason | None = None

    @property
    def merged(self) -> bool:
        """Whether it ended because it goes on as part of another page."""
        return self.resolve_reason is not None and self.resolve_reason.type.startswith("merge")


class About(_Wire):
    """A note, a status update, or a request for help, and whose it is."""

    incident: Reference
    id: Text = ""
    content: Text = ""
    message: Text = ""
    user: Reference | None = None
    """Who is asked to help."""
    escalation_policy: Reference | None = None
    """Whose people are asked to help."""
    state: Text = ""
    """What they say: pending, accepted or declined."""


class Event(_Wire):
    """What happened."""

    id: Annotated[str, Field(pattern=r"^[\x21-\x7e]{1,120}$")]
    event_type: Annotated[str, Field(pattern=r"^[a-z_.]{1,80}$")]
    occurred_at: AwareDatetime
    agent: Reference | None = None
    """Who did it; None where PagerDuty itself did."""
    data: dict[str, Any] = Field(default_factory=dict)

    @property
    def person(self) -> Reference | None:
        """Who did it, if a person did."""
        return self.agent if self.agent is not None and self.agent.is_user else None

    def page(self) -> Page | None:
        """The page that it is about, where the event carries it whole."""
        return Page.model_validate(self.data) if self.data.get("type") == "incident" else None

    def about(self) -> About | None:
        """The note, update or request that it carries."""
        return About.model_validate(self.data) if self.data.get("type") in _ABOUT else None

    def told(self) -> str:
        """The id of the page that it is about; empty for an event about something else."""
        page, about = self.page(), self.about()
        return page.id if page is not None else about.incident.id if about is not None else ""


_ABOUT: Final = ("incident_note", "incident_status_update", "incident_responder")


class _Body(_Wire):
    event: Event


_BODY: Final = TypeAdapter(_Body)


def read(body: bytes) -> Event:
    """The event in a body; raises Rejected (400 for broken JSON, 422 for JSON of another shape)."""
    try:
        event: Event = _BODY.validate_json(body).event
    except ValidationError as error:
        raise _refusal(error, "") from error
    try:
        event.page()
        event.about()
    except ValidationError as error:
        raise _refusal(error, "event.data.") from error
    return event


def _refusal(error: ValidationError, place: str) -> Rejected:
    found = error.errors(include_url=False, include_context=False)[:_SHOWN_PROBLEMS]
    broken = found[0]["type"] == "json_invalid"
    detail = "not JSON" if broken else "not an event of PagerDuty's webhooks, version 3"
    problems = [f"{place}{'.'.join(str(part) for part in one['loc']) or 'body'}: {one['msg']}" for one in found]
    return Rejected(400 if broken else 422, f"{detail}; expected what a v3 subscription sends", problems=problems)
