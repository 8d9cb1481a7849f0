"""Numbers as people read them in a report."""

from datetime import timedelta
from typing import Final

from alerting.numbers import Goal
from bots.numbers.measured import Measured
from bots.words.phrases import duration

UNKNOWN: Final = "no data"
_MET: Final = {True: "met", False: "**missed**", None: "not known"}


def time(seconds: float) -> str:
    """`4 min 10 s`."""
    return duration(timedelta(seconds=seconds))


def share(value: float) -> str:
    """`83 %`; of what is not whole, never rounded to 0 or 100 %."""
    if value < 0:
        return f"-{share(-value)}"
    percent = value * 100
    if 99 < percent < 100 or 0 < percent < 1:
        text = f"{percent:.2f}"
        return f"{'99.99' if text == '100.00' else '0.01' if text == '0.00' else text} %"
    return f"{percent:.1f}".removesuffix(".0") + " %"


def objective(ratio: float) -> str:
    """`99.999 %`: what somebody promised, without rounding."""
    return f"{ratio * 100:.8g} %"


def value(measured: Measured) -> str:
    """A number by itself: the median of times."""
    return UNKNOWN if measured.value is None else in_unit(measured, measured.value)


def in_unit(measured: Measured, number: float) -> str:
    """Another number of the same unit."""
    unit = measured.definition.unit
    if unit == "seconds":
        return time(number)
    return share(number) if unit == "share" else f"{number:.1f}".removesuffix(".0")


def of(measured: Measured) -> str:
    """Of how many, and of how many more nothing is known: `12 (3 more unknown)`."""
    if not measured.n and not measured.unknown:
        return "none"
    return f"{measured.n}" + (f" ({measured.unknown} more unknown)" if measured.unknown else "")


def goal(measured: Measured) -> str:
    """The target: `< 2 min`."""
    found: Goal | None = measured.goal
    if found is None:
        return "–"
    if found.operator == ">=" and found.value == 1 and measured.definition.unit == "share":
        return in_unit(measured, found.value)
    sign = "≥" if found.operator == ">=" else found.operator
    return f"{sign} {in_unit(measured, found.value)}"


def met(measured: Measured) -> str:
    """Whether the target is met."""
    return "–" if measured.goal is None else _MET[measured.met]
