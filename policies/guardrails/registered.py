"""A resource as a program registers it: plain values, and where in them secrets stand."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

Path = tuple[str | int, ...]
_KUBERNETES: Final = "kubernetes:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """What a rule looks at."""

    type: str
    """Pulumi's token, such as `kubernetes:apps/v1:Deployment`."""
    name: str
    urn: str
    inputs: Mapping[str, Any]
    """Plain values; None where only an update knows the value."""
    secrets: frozenset[Path] = frozenset()
    """Where in the inputs a secret begins."""

    @property
    def kind(self) -> str:
        """The kind of a Kubernetes object; empty for everything else."""
        about = self.inputs.get("metadata")
        return str(self.inputs.get("kind") or "") if self.type.startswith(_KUBERNETES) and about else ""

    @property
    def object_name(self) -> str:
        """The name of the Kubernetes object."""
        return str(self.inputs["metadata"].get("name") or self.name)

    @property
    def namespace(self) -> str:
        """Its namespace; empty for what is in none."""
        return str(self.inputs["metadata"].get("namespace") or "")

    @property
    def spec(self) -> Mapping[str, Any]:
        """Its `spec`; empty if it has none."""
        return self.inputs.get("spec") or {}

    @property
    def title(self) -> str:
        """What people call it."""
        if not self.kind:
            return f"{self.type} {self.name}"
        return f"{self.kind} {'/'.join(part for part in (self.namespace, self.object_name) if part)}"

    def is_secret(self, path: Path) -> bool:
        """Whether a place is within a secret."""
        return any(path[: len(secret)] == secret for secret in self.secrets)


def of_kind(resources: Iterable[Resource], *kinds: str) -> list[Resource]:
    """The Kubernetes objects of these kinds."""
    return [one for one in resources if one.kind in kinds]


def walk(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every value inside a value, with its path; containers before what they hold."""
    yield path, value
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from walk(item, (*path, key))
    elif isinstance(value, list | tuple):
        for at, item in enumerate(value):
            yield from walk(item, (*path, at))


def shown(path: Path) -> str:
    """A path as people write it."""
    return ".".join(map(str, path))


def text(value: Any) -> str:
    """A value in a message: on one line, quoted where it is a text, and not too long."""
    return json.dumps(value, ensure_ascii=False, default=str)[:120]
