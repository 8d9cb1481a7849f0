"""What a foreign file holds, in our words, and what of it has no place here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Note:
    """Something in the foreign file that is not kept, or not as it was."""

    line: int
    object: str
    """Such as `slo requests-availability`."""
    what: str
    """What is not kept."""
    instead: str
    """What there is instead, or what to do about it."""
    left_out: bool = False
    """Whether the whole SLO is left out, rather than one of its settings."""

    def text(self, file: str) -> str:
        """`file:line: object: what; instead`, with characters that a terminal obeys made visible."""
        said = f"{self.object}: {self.what}; {self.instead}"
        return f"{file}:{self.line}: " + "".join(one if one.isprintable() else repr(one)[1:-1] for one in said)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundSlo:
    """One SLO as an item of `slos` in a service file."""

    line: int
    item: Mapping[str, Any]
    """Keys and values as our files write them."""

    @property
    def name(self) -> str:
        """The SLO's name."""
        return str(self.item["name"])


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundService:
    """One service and its SLOs."""

    name: str
    line: int
    owner: str | None = None
    """The team, if the file names one."""
    tier: int | None = None
    """1 to 3, if the file names one."""
    description: str = ""
    slos: tuple[FoundSlo, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Everything in one foreign file."""

    services: tuple[FoundService, ...] = ()
    notes: tuple[Note, ...] = ()


@dataclass(slots=True, kw_only=True)
class Notebook:
    """Gathers notes while a file is being read."""

    notes: list[Note] = field(default_factory=list)

    def lost(self, line: int, about: str, what: str, instead: str) -> None:
        """A setting is not kept."""
        self.notes.append(Note(line=line, object=about, what=what, instead=instead))

    def left_out(self, line: int, about: str, what: str, instead: str) -> None:
        """A whole SLO is left out."""
        self.notes.append(Note(line=line, object=about, what=what, instead=instead, left_out=True))
