"""What comes of a command: it was done, or it was refused and nothing changed."""

from dataclasses import dataclass
from typing import Literal

from bots.timeline.state import Incident


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """It happened, now or when it was first asked for."""

    incident: Incident | None = None
    """The incident afterwards; None where there is none, as for a denial."""
    repeated: bool = False
    """It had been done before: the key was known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """It did not happen, and nothing changed."""

    code: Literal["unknown", "illegal", "invalid"]
    """No such incident; not in this state; arguments that cannot be used."""
    message: str
    """One sentence for people: what is wrong, and the way out."""


Answer = Done | Refusal
