"""What a person may ask of an incident: one model for each command, strict and described for /docs."""

from typing import Annotated, Any, Final, Literal, get_args

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError

from alerting.model.document_model import Name, Priority
from bots.api.mistakes import mistake
from bots.errors import Rejected

Verdict = Literal["actionable", "noise", "duplicate", "drill"]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=10_000)]
ShortText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
IncidentName = Annotated[str, StringConstraints(pattern=r"^INC-[1-9][0-9]{0,8}$")]
Key = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z._:-]{1,120}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class KeyedRequest(_Strict):
    """A request that may be sent again."""

    key: Key
    """Your own name for this request: sending the same command again with the same key changes nothing more."""


class Nothing(_Strict):
    """No arguments."""


class Declare(KeyedRequest):
    """Starts an incident, with or without an alert."""

    title: ShortText
    service: Name
    """A service of `policies/services/`."""
    team: Name | None = None
    """The team that takes it; the service's owner by default."""
    priority: Priority | None = None
    """By default that of a page of the service's tier."""
    drill: bool = False
    """A rehearsal: it never counts in figures."""
    note: Text | None = None
    """The first line of the timeline."""


class NoteArgs(_Strict):
    """Something worth knowing."""

    text: Text
    began_at: AwareDatetime | None = None
    """When the trouble really began, if that is what the note says."""
    public: bool = False
    """It may be shown outside the company."""


class AssignArgs(_Strict):
    """Who works on it."""

    to: Name


class HandoffArgs(_Strict):
    """Who takes it over."""

    to: Name | None = None
    """By default whoever a page of the team reaches first now."""
    note: Text | None = None


class RoleArgs(_Strict):
    """Who takes a role."""

    role: Literal["commander", "communications", "scribe"]
    to: Name


class PriorityArgs(_Strict):
    """How bad it is."""

    priority: Priority
    reason: Text | None = None


class RemarkArgs(_Strict):
    """An optional remark."""

    note: Text | None = None


class ResolveArgs(_Strict):
    """It is over."""

    verdict: Verdict | None = None
    note: Text | None = None


class ReopenArgs(_Strict):
    """It is not over."""

    reason: Text | None = None


class CloseArgs(_Strict):
    """Nothing is left to do."""

    verdict: Verdict | None = None
    """Needed unless it was given when the incident was resolved."""


class MergeArgs(_Strict):
    """It is the same trouble as another incident."""

    into: IncidentName


class LinkArgs(_Strict):
    """Something that belongs to it."""

    relation: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{0,39}$")]
    url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s<>\"]{1,1990}$")]
    title: ShortText | None = None


class RunArgs(_Strict):
    """A remediation."""

    action: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{0,63}$")]
    alert: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Za-z0-9]{0,119}$")] | None = None
    """The alert whose binding is meant, if several have this action."""
    dry_run: bool = False


class AttemptArgs(_Strict):
    """Which attempt at a remediation."""

    attempt: Annotated[int, Field(ge=1, le=10_000)]


class RejectArgs(AttemptArgs):
    """Which attempt, and why not."""

    reason: Text | None = None


class Ack(KeyedRequest):
    """I am on it."""

    command: Literal["ack"]
    args: Nothing = Nothing()


class Assign(KeyedRequest):
    """Somebody is on it."""

    command: Literal["assign"]
    args: AssignArgs


class Unassign(KeyedRequest):
    """Nobody is on it any more."""

    command: Literal["unassign"]
    args: Nothing = Nothing()


class Handoff(KeyedRequest):
    """Somebody takes it over, with the roles of whoever had it and a summary."""

    command: Literal["handoff"]
    args: HandoffArgs = HandoffArgs()


class Role(KeyedRequest):
    """Somebody takes a role."""

    command: Literal["role"]
    args: RoleArgs


class Note(KeyedRequest):
    """A line for the timeline."""

    command: Literal["note"]
    args: NoteArgs


class SetPriority(KeyedRequest):
    """The priority is another one."""

    command: Literal["priority"]
    args: PriorityArgs


class Mitigate(KeyedRequest):
    """Users are no longer hurt."""

    command: Literal["mitigate"]
    args: RemarkArgs = RemarkArgs()


class Resolve(KeyedRequest):
    """The trouble is over."""

    command: Literal["resolve"]
    args: ResolveArgs = ResolveArgs()


class Reopen(KeyedRequest):
    """The trouble is not over."""

    command: Literal["reopen"]
    args: ReopenArgs = ReopenArgs()


class Close(KeyedRequest):
    """The incident is done with, and what it was is known."""

    command: Literal["close"]
    args: CloseArgs = CloseArgs()


class Merge(KeyedRequest):
    """The incident is a duplicate."""

    command: Literal["merge"]
    args: MergeArgs


class LinkTo(KeyedRequest):
    """Something belongs to the incident."""

    command: Literal["link"]
    args: LinkArgs


class Postmortem(KeyedRequest):
    """A draft of a postmortem is wanted of an incident that is over."""

    command: Literal["postmortem"]
    args: Nothing = Nothing()


class Run(KeyedRequest):
    """A remediation is wanted."""

    command: Literal["run"]
    args: RunArgs


class Approve(KeyedRequest):
    """A remediation that somebody else asked for may run."""

    command: Literal["approve"]
    args: AttemptArgs


class Reject(KeyedRequest):
    """A remediation that waits for approval must not run; whoever asked for it may take it back so."""

    command: Literal["reject"]
    args: RejectArgs


Asked = Annotated[
    Ack
    | Assign
    | Unassign
    | Handoff
    | Role
    | Note
    | SetPriority
    | Mitigate
    | Resolve
    | Reopen
    | Close
    | Merge
    | LinkTo
    | Postmortem
    | Run
    | Approve
    | Reject,
    Field(discriminator="command"),
]
COMMANDS: Final[TypeAdapter[Any]] = TypeAdapter(Asked)
DECLARE: Final = TypeAdapter(Declare)
MODELS: Final[tuple[type[KeyedRequest], ...]] = get_args(get_args(Asked)[0])
NAMES: Final[tuple[str, ...]] = tuple(get_args(model.model_fields["command"].annotation)[0] for model in MODELS)
VERBS: Final = {"handoff": "assign", "role": "assign", "link": "note", "postmortem": "note"}
"""The right that a command needs, where it is not the one of its own name; `run` needs that of its action."""


def read(adapter: TypeAdapter[Any], body: bytes) -> Any:
    """The request in a body; raises Rejected (400 for broken JSON, 422 for anything else) with every mistake."""
    try:
        return adapter.validate_json(body)
    except ValidationError as error:
        found = error.errors(include_url=False)[:10]
    broken = any(one["type"] == "json_invalid" for one in found)
    tags = NAMES if adapter is COMMANDS else ()
    lines = [mistake(one, tags) for one in found]
    detail = "the body is not JSON" if broken else "the request has mistakes"
    raise Rejected(
        400 if broken else 422, f"{detail}; nothing was changed; /docs shows what is expected", problems=lines
    )
