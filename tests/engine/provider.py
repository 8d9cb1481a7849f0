"""A provider that Pulumi's engine attaches to, in this process: the protocol, without what is provided.

`PULUMI_DEBUG_PROVIDERS=<package>:<port>` has the engine speak with a port instead of starting a program:
https://pulumi-developer-docs.readthedocs.io/latest/docs/architecture/providers/implementers-guide.html
"""

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Final, NoReturn

import grpc
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime import rpc
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from tools.drill.ports import LOOPBACK
from tools.program.monitor import plain

_THREADS: Final = 16
"""Requests at once: more than the engine makes on two cores, or it would wait for itself."""

Values = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Something that a provider was asked to change."""

    verb: str
    """create, update or delete."""
    urn: str
    """Which resource, in Pulumi's words: names are unique only within a type."""

    @property
    def name(self) -> str:
        """Pulumi's name of the resource."""
        return self.urn.rpartition("::")[2]


class Fails(Exception):
    """What a provider says when it cannot; the engine shows the words."""


class Provider(provider_pb2_grpc.ResourceProviderServicer, ABC):
    """Speaks with the engine; what is made of the values is up to the classes below."""

    def __init__(self) -> None:
        """Has been asked for nothing yet."""
        self.calls: list[Call] = []
        self.broken: dict[str, str] = {}
        """Resources, by name, that cannot be made or changed, and what is said then."""
        self._lock = threading.Lock()

    @abstractmethod
    def create(self, type_: str, name: str, inputs: Values) -> tuple[str, Values]:
        """Makes something, and gives its id and outputs; raises Fails."""

    def try_out(self, type_: str, inputs: Values) -> Values:
        """The outputs there would be, as far as a preview can know; raises Fails."""
        return inputs

    @abstractmethod
    def read(self, id_: str, inputs: Values) -> tuple[Values, Values] | None:
        """What is there now: the outputs, and the inputs that would make it; None if it is gone."""

    @abstractmethod
    def update(self, id_: str, inputs: Values) -> Values:
        """Changes something, and gives its outputs; raises Fails."""

    @abstractmethod
    def delete(self, id_: str, state: Values) -> None:
        """Removes something; not there is fine; raises Fails."""

    def trusts_inputs(self, type_: str) -> bool:
        """Whether equal inputs are enough to say that nothing is to be done."""
        return True

    def differs(self, state: Values, before: Values, inputs: Values) -> tuple[set[str], bool]:
        """Which inputs are not what is there, and whether it has to be made anew."""
        return {key for key in before.keys() | inputs.keys() if before.get(key) != inputs.get(key)}, False

    def Handshake(self, request: Any, context: Any) -> Any:  # noqa: N802  # the protocol's name, as those below
        """As a bridged provider: secrets arrive in clear, and the engine keeps in mind which they were."""
        return provider_pb2.ProviderHandshakeResponse()

    def Attach(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Nothing has to be done."""
        return empty_pb2.Empty()

    def Cancel(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Nothing takes long."""
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Newer than whatever the program's packages ask for."""
        return plugin_pb2.PluginInfo(version="999.0.0")

    def CheckConfig(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Every configuration will do."""
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Whether the provider's own inputs changed."""
        return _difference({"" for _ in "1" if values(request.olds) != values(request.news)}, again=False)

    def Configure(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Nothing has to be kept."""
        return provider_pb2.ConfigureResponse(supportsPreview=True)

    def Check(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Inputs are taken as they are; tests of the program compare them with what the providers declare."""
        return provider_pb2.CheckResponse(inputs=request.news)

    def Diff(self, request: Any, context: Any) -> Any:  # noqa: N802
        """What an update would do."""
        if self.trusts_inputs(request.type) and request.old_inputs == request.news:
            return _difference(set(), again=False)
        if unknown(request.news):
            before, now = values(request.old_inputs), values(request.news)
            return _difference({key for key in now if before.get(key) != now[key]} or {"?"}, again=False)
        with _told(context):
            return _difference(*self.differs(*map(values, (request.olds, request.old_inputs, request.news))))

    def Create(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Makes something, or in a preview only looks whether it could."""
        inputs = values(request.properties)
        with _told(context):
            if request.preview and unknown(request.properties):
                return provider_pb2.CreateResponse(properties=request.properties)
            if request.preview:
                return provider_pb2.CreateResponse(properties=wire(self.try_out(request.type, inputs)))
            self._asked("create", request)
            made, outputs = self.create(request.type, request.name, inputs)
            return provider_pb2.CreateResponse(id=made, properties=wire(outputs))

    def Read(self, request: Any, context: Any) -> Any:  # noqa: N802
        """What is there."""
        with _told(context):
            found = self.read(request.id, values(request.inputs))
            if found is None:
                return provider_pb2.ReadResponse()
            return provider_pb2.ReadResponse(id=request.id, properties=wire(found[0]), inputs=wire(found[1]))

    def Update(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Changes something, or in a preview only looks whether it could."""
        inputs = values(request.news)
        with _told(context):
            if request.preview and unknown(request.news):
                return provider_pb2.UpdateResponse(properties=request.news)
            if request.preview:
                return provider_pb2.UpdateResponse(properties=wire(self.try_out(request.type, inputs)))
            self._asked("update", request)
            return provider_pb2.UpdateResponse(properties=wire(self.update(request.id, inputs)))

    def Delete(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Removes something."""
        with _told(context):
            self._asked("delete", request)
            self.delete(request.id, values(request.properties))
            return empty_pb2.Empty()

    def _asked(self, verb: str, request: Any) -> None:
        if request.name in self.broken:
            raise Fails(self.broken[request.name])
        with self._lock:
            self.calls.append(Call(verb=verb, urn=request.urn))


def _difference(changed: set[str], again: bool) -> Any:
    some = provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE
    return provider_pb2.DiffResponse(
        changes=some, diffs=sorted(changed), replaces=sorted(changed) if again else [], deleteBeforeReplace=again
    )


def values(struct: Any) -> Values:
    """The values of a message; None for unknown ones, secrets in clear."""
    found: Values = plain(struct, set(), set())
    return found


def unknown(struct: Any) -> bool:
    """Whether some value is known only to an update."""
    places: set[Any] = set()
    plain(struct, set(), places)
    return bool(places)


def wire(found: Mapping[str, Any]) -> Any:
    """Values as a message has them."""
    struct = struct_pb2.Struct()
    struct.update(found)
    return struct


def within(live: Any, asked: Any) -> Any:
    """Of a live value what somebody asked for: the same keys, with the values that are there."""
    if isinstance(asked, dict) and isinstance(live, dict):
        return {key: within(live[key], asked[key]) for key in asked if key in live}
    if isinstance(asked, list) and isinstance(live, list) and len(asked) == len(live):
        return [within(one, other) for one, other in zip(live, asked, strict=True)]
    return live


def secret(value: Any) -> Values:
    """A value that the engine must keep as a secret."""
    return {rpc._special_sig_key: rpc._special_secret_sig, "value": value}


@contextmanager
def _told(context: Any) -> Iterator[None]:
    try:
        yield
    except Fails as fails:
        _end(context, str(fails))


def _end(context: Any, words: str) -> NoReturn:
    context.abort(grpc.StatusCode.UNKNOWN, words)
    raise AssertionError("abort raises")


@contextmanager
def attached(providers: Mapping[str, Provider]) -> Iterator[str]:
    """Serves the providers, by package; gives the value of PULUMI_DEBUG_PROVIDERS."""
    with ExitStack() as until:
        said = []
        for package, provider in providers.items():
            threads = until.enter_context(ThreadPoolExecutor(_THREADS))
            server = grpc.server(threads, options=[("grpc.max_receive_message_length", -1)])
            provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)
            said.append(f"{package}:{server.add_insecure_port(f'{LOOPBACK}:0')}")
            server.start()
            until.callback(lambda one=server: one.stop(None).wait())
        yield ",".join(said)
