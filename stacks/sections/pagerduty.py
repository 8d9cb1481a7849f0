"""`tocsin:pagerduty`: the account that pages people, if the stack has one of its own."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import Field, SecretStr, Strict

from alerting.model.document_model import Name, Priority
from alerting.model.quantities import Duration
from alerting.model.routing import TimeOfDay
from stacks.sections.section import Section

Way = Literal["push", "sms", "phone", "email"]
Urgency = Literal["high", "low", "working-hours"]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WORKDAYS: Final[tuple[Weekday, ...]] = ("monday", "tuesday", "wednesday", "thursday", "friday")


class Notification(Section):
    """A moment at which a person who has not acknowledged is notified."""

    after: Duration
    """How long after the incident was assigned to them, in whole minutes."""
    by: Annotated[tuple[Way, ...], Field(min_length=1)]
    """By what; ways that a person has not are passed over."""


class WorkingHours(Section):
    """When incidents of the urgency `working-hours` are urgent, on the wall clock of the owner's time zone."""

    days: tuple[Weekday, ...] = WORKDAYS
    """The days."""
    from_: Annotated[TimeOfDay, Field(alias="from")] = "09:00"
    """When they begin."""
    to: TimeOfDay = "17:00"
    """When they end, on the same day."""


class PagerDuty(Section):
    """The whole of `tocsin:pagerduty`."""

    token: SecretStr
    """A REST API key of the account that may write."""
    region: Literal["us", "eu"] = "us"
    """Where the account is."""
    phones: Mapping[str, SecretStr] = Field(default_factory=dict)
    """The number of each `phone_secret` of policies/teams/, such as +351 912 345 678."""
    users: Mapping[Name, str] = Field(default_factory=dict)
    """Member → id of a user who is there already, for example made by the single sign-on; others are made."""
    devices: Mapping[Name, str] = Field(default_factory=dict)
    """Member → id of the contact method of their phone's app, which only the app itself can make."""
    high_urgency: tuple[Notification, ...] = (
        Notification(after=Duration(0), by=("push", "sms", "email")),
        Notification(after=Duration(60_000), by=("phone",)),
        Notification(after=Duration(180_000), by=("phone", "push")),
    )
    """How people are notified of what cannot wait."""
    low_urgency: tuple[Notification, ...] = (Notification(after=Duration(0), by=("email", "push")),)
    """How people are notified of what can."""
    urgency: Mapping[Priority, Urgency] = Field(default_factory=dict)
    """Of a service's incidents, by the priority of its pages; P0 to P2 are `high` and others `low` by default."""
    working_hours: WorkingHours = WorkingHours.model_validate({})
    """For the urgency `working-hours`."""
    escalation_loops: Annotated[int, Strict(), Field(ge=0, le=9)] = 2
    """How often escalation starts anew when nobody acknowledged."""
    role: Literal["user", "limited_user"] = "limited_user"
    """What users that are made here may do: manage (`user`), or respond (`limited_user`)."""

    def urgency_of(self, priority: Priority) -> Urgency:
        """What incidents of that priority ask of people."""
        return self.urgency.get(priority, "high" if priority in ("P0", "P1", "P2") else "low")
