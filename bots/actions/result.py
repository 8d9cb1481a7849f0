"""What an action says at its end: the document that is the last line of its job's output.

The bot reads it out of a log, where the programs of others may have written too, so it is checked as outside text is.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal

import orjson
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from bots.actions.request import Request

MAX_OUTPUT: Final = 24_000
"""Characters of what an action found out: they are kept in the incident's timeline for ever."""
MAX_SUMMARY: Final = 1_000
MAX_CHANGES: Final = 100

Outcome = Literal["succeeded", "failed", "timed_out", "refused", "dry_run"]
EXIT_CODES: Final[Mapping[str, int]] = {"succeeded": 0, "dry_run": 0, "failed": 1, "timed_out": 1, "refused": 3}


class Change(BaseModel):
    """One thing that was changed, or would have been."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True)

    what: str = Field(max_length=300)
    """Such as `deployment shop/checkout: replicas`."""
    before: str = Field(default="", max_length=300)
    after: str = Field(default="", max_length=300)


class Result(BaseModel):
    """How a run of an action ended."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        title="Result of a remediation action",
        use_attribute_docstrings=True,
    )

    v: Literal[1] = 1
    action: str = Field(max_length=100)
    incident: str = Field(default="", max_length=20)
    """`INC-7`; empty for a run that belongs to none."""
    attempt: int = Field(default=0, ge=0)
    target: Mapping[str, str] = Field(default_factory=dict)
    dry_run: bool = False
    outcome: Outcome
    """`succeeded`: the change was made and its effect seen. Whether the trouble has ended is for the alert to say."""
    summary: str = Field(max_length=MAX_SUMMARY)
    """One sentence."""
    changes: tuple[Change, ...] = Field(default=(), max_length=MAX_CHANGES, strict=False)
    findings: tuple[str, ...] = Field(default=(), max_length=MAX_CHANGES, strict=False)
    """What is wrong with the target, a sentence each; for actions that look."""
    output: str = Field(default="", max_length=MAX_OUTPUT)
    """Everything that was found out, as text."""
    started_at: AwareDatetime = Field(strict=False)
    ended_at: AwareDatetime = Field(strict=False)

    @property
    def exit_code(self) -> int:
        """What the program ends with."""
        return EXIT_CODES[self.outcome]


def result_of(
    request: Request,
    outcome: Outcome,
    summary: str,
    *,
    started_at: datetime,
    ended_at: datetime,
    changes: tuple[Change, ...] = (),
    findings: tuple[str, ...] = (),
    output: str = "",
) -> Result:
    """The result of a request, cut to its bounds."""
    return Result(
        action=request.action,
        incident=request.incident,
        attempt=request.attempt,
        target=dict(request.target),
        dry_run=request.dry_run,
        outcome=outcome,
        summary=cut(summary, MAX_SUMMARY),
        changes=changes[:MAX_CHANGES],
        findings=tuple(cut(finding, 300) for finding in findings[:MAX_CHANGES]),
        output=cut(output, MAX_OUTPUT),
        started_at=started_at,
        ended_at=ended_at,
    )


def write_result(result: Result) -> str:
    """The document as one line of JSON."""
    value = {name: item for name, item in result.model_dump().items() if name == "summary" or item not in ("", (), {})}
    return orjson.dumps(value, option=orjson.OPT_UTC_Z).decode()


def read_result(log: str) -> Result | None:
    """The document at the end of a log; None if its last line is no such document."""
    lines = log.rstrip().rsplit("\n", 1)
    try:
        return Result.model_validate(orjson.loads(lines[-1]))
    except (orjson.JSONDecodeError, ValidationError):
        return None


def schema() -> str:
    """The JSON Schema of the document, as docs/schema/remediation-result.schema.json has it."""
    found = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Result.model_json_schema()}
    return orjson.dumps(found, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def cut(text: str, limit: int) -> str:
    """The text, with an ellipsis at its end where it was longer."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
