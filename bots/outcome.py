"""How a run of a remediation ended."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a run ended; the arguments of `remediation_finish`."""

    outcome: str
    """`succeeded`: the program ended with 0. Whether the trouble ended is for the SLI to say."""
    exit_code: int | None
    detail: str
    output: str = field(default="", repr=False)
    """What it found out, for actions that look."""

    def args(self, attempt: int) -> Mapping[str, Any]:
        """As the command takes them."""
        found = {
            "attempt": attempt,
            "outcome": self.outcome,
            "exit_code": self.exit_code,
            "detail": self.detail,
            "output": self.output,
        }
        return {name: value for name, value in found.items() if value is not None and value != ""}
