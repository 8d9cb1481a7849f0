"""Round numbers for axes, and places on a chart as shares of its width and height."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

_STEPS: Final = (1.0, 2.0, 2.5, 5.0, 10.0)
_LINES: Final = 4
_CLOCK_S: Final = (15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400)
"""Steps that an axis of durations is round in, from a quarter of a minute on."""
_TIMES_S: Final = (
    *(1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200),
    *(86_400, 2 * 86_400, 7 * 86_400, 14 * 86_400, 28 * 86_400),
)
_ROOM: Final = 1e-9
_TINY: Final = 1e-12
"""Differences below it are none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """The values from the bottom of a chart to its top."""

    low: float
    high: float
    lines: tuple[float, ...]
    """Round values in between."""

    def height(self, value: float) -> float:
        """Where a value stands, as a share from the top; outside of 0..1 if it is outside of the chart."""
        return (self.high - value) / (self.high - self.low)


def scale(
    values: Sequence[float], low: float | None, high: float | None, *, time: bool = False, whole: bool = False
) -> Scale:
    """A scale that all finite values fit on, with round ends; `low` and `high` are ends that are wished for.

    With `time` the values are seconds, which are round in minutes, hours and days; with `whole` they are counts.
    """
    finite = [value for value in values if math.isfinite(value)]
    bottom = min([*finite, *([low] if low is not None else [])], default=0.0)
    top = max([*finite, *([high] if high is not None else [])], default=1.0)
    if top - bottom <= max(max(abs(top), abs(bottom)) * 1e-6, _TINY):
        spread = abs(top) * 0.1 if abs(top) > _TINY else 1.0
        bottom, top = (bottom, top + spread) if low is not None and bottom >= low else (bottom - spread, top + spread)
    step = _step((top - bottom) / _LINES, time=time)
    if whole and not step.is_integer():
        step = max(2 * step, 1.0)
    first, last = math.floor(bottom / step + _ROOM), math.ceil(top / step - _ROOM)
    lines = tuple(float(f"{at * step:.12g}") for at in range(first, last + 1))
    return Scale(low=lines[0], high=lines[-1], lines=lines)


def _step(least: float, *, time: bool) -> float:
    if time and least > _CLOCK_S[0] / 2:
        days = _CLOCK_S[-1] * _step(least / _CLOCK_S[-1], time=False)
        return next((float(size) for size in _CLOCK_S if size >= least), days)
    power = 10.0 ** math.floor(math.log10(least))
    return power * next(step for step in _STEPS if step * power >= least * (1 - _ROOM))


def moments(start: datetime, end: datetime, most: int = 5) -> list[tuple[float, str]]:
    """Round moments between two instants: their place as a share of the width, and their text in UTC."""
    span = (end - start).total_seconds()
    step = next((size for size in _TIMES_S if span / size <= most), _TIMES_S[-1])
    form = "%d %b" if step >= 86_400 else "%H:%M" if step >= 60 else "%H:%M:%S"
    at = math.ceil(start.timestamp() / step) * step
    found = []
    while at <= end.timestamp():
        moment = datetime.fromtimestamp(at, UTC)
        found.append(((moment - start) / timedelta(seconds=span), f"{moment:{form}}"))
        at += step
    return found
