"""A provider that applies to a real API server, as Pulumi's own does with server-side apply.

What is missing is the wait for pods: there is no node on which they could run.
"""

import threading
from typing import Final

from tests.cluster.api import Api, Refused
from tests.cluster.plane import ControlPlane
from tests.cluster.waiting import until
from tests.engine.provider import Fails, Provider, Values, secret, within

_MANAGER: Final = "pulumi"
_GONE_WITHIN_S: Final = 120
_OWNERS: Final = ("CronJob", "DaemonSet", "Deployment", "StatefulSet")
_INVALID: Final = 422
_MISSING: Final = 404
_FIXED: Final = ("immutable", "Forbidden: updates to")
"""What the server says of a value that cannot change."""
_HIDDEN: Final = ("data", "stringData")
"""What the provider itself marks as secret in a Secret, whatever the program said."""


class Kubernetes(Provider):
    """Every object is one of the cluster's."""

    def __init__(self, plane: ControlPlane) -> None:
        """Speaks as the administrator."""
        super().__init__()
        self._plane = plane
        self._mine = threading.local()
        self._opened: list[Api] = []

    @property
    def _api(self) -> Api:
        """A connection of this thread's own."""
        if not hasattr(self._mine, "api"):
            self._mine.api = self._plane.api()
            with self._lock:
                self._opened.append(self._mine.api)
        found: Api = self._mine.api
        return found

    def close(self) -> None:
        """Closes all connections."""
        for api in self._opened:
            api.close()

    def create(self, type_: str, name: str, inputs: Values) -> tuple[str, Values]:
        """Applies an object; its id is its place, as `kubectl` shows it."""
        about = inputs["metadata"]
        made = "/".join(part for part in (about.get("namespace"), about["name"]) if part)
        live = self._apply(inputs)
        if inputs["kind"] == "CustomResourceDefinition":
            until(f"the kind {about['name']}", lambda: self._served(inputs))
        return made, _outputs(inputs, live)

    def try_out(self, type_: str, inputs: Values) -> Values:
        """Asks the server; a kind or namespace that only the update makes is no mistake."""
        try:
            return _outputs(inputs, self._apply(inputs, dry_run=True))
        except _NotThere:
            return inputs

    def read(self, id_: str, inputs: Values) -> tuple[Values, Values] | None:
        """The live object, and of it what the inputs speak of."""
        live = self._live(inputs)
        return None if live is None else (_outputs(inputs, live), within(live, _normal(inputs)))

    def update(self, id_: str, inputs: Values) -> Values:
        """Applies the object anew."""
        return _outputs(inputs, self._apply(inputs))

    def delete(self, id_: str, state: Values) -> None:
        """Deletes it after what it owns, and waits until it is gone."""
        about = state["metadata"]
        where = (state["apiVersion"], state["kind"], about["name"], about.get("namespace"))
        try:
            # The garbage collector looks at what is deleted in the foreground before it goes; few things own others.
            propagation = "Foreground" if state["kind"] in _OWNERS else "Background"
            self._api.delete(*where, propagation=propagation)
        except Refused as refused:
            if refused.code != _MISSING:
                raise Fails(str(refused)) from refused
        until(f"the end of {state['kind']} {about['name']}", lambda: not self._api.exists(*where), _GONE_WITHIN_S, 0.2)

    def trusts_inputs(self, type_: str) -> bool:
        """Definitions are large, and the server takes a second for each."""
        return type_.endswith(":CustomResourceDefinition")

    def differs(self, state: Values, before: Values, inputs: Values) -> tuple[set[str], bool]:
        """Compares what the server would make of the inputs with what it made of those before."""
        if any(before["metadata"].get(key) != inputs["metadata"].get(key) for key in ("name", "namespace")):
            return {"metadata"}, True
        changed = super().differs(state, before, inputs)[0]
        try:
            dry = self._apply(inputs, dry_run=True)
        except _NotThere:
            return changed or {"metadata"}, False
        except _Immutable:
            return changed, True
        then, now = within(state, _normal(before)), within(dry, _normal(inputs))
        return {key for key in then.keys() | now.keys() if then.get(key) != now.get(key)}, False

    def _apply(self, inputs: Values, *, dry_run: bool = False) -> Values:
        try:
            return self._api.apply(inputs, manager=_MANAGER, dry_run=dry_run).object
        except Refused as refused:
            words = f"{inputs['kind']} {inputs['metadata']['name']}: {refused}"
            if dry_run and refused.code == _MISSING:
                raise _NotThere(words) from refused
            if dry_run and refused.code == _INVALID and any(one in words for one in _FIXED):
                raise _Immutable(words) from refused
            raise Fails(words) from refused

    def _live(self, inputs: Values) -> Values | None:
        about = inputs["metadata"]
        try:
            return self._api.get(inputs["apiVersion"], inputs["kind"], about["name"], about.get("namespace"))
        except Refused as refused:
            if refused.code == _MISSING:
                return None
            raise Fails(str(refused)) from refused

    def _served(self, definition: Values) -> bool:
        spec = definition["spec"]
        try:
            for version in (one for one in spec["versions"] if one["served"]):
                self._api.objects(f"{spec['group']}/{version['name']}", spec["names"]["kind"])
        except Refused:
            return False
        return True


class _NotThere(Fails):
    """A kind, a namespace or the object is missing."""


class _Immutable(Fails):
    """The object cannot become what is wanted."""


def _outputs(inputs: Values, live: Values) -> Values:
    if inputs["kind"] != "Secret":
        return live
    return {key: secret(value) if key in _HIDDEN else value for key, value in live.items()}


def _normal(inputs: Values) -> Values:
    """A Secret's texts as the server keeps them: `data`, whatever the values."""
    if inputs["kind"] != "Secret" or "stringData" not in inputs:
        return inputs
    rest = {key: value for key, value in inputs.items() if key != "stringData"}
    return {**rest, "data": {**inputs.get("data", {}), **inputs["stringData"]}}
