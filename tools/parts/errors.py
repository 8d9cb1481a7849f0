"""What can go wrong in `tools.parts`, by who must act.

TocsinError
└── PartsError
    ├── UnknownPart     the caller: asks for a name that is not in the table
    ├── PartMissing     the user: no source could give the part; says what each one said and the way out
    └── SourceFailed    nobody yet: one source cannot give a part, so the next one is tried; carries the reason
"""

from collections.abc import Sequence

from alerting.errors import TocsinError


class PartsError(TocsinError):
    """A real program is not to be had."""


class UnknownPart(PartsError):
    """`name` is not in the table; `known` lists what is."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        """Keeps both and names them."""
        self.name = name
        self.known = tuple(known)
        super().__init__(f"{name}: no such part; expected one of {', '.join(known)}")


class SourceFailed(PartsError):
    """One source cannot give a part; `reason` is one line."""

    def __init__(self, reason: str) -> None:
        """Keeps the reason as the message."""
        self.reason = reason
        super().__init__(reason)


class PartMissing(PartsError):
    """Every source failed; `attempts` holds (source, reason) in the order of trying."""

    def __init__(self, name: str, wanted: str, attempts: Sequence[tuple[str, str]], way_out: str) -> None:
        """Keeps all of it; the message has a line for each source."""
        self.name = name
        self.wanted = wanted
        self.attempts = tuple(attempts)
        self.way_out = way_out
        tried = "\n".join(f"  {source}: {reason}" for source, reason in attempts)
        super().__init__(f"{name}: not found and not to be had; expected version {wanted}; tried\n{tried}\n{way_out}")
