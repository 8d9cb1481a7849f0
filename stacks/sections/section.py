"""The shape of a section, and the kinds of values that sections share."""

import re
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field, Strict

from alerting.model.document_model import DocumentModel
from alerting.model.quantities import got

_CPU: Final = re.compile(r"[1-9][0-9]*m|[0-9]+(\.[0-9]+)?")
_BYTES: Final = re.compile(r"[1-9][0-9]*(Ki|Mi|Gi|Ti)")
_DNS: Final = re.compile(r"(?=.{1,253}$)[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*")


class Section(DocumentModel):
    """A section or a part of one: frozen, and no unknown keys."""


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
ObjectName = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", max_length=63)]
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
