"""Stands where Pulumi's engine would: notes what is registered and answers as a provider would.

The wire format is that of `pulumirpc.ResourceMonitor`, as the SDK speaks it to a real engine:
https://github.com/pulumi/pulumi/blob/master/proto/pulumi/resource.proto
"""

import threading
from collections.abc import Callable, Mapping
from typing import Any, Final

from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime import mocks, rpc
from pulumi.runtime.proto import engine_pb2, resource_pb2

from tools.program.recording import STACK, Path, Registered

Computed = Callable[[str, str, Mapping[str, Any]], Mapping[str, Any]]
"""(type, name, inputs) → outputs that the provider would make up; they are unknown in a preview."""

_SIGNATURE: Final = rpc._special_sig_key
_SECRET: Final = rpc._special_secret_sig
_OPTIONS: Final = {
    "protect": "protect",
    "additional_secret_outputs": "additionalSecretOutputs",
    "ignore_changes": "ignoreChanges",
    "replace_on_changes": "replaceOnChanges",
    "retain_on_delete": "retainOnDelete",
    "delete_before_replace": "deleteBeforeReplace",
    "import_id": "importId",
    "deleted_with": "deletedWith",
}


class Monitor(mocks.MockMonitor):
    """The engine's side of one run."""

    def __init__(self, project: str, stack: str, computed: Computed, preview: bool) -> None:
        """`computed`: see there; a preview leaves ids and computed outputs unknown."""
        super().__init__(_NoMocks())
        self._beginning = f"urn:pulumi:{stack}::{project}"
        self.registered: dict[str, Registered] = {}
        self.component_outputs: dict[str, Mapping[str, Any]] = {}
        self.duplicates: list[str] = []
        self._computed = computed
        self._preview = preview
        self._lock = threading.Lock()

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """https://www.pulumi.com/docs/iac/concepts/resources/names/#urns; the stack itself is not part of it."""
        above = parent.split("::")[2] if parent else ""
        kept = "" if above in ("", STACK) else f"{above}$"
        return f"{self._beginning}::{kept}{type_}::{name}"

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802  # the protocol's name
        """Notes a resource."""
        urn = self.make_urn(request.parent, request.type, request.name)
        if request.type == STACK:
            return resource_pb2.RegisterResourceResponse(urn=urn)
        one = _registered(request, urn)
        with self._lock:
            if urn in self.registered:
                self.duplicates.append(urn)
            self.registered[urn] = one
        answer = struct_pb2.Struct()
        answer.CopyFrom(request.object)
        for key, value in self._computed(one.type, one.name, one.inputs).items():
            _set(answer, key, value, secret=key in request.additionalSecretOutputs, unknown=self._preview)
        made = "" if self._preview or not request.custom else f"{one.name}-id"
        return resource_pb2.RegisterResourceResponse(urn=urn, id=made, object=answer)

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802  # the protocol's name
        """Notes the outputs of a component or the stack's exports."""
        with self._lock:
            self.component_outputs[request.urn] = plain(request.outputs, set(), set())
        return empty_pb2.Empty()

    def ReadResource(self, request: Any) -> Any:  # noqa: N802  # the protocol's name
        """Refuses: a program that reads what others made cannot be planned without them."""
        raise RuntimeError(f"{request.type} {request.name} is read from outside; expected only resources of our own")


class Engine:
    """Where the SDK's log goes."""

    def __init__(self) -> None:
        """Starts empty."""
        self.said: list[str] = []

    def Log(self, request: Any) -> Any:  # noqa: N802  # the protocol's name
        """Keeps warnings and errors."""
        if request.severity in (engine_pb2.WARNING, engine_pb2.ERROR):
            self.said.append(request.message)
        return empty_pb2.Empty()

    def RequirePulumiVersion(self, request: Any) -> Any:  # noqa: N802  # the protocol's name
        """Every version will do."""
        return engine_pb2.RequirePulumiVersionResponse()


class _NoMocks(mocks.Mocks):
    """Answers no question: programs here ask providers nothing."""

    def call(self, args: mocks.MockCallArgs) -> Any:
        raise RuntimeError(f"{args.token} is called; expected a program that asks providers nothing")

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        raise AssertionError("the monitor notes resources itself")


def _registered(request: Any, urn: str) -> Registered:
    secrets: set[Path] = set()
    unknown: set[Path] = set()
    inputs = plain(request.object, secrets, unknown)
    options: dict[str, Any] = {}
    for ours, theirs in _OPTIONS.items():
        value = getattr(request, theirs)
        if value:
            options[ours] = value if isinstance(value, bool | str) else list(value)
    aliases = [alias.urn or (alias.spec.name, alias.spec.type) for alias in request.aliases]
    if aliases:
        options["aliases"] = aliases
    return Registered(
        type=request.type,
        name=request.name,
        urn=urn,
        inputs=inputs,
        secrets=frozenset(secrets),
        unknown=frozenset(unknown),
        parent=request.parent,
        provider=request.provider,
        custom=request.custom,
        depends_on=frozenset(request.dependencies),
        options=options,
    )


def plain(value: Any, secrets: set[Path], unknown: set[Path], path: Path = ()) -> Any:
    """A value of the wire as Python's own, adding the paths of secrets and of unknown values to the sets."""
    if isinstance(value, struct_pb2.Struct):
        return _mapping(value, secrets, unknown, path)
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return _mapping(value.struct_value, secrets, unknown, path)
    if kind == "list_value":
        return [plain(item, secrets, unknown, (*path, at)) for at, item in enumerate(value.list_value.values)]
    if kind == "number_value":
        number = value.number_value
        return int(number) if number == int(number) else number
    if kind == "string_value":
        if value.string_value == rpc.UNKNOWN:
            unknown.add(path)
            return None
        return value.string_value
    return value.bool_value if kind == "bool_value" else None


def _mapping(struct: Any, secrets: set[Path], unknown: set[Path], path: Path) -> Any:
    fields = struct.fields
    if _SIGNATURE in fields:
        if fields[_SIGNATURE].string_value == _SECRET:
            secrets.add(path)
            return plain(fields["value"], secrets, unknown, path)
        return {key: plain(fields[key], secrets, unknown, (*path, key)) for key in fields if key != _SIGNATURE}
    return {key: plain(item, secrets, unknown, (*path, key)) for key, item in fields.items()}


def _set(struct: Any, key: str, value: Any, *, secret: bool, unknown: bool) -> None:
    given = rpc.UNKNOWN if unknown else value
    struct[key] = {_SIGNATURE: _SECRET, "value": given} if secret else given
