"""A provider whose things are in memory: stands for PagerDuty, Grafana and GitHub."""

from tests.engine.provider import Fails, Provider, Values, within
from tools.program.computed import computed_outputs


class Memory(Provider):
    """Keeps what it is given, under ids of its own, and makes up what the real one would."""

    def __init__(self, package: str) -> None:
        """Has nothing yet."""
        super().__init__()
        self._package = package
        self._made = 0
        self.things: dict[str, tuple[str, str, Values]] = {}
        """Id → type, name and outputs."""

    @property
    def names(self) -> list[str]:
        """Of all things; a name stands twice if there are two."""
        return sorted(name for _, name, _ in self.things.values())

    def create(self, type_: str, name: str, inputs: Values) -> tuple[str, Values]:
        """Keeps a thing."""
        outputs = {**inputs, **computed_outputs(type_, name, inputs)}
        with self._lock:
            self._made += 1
            made = f"{self._package}-{self._made}"
            self.things[made] = (type_, name, outputs)
        return made, outputs

    def read(self, id_: str, inputs: Values) -> tuple[Values, Values] | None:
        """Gives what it has, in the inputs too."""
        if id_ not in self.things:
            return None
        outputs = self.things[id_][2]
        found: Values = within(outputs, inputs)
        return outputs, found

    def update(self, id_: str, inputs: Values) -> Values:
        """Keeps other inputs; what was made up stays."""
        if id_ not in self.things:
            raise Fails(f"{id_} is not there")
        type_, name, _ = self.things[id_]
        outputs = {**inputs, **computed_outputs(type_, name, inputs)}
        self.things[id_] = (type_, name, outputs)
        return outputs

    def delete(self, id_: str, state: Values) -> None:
        """Forgets it."""
        self.things.pop(id_, None)
