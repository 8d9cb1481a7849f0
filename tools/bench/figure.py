"""One line of the benchmark's table: a figure beside its target."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What was measured, what is promised, and the limit measured in the same run where there is one."""

    name: str
    value: float
    unit: str
    target: float | None = None
    """The promise; None where the figure only explains another one."""
    better: Literal["less", "more"] = "less"
    beside: str = ""
    """The limit or the rival of the same run, in words."""

    @property
    def met(self) -> bool | None:
        """Whether the promise is kept; None where there is none."""
        if self.target is None:
            return None
        return self.value <= self.target if self.better == "less" else self.value >= self.target

    def to_json(self) -> dict[str, Any]:
        """The line as plain data."""
        return {
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "target": self.target,
            "better": self.better,
            "met": self.met,
            "beside": self.beside,
        }


Measure = Callable[[], list[Figure]]
"""A benchmark: runs, and gives its lines."""
