"""The shape of a section, and the kinds of values that sections share."""

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field, Strict, ValidationError, ValidatorFunctionWrapHandler, model_validator
from pydantic_core import InitErrorDetails

from alerting.model.document_model import DocumentModel
from alerting.model.quantities import got

_CPU: Final = re.compile(r"[1-9][0-9]*m|[0-9]+(\.[0-9]+)?")
_BYTES: Final = re.compile(r"[1-9][0-9]*(Ki|Mi|Gi|Ti)")
_DNS: Final = re.compile(r"(?=.{1,253}$)[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*")


class Section(DocumentModel):
    """A section or a part of one: frozen, and no unknown keys."""


def rule(complaint: Callable[[Mapping[str, Any]], str | None]) -> Any:
    """A rule over the keys of a section as they stand in the file; it gives `wrong; expected …; way out`, or None.

    Beside a validator of pydantic's, which waits until every key is right, its complaint is told with theirs.
    """

    def check(cls: type[Section], value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
        words = complaint({key: one for key, one in value.items() if one is not None}) if _keys(value) else None
        try:
            made = handler(value)
        except ValidationError as error:
            if words is None:
                raise
            own = InitErrorDetails(type="value_error", loc=(), input=value, ctx={"error": ValueError(words)})
            raise ValidationError.from_exception_data(cls.__name__, [own, *_details(error)]) from error
        if words is not None:
            raise ValueError(words)
        return made

    return model_validator(mode="wrap")(classmethod(check))  # type: ignore[arg-type]  # which pydantic's stub forgets


def either(one: str, other: str) -> Any:
    """Exactly one of two keys."""

    def complaint(keys: Mapping[str, Any]) -> str | None:
        if (one in keys) != (other in keys):
            return None
        got, fix = ("both", "remove one of them") if one in keys else ("neither", "add one of them")
        return f"got {got}; expected either `{one}` or `{other}`; {fix}"

    return rule(complaint)


def _keys(value: Any) -> bool:
    return isinstance(value, Mapping)


def _details(error: ValidationError) -> list[InitErrorDetails]:
    return [
        InitErrorDetails(type=one["type"], loc=one["loc"], input=one["input"], ctx=one.get("ctx", {}))
        for one in error.errors(include_url=False)
    ]


def shaped(pattern: str, what: str, example: str, longest: int = 1000) -> AfterValidator:
    """Text of a shape: `what` it is none of otherwise, and an example of what was expected."""
    shape = re.compile(pattern)

    def check(text: str) -> str:
        if len(text) > longest or not shape.fullmatch(text):
            raise ValueError(f"{got(text)} is no {what}; expected {example}")
        return text

    return AfterValidator(check)


def _cpu(text: str) -> str:
    if not _CPU.fullmatch(text) or float(text.removesuffix("m")) == 0:
        raise ValueError(f"{got(text)} is no amount of CPU; expected one such as 500m or 2")
    return text


def _bytes(text: str) -> str:
    if not _BYTES.fullmatch(text):
        raise ValueError(f"{got(text)} is no amount of bytes; expected one such as 512Mi or 100Gi")
    return text


def _host(text: str) -> str:
    if not _DNS.fullmatch(text):
        raise ValueError(f"{got(text)} is not a host name; expected one such as incidents.example.com")
    return text


def _number_as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


Cpu = Annotated[str, AfterValidator(_cpu)]
"""Cores, `2` in quotes or `500m`."""
Bytes = Annotated[str, AfterValidator(_bytes)]
"""An amount of memory or storage, `512Mi`."""
Host = Annotated[str, AfterValidator(_host)]
"""A host's name or a domain."""
Count = Annotated[int, Strict(), Field(ge=1)]
"""A whole number from 1."""
LABEL: Final = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
ObjectName = Annotated[str, shaped(LABEL, "name of an object", "lower-case words with hyphens, such as ingress-nginx")]
"""The name of an object of Kubernetes."""


class ResourcesSection(Section):
    """What each container of a program gets."""

    cpu: Cpu
    """What it is promised."""
    memory: Bytes
    """What it is promised."""
    cpu_limit: Cpu
    """What it may take at most."""
    memory_limit: Bytes
    """What it may take at most; it is killed above it."""
