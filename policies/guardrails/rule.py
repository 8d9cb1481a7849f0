"""What a guardrail is: a name, what it is for, and a pure check."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from alerting.model.policy import Policy
from policies.guardrails.registered import Resource


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One thing that a rule forbids."""

    rule: str
    urn: str
    """Of the resource that must be changed; empty for the stack as a whole."""
    message: str
    """Which object; what is wrong; what was expected; how to put it right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceRule:
    """Looks at one resource, before it is created or changed."""

    name: str
    means: str
    check: Callable[[Resource, Policy], Iterator[str]]
    """Gives a message for each violation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StackRule:
    """Looks at all resources together: at the end of a preview, and again at the end of an update."""

    name: str
    means: str
    check: Callable[[Sequence[Resource], Policy], Iterator[tuple[Resource | None, str]]]
    """Gives for each violation the resource, if it is about one, and a message."""


Rules = Mapping[str, ResourceRule | StackRule]
