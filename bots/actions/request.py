"""What an action is asked to do: the document that a job of it finds in its environment."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Literal

import orjson
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from alerting.actions import ACTIONS, Action, ParameterValue, check_binding
from alerting.job_names import MAX_REQUEST
from alerting.model.action import RemediationBinding
from bots.actions.errors import RequestError


class Request(BaseModel):
    """One run of one action."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    v: Literal[1] = 1
    action: str
    target: Mapping[str, str]
    parameters: Mapping[str, str | int | float | bool] = Field(default_factory=dict)
    dry_run: bool = False
    """Say what would be changed, and change nothing."""
    incident: str = ""
    """`INC-7`; empty for a run that belongs to none, such as one by schedule."""
    attempt: int = 0
    """Counts the runs of the incident."""
    service: str = ""
    alert: str = ""
    at: AwareDatetime | None = Field(default=None, strict=False)
    """When it was asked for: what has been replaced since then need not be replaced again."""

    @property
    def run(self) -> str:
        """`INC-7/1`, the name of the run for people."""
        return f"{self.incident}/{self.attempt}" if self.incident else "a run by schedule"

    @property
    def namespace(self) -> str:
        """Where the target is."""
        return self.target["namespace"]

    def number(self, name: str) -> int:
        """A parameter that is a whole number, or its default."""
        return int(self._parameter(name))

    def text(self, name: str) -> str:
        """A parameter that is a text, or its default."""
        return str(self._parameter(name))

    def _parameter(self, name: str) -> ParameterValue:
        known = {parameter.name: parameter for parameter in ACTIONS[self.action].parameters}
        return self.parameters.get(name, known[name].default)


def read_request(text: str | bytes, action: Action) -> Request:
    """The request for `action`; raises RequestError with everything that is wrong.

    The bounds are checked here again, although the policies were checked when they were merged: this is the last place
    before something is changed.
    """
    if len(text) > MAX_REQUEST:
        raise RequestError([f"the request has {len(text):,} bytes; expected at most {MAX_REQUEST:,}"])
    try:
        request = Request.model_validate(_json(text))
    except ValidationError as error:
        raise RequestError(
            f"{'.'.join(map(str, one['loc'])) or 'request'}: {one['msg']}" for one in error.errors()
        ) from error
    if request.action != action.name:
        raise RequestError([f"action: got {request.action[:60]!r}; expected {action.name}, which is what runs here"])
    binding = RemediationBinding(action=request.action, target=request.target, parameters=request.parameters)
    problems = [*check_binding(binding, whole=True), *_names(request.target)]
    if problems:
        raise RequestError(problems)
    return request


def write_request(request: Request) -> str:
    """The document as one line of JSON, the same for the same request."""
    value = {name: item for name, item in request.model_dump().items() if item not in ("", None, {})}
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z).decode()


def _json(text: str | bytes) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise RequestError([f"the request is not JSON: {error}"]) from error


def _names(target: Mapping[str, str]) -> list[str]:
    """Values of the target that cannot be names in a cluster, which would change the path of a request to it."""
    return [
        f"target.{key}: {value[:60]!r} is not a name in Kubernetes; expected lower-case letters, digits, `-` and `.`"
        for key, value in target.items()
        if not is_name(value)
    ]


def is_name(text: str) -> bool:
    """Whether a text is a DNS subdomain, as objects are named.

    https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-subdomain-names
    """
    labels = text.split(".")
    return 0 < len(text) <= 253 and all(
        label and label[0] != "-" and label[-1] != "-" and set(label) <= _NAME_LETTERS for label in labels
    )


_NAME_LETTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")


def moment(at: datetime | None) -> str:
    """A time for people, to the second; a dash where there is none."""
    return "–" if at is None else f"{at:%Y-%m-%dT%H:%M:%SZ}"
