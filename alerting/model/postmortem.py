"""`postmortems/<year>/INC-<n>.md`: front matter for the machine, Markdown for people."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, StringConstraints

from alerting.model.document_model import DocumentModel, Name, Priority
from alerting.model.quantities import Day, Flag

IncidentName = Annotated[str, StringConstraints(pattern=r"^INC-[1-9][0-9]{0,8}$")]
"""Such as INC-7."""


class FollowUp(DocumentModel):
    """Something that will be done so that it does not happen again, or hurts less."""

    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=200)]
    """What is done, as the title of an issue."""
    owner: Name
    """The member who sees to it."""
    due: Day
    """The day until when."""
    tracker: Literal["github", "jira"] | None = None
    """Where the issue is opened; `jira` for teams that name a Jira project, else `github`."""
    type: Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9 -]{0,49}$")] | None = None
    """Jira's issue type; that of the team's `jira` by default."""


class PostmortemFrontMatter(DocumentModel):
    """The lines between the two `---` of a postmortem."""

    incident: IncidentName
    """The incident, which is the file's own name."""
    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
    """What broke, in a few words."""
    service: Name
    """The service that was in trouble."""
    team: Name
    """The team that owns the postmortem."""
    priority: Priority
    """The incident's priority."""
    drill: Flag = False
    """Whether it was a rehearsal."""
    status: Literal["draft", "review", "published"] = "draft"
    """`published` postmortems are complete."""
    public: Flag = False
    """Whether the status page shows it, in every word, once it is complete."""
    started_at: AwareDatetime
    """When the incident was detected."""
    resolved_at: AwareDatetime | None = None
    """When it was over."""
    follow_ups: tuple[FollowUp, ...] = ()
    """What will be done; each becomes an issue when the postmortem is merged."""
