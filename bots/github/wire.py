"""The parts of GitHub's webhook payloads that are used; everything else in them is ignored.

https://docs.github.com/en/webhooks/webhook-events-and-payloads
"""

from datetime import datetime
from typing import Any, Final

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bots.errors import Rejected

EVENTS: Final = ("issues", "issue_comment")
"""The events that the webhook should send."""


class _Wire(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class User(_Wire):
    """An account."""

    login: str
    type: str = "User"


class Label(_Wire):
    """A label."""

    name: str


class Issue(_Wire):
    """An issue, or a pull request."""

    id: int
    number: int
    title: str
    body: str | None = None
    html_url: str
    state: str = "open"
    updated_at: str = ""
    user: User | None = None
    labels: tuple[Label, ...] = ()
    author_association: str = "NONE"
    pull_request: Any = None


class Comment(_Wire):
    """A comment on one."""

    id: int
    body: str | None = None
    html_url: str
    user: User | None = None
    author_association: str = "NONE"
    updated_at: datetime | None = None


class Before(_Wire):
    """What a text was before it was edited."""

    before: str = Field(default="", alias="from")


class Changes(_Wire):
    """What was edited; None for what was not."""

    body: Before | None = None


class Repository(_Wire):
    """Where it happened."""

    id: int
    full_name: str


class IssuesEvent(_Wire):
    """`issues`: somebody opened, closed, labelled, assigned one."""

    action: str
    issue: Issue
    sender: User
    repository: Repository
    label: Label | None = None
    assignee: User | None = None
    changes: Changes = Changes()

    def key(self, delivery: str) -> str:
        """The same for the same thing that was done, by whichever delivery of whichever webhook it is told."""
        about = self.label.name if self.label else self.assignee.login if self.assignee else ""
        if not self.issue.updated_at:
            return f"github delivery {delivery}"
        return f"github issue {self.issue.id} {self.action} {about} {self.issue.updated_at}"


class CommentEvent(_Wire):
    """`issue_comment`: somebody wrote, edited or deleted one."""

    action: str
    issue: Issue
    comment: Comment
    sender: User
    repository: Repository
    changes: Changes = Changes()


class Envelope(_Wire):
    """A delivery as the inbox keeps it: the body as it came, and the headers that matter."""

    event: str
    delivery: str
    payload: str


def seal(event: str, delivery: str, payload: bytes) -> bytes:
    """The row of a delivery; raises ValueError for a body that is not UTF-8."""
    return orjson.dumps({"event": event, "delivery": delivery, "payload": payload.decode()})


def unseal(body: bytes) -> tuple[Envelope, IssuesEvent | CommentEvent | None]:
    """What a row says; None for an event that is not used. Raises Rejected for a body that is not such an event."""
    try:
        envelope = Envelope.model_validate_json(body)
        if envelope.event == "issues":
            return envelope, IssuesEvent.model_validate_json(envelope.payload)
        if envelope.event == "issue_comment":
            return envelope, CommentEvent.model_validate_json(envelope.payload)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Rejected(422, f"not an event of GitHub: {where}: {first['msg']}") from error
    return envelope, None
