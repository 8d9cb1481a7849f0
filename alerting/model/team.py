"""`policies/teams/<team>.yaml`: people, channels, on-call layers, escalation."""

from datetime import date, timedelta
from typing import Annotated, Final

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from alerting.model.document_model import DocumentModel, Name
from alerting.model.quantities import Day, Duration
from alerting.model.timezone import Timezone
from alerting.model.wallclock import WEEKDAYS, YEARS, Handoff, Hours, Moment

DAY: Final = Duration(86_400_000)
HOUR: Final = Duration(3_600_000)
LONGEST_TURN: Final = Duration(53 * 7 * 86_400_000)


def _turn(every: Duration) -> Duration:
    """A turn of a length that a person can take; raises ValueError otherwise."""
    if not HOUR <= every <= LONGEST_TURN or every.ms % 60_000:
        raise ValueError(f"a turn of {every} is out of range; expected whole minutes from 1h to {LONGEST_TURN}")
    return every


def _first_day(start: date) -> date:
    """A day that is no slip of the pen; raises ValueError otherwise."""
    if start.year not in YEARS:
        raise ValueError(f"the year of {start} is out of range; expected {YEARS[0]} to {YEARS[-1]}")
    return start


class Member(DocumentModel):
    """One person, and where to reach them."""

    name: Name
    """The name by which the team, and every record, knows them."""
    email: str
    """Where mail reaches them."""
    timezone: Timezone
    """Where they are, for tables of their shifts."""
    github: str | None = None
    """User name on GitHub."""
    slack: str | None = None
    """Slack's member id, such as U01ANA."""
    jira: str | None = None
    """Account id in Jira, for follow-ups of postmortems that are theirs."""
    phone_secret: str | None = None
    """The name of the secret that holds the phone number; the number itself is never in a file."""


class Layer(DocumentModel):
    """A rotation: who follows whom, and when the handoff is."""

    name: Name
    """What it is called in overrides and `escalation`."""
    every: Annotated[Duration, AfterValidator(_turn)]
    """How long one turn lasts; whole days or weeks follow the wall clock, anything else is elapsed time."""
    handoff: Handoff
    """`09:00`, or `monday 09:00` for turns of whole weeks."""
    start: Annotated[Day, AfterValidator(_first_day)]
    """The day of the first handoff; nobody is on call in the layer before."""
    order: Annotated[tuple[Name, ...], Field(min_length=1)]
    """The people in turn."""
    hours: Hours | None = None
    """When the layer is on duty, such as `mon-fri 09:00-17:00` or `22:00-06:00`; always by default."""

    @property
    def by_wall_clock(self) -> bool:
        """Whether handoffs keep their local time of day when the clocks change: for turns of whole days."""
        return self.every.ms % DAY.ms == 0

    @model_validator(mode="after")
    def _weekday_fits(self) -> "Layer":
        """A handoff on a named day needs turns of whole weeks that start on such a day."""
        weekday = self.handoff.weekday
        if weekday is None:
            return self
        day = WEEKDAYS[weekday]
        if self.every.ms % (7 * DAY.ms):
            raise ValueError(
                f"handoff on {day} but a turn lasts {self.every}; expected turns of whole weeks such as 1w; "
                f"write `handoff: {str(self.handoff).split()[1]!r}` for a handoff on other days"
            )
        if self.start.weekday() != weekday:
            first = self.start + timedelta(days=(weekday - self.start.weekday()) % 7)
            raise ValueError(
                f"handoff on {day} but {self.start} is a {WEEKDAYS[self.start.weekday()]}; "
                f"expected a start on the handoff's day; write `start: {first}`"
            )
        return self


class Override(DocumentModel):
    """Someone else takes a layer for a while, within its hours; of two that overlap the later one in the file wins."""

    layer: Name
    """The layer that is taken."""
    who: Name
    """The member who takes it."""
    from_: Annotated[Moment, Field(alias="from")]
    """Local time without zone, or RFC 3339."""
    to: Moment
    """The first moment after it."""

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> "Override":
        """An override takes some time; with an offset on one side only, `alerting.oncall` compares them."""
        if (self.from_.tzinfo is None) == (self.to.tzinfo is None) and self.to <= self.from_:
            raise ValueError(
                f"ends at {self.to.isoformat()}, not after it begins at {self.from_.isoformat()}; "
                "expected `to` after `from`; swap or correct them"
            )
        return self


class OnCall(DocumentModel):
    """The layers of a team and their exceptions."""

    timezone: Timezone
    """Zone of every time below that names none."""
    layers: Annotated[tuple[Layer, ...], Field(min_length=1)]
    """The rotations; one that covers every minute is enough."""
    overrides: tuple[Override, ...] = ()
    """Who takes whose place, and when."""


class Recipient(DocumentModel):
    """Whom an escalation step notifies: a layer, or a person."""

    layer: Name | None = None
    """Whoever is on call in this layer."""
    person: Name | None = None
    """This member, on call or not."""


class EscalationStep(DocumentModel):
    """Notify, then wait for an acknowledgment before the next step."""

    notify: Recipient
    """Whom the step notifies."""
    wait: Duration | None = None
    """How long before the next step; 5m by default. A layer that has nobody is passed at once."""


class JiraProject(DocumentModel):
    """Where a team's follow-ups become issues."""

    project: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{1,99}$")]
    """The project's key, such as `PAY`."""
    type: str = "Task"
    """The issue type, by its name in the project."""


class Team(DocumentModel):
    """What one file under `policies/teams/` says."""

    team: Name
    """The file's own name."""
    slack: str
    """The team's channel, such as `#payments`."""
    description: str = ""
    """What the team answers for."""
    github: str | None = None
    """The team on GitHub with its organisation, such as `example/payments`: it approves changes of the team's files."""
    jira: JiraProject | None = None
    """Where follow-ups of the team's postmortems become issues; GitHub by default."""
    members: Annotated[tuple[Member, ...], Field(min_length=1)]
    """The people."""
    on_call: OnCall | None = None
    """Who is on call; needed by a team that owns services."""
    escalation: tuple[EscalationStep, ...] = ()
    """Who is notified, one after the other, until somebody acknowledges; all layers in turn by default."""
