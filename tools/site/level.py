"""How much users notice of an incident."""

from enum import IntEnum
from typing import Final


class Level(IntEnum):
    """The greater, the worse."""

    UNKNOWN = 0
    """Before the records begin."""
    WELL = 1
    NOTICE = 2
    """Something that users do not feel, of which somebody told them all the same."""
    DEGRADED = 3
    OUTAGE = 4

    @property
    def word(self) -> str:
        """For style sheets."""
        return self.name.lower()

    @property
    def said(self) -> str:
        """For people, of a service."""
        return _SAID[self]

    @property
    def means(self) -> str:
        """For people, in a few more words."""
        return _MEANS[self]


_SAID: Final = {
    Level.UNKNOWN: "No data",
    Level.WELL: "Working",
    Level.NOTICE: "Notice",
    Level.DEGRADED: "Degraded",
    Level.OUTAGE: "Outage",
}
_MEANS: Final = {
    Level.UNKNOWN: "before the first record",
    Level.WELL: "no incident that users notice",
    Level.NOTICE: "something to know that hardly anybody feels",
    Level.DEGRADED: "it works, but not as it should",
    Level.OUTAGE: "it cannot be used",
}
_LEVELS: Final = {"P0": Level.OUTAGE, "P1": Level.DEGRADED}


def level_of(priority: str) -> Level:
    """The level of an incident of a priority."""
    return _LEVELS.get(priority, Level.NOTICE)
