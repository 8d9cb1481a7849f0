"""What a program registered, as plain values."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

Path = tuple[str | int, ...]
KUBERNETES: Final = "kubernetes:"
STACK: Final = "pulumi:pulumi:Stack"


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """One resource, as the engine would get it."""

    type: str
    """Pulumi's token, such as `kubernetes:apps/v1:Deployment` or `tocsin:components:Prometheus`."""
    name: str
    urn: str
    inputs: Mapping[str, Any]
    """Secrets stand in clear; see `secrets`."""
    secrets: frozenset[Path]
    """Where in the inputs a secret begins."""
    unknown: frozenset[Path]
    """Where in the inputs a value stands that only an update knows; in previews only."""
    parent: str
    """The parent's URN; empty for the stack itself."""
    provider: str
    """`<urn>::<id>` of its provider; empty where the default one is used."""
    custom: bool
    """Whether a provider makes it; False for components."""
    depends_on: frozenset[str]
    """URNs that must be there before, by `depends_on` or by a value."""
    options: Mapping[str, Any]
    """Other options that are not at their defaults, such as `protect`, `aliases`, `additional_secret_outputs`."""
    outputs: Mapping[str, Any] = field(default_factory=dict)
    """Of a component: what it registered as outputs."""

    @property
    def is_kubernetes(self) -> bool:
        """Whether it is an object of Kubernetes."""
        return self.type.startswith(KUBERNETES) and "metadata" in self.inputs

    @property
    def manifest(self) -> dict[str, Any]:
        """The object as kubectl would apply it."""
        head = {"apiVersion": self.inputs["apiVersion"], "kind": self.inputs["kind"]}
        return {**head, **{key: self.inputs[key] for key in self.inputs if key not in head}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """Everything that one run registered and said."""

    resources: tuple[Registered, ...]
    """By URN."""
    exports: Mapping[str, Any]
    """What the program exported."""
    log: tuple[str, ...]
    """Warnings and errors that the SDK wrote to the engine, and Python's own warnings."""

    def __iter__(self) -> Iterator[Registered]:
        """The resources."""
        return iter(self.resources)

    def of_type(self, token: str) -> list[Registered]:
        """Those of a type."""
        return [one for one in self.resources if one.type == token]

    def named(self, name: str) -> Registered:
        """The one with that name; raises KeyError with the names there are."""
        found = [one for one in self.resources if one.name == name]
        if len(found) != 1:
            raise KeyError(f"{name}: {len(found)} resources of that name, there are {', '.join(self.names)}")
        return found[0]

    @property
    def names(self) -> list[str]:
        """Every resource's name."""
        return [one.name for one in self.resources]

    def manifests(self, kind: str | None = None) -> list[dict[str, Any]]:
        """The Kubernetes objects, of one kind or all."""
        found = (one.manifest for one in self.resources if one.is_kubernetes)
        return [manifest for manifest in found if kind is None or manifest["kind"] == kind]

    def manifest(self, kind: str, name: str, namespace: str | None = None) -> dict[str, Any]:
        """One object; raises KeyError if there is none or more than one."""
        found = [
            one
            for one in self.manifests(kind)
            if one["metadata"]["name"] == name and namespace in (None, one["metadata"].get("namespace"))
        ]
        if len(found) != 1:
            names = ", ".join(sorted(one["metadata"]["name"] for one in self.manifests(kind)))
            raise KeyError(f"{kind} {name}: {len(found)} of them, there are {names or 'none'}")
        return found[0]


def walk(value: Any, path: Path = ()) -> Iterable[tuple[Path, Any]]:
    """Every value inside a value, with its path; containers before what they hold."""
    yield path, value
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from walk(item, (*path, key))
    elif isinstance(value, list | tuple):
        for at, item in enumerate(value):
            yield from walk(item, (*path, at))
