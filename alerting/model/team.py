"""`policies/teams/<team>.yaml`: people, channels, on-call layers, escalation."""

from datetime import date
from typing import Annotated

from pydantic import Field

from alerting.model.document_model import DocumentModel, Name
from alerting.model.quantities import Duration


class Member(DocumentModel):
    """One person, and where to reach them."""

    name: Name
    email: str
    timezone: str
    github: str | None = None
    slack: str | None = None
    """Slack's member id, such as U01ANA."""
    phone_secret: str | None = None
    """The name of the secret that holds the phone number; the number itself is never in a file."""


class Layer(DocumentModel):
    """A rotation: who follows whom, and when the handoff is."""

    name: Name
    every: Duration
    """How long one turn lasts; whole days or weeks follow the wall clock."""
    handoff: str
    """`09:00`, or `monday 09:00` for turns of whole weeks."""
    start: date
    """The day of the first handoff."""
    order: Annotated[tuple[Name, ...], Field(min_length=1)]
    """The people in turn."""
    hours: str | None = None
    """When the layer is on duty, such as `mon-fri 09:00-17:00`; always by default."""


class Override(DocumentModel):
    """Someone else takes a layer for a while."""

    layer: Name
    who: Name
    from_: Annotated[str, Field(alias="from")]
    """Local time without zone, or RFC 3339."""
    to: str


class OnCall(DocumentModel):
    """The layers of a team and their exceptions."""

    timezone: str
    """Zone of every time below that names none."""
    layers: Annotated[tuple[Layer, ...], Field(min_length=1)]
    overrides: tuple[Override, ...] = ()


class Recipient(DocumentModel):
    """Whom an escalation step notifies: a layer, or a person."""

    layer: Name | None = None
    person: Name | None = None


class EscalationStep(DocumentModel):
    """Notify, then wait for an acknowledgment before the next step."""

    notify: Recipient
    wait: Duration | None = None


class Team(DocumentModel):
    """What one file under `policies/teams/` says."""

    team: Name
    slack: str
    """The team's channel, such as `#payments`."""
    description: str = ""
    members: Annotated[tuple[Member, ...], Field(min_length=1)]
    on_call: OnCall | None = None
    escalation: tuple[EscalationStep, ...] = ()
