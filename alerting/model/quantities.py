"""Durations, ratios and rates as they are written in files, and as numbers inside."""

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, GetCoreSchemaHandler, GetJsonSchemaHandler, WithJsonSchema
from pydantic_core import CoreSchema, core_schema

# https://prometheus.io/docs/prometheus/latest/querying/basics/#float-literals-and-time-durations
_UNITS_MS: Final = {"y": 31_536_000_000, "w": 604_800_000, "d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000}
_DURATION: Final = r"(?=.)(?:\d+y)?(?:\d+w)?(?:\d+d)?(?:\d+h)?(?:\d+m)?(?:\d+s)?(?:\d+ms)?"
_PART: Final = re.compile(r"(\d+)(ms|[ywdhms])")
_WHOLE: Final = re.compile(_DURATION)
_RATE: Final = re.compile(r"(\d+(?:\.\d+)?)/([smhd])")
_PERCENT: Final = re.compile(r"(\d+(?:\.\d+)?)\s*%")


@dataclass(frozen=True, slots=True, order=True)
class Duration:
    """A Prometheus duration such as `5m` or `1h30m`, kept in whole milliseconds."""

    ms: int

    @classmethod
    def parse(cls, text: str) -> "Duration":
        """Reads a Prometheus duration; raises ValueError with the expected form for anything else."""
        if not isinstance(text, str) or not _WHOLE.fullmatch(text):
            raise ValueError(f"{text!r} is not a duration; expected one such as 30s, 5m, 1h30m or 30d")
        return cls(sum(int(n) * (1 if unit == "ms" else _UNITS_MS[unit]) for n, unit in _PART.findall(text)))

    @classmethod
    def of_seconds(cls, seconds: float) -> "Duration":
        """The duration nearest to that many seconds."""
        return cls(round(seconds * 1000))

    @property
    def seconds(self) -> float:
        """The length in seconds."""
        return self.ms / 1000

    def __str__(self) -> str:
        """The canonical spelling, which parses back to itself; without weeks and years, so 7d stays 7d."""
        rest, parts = self.ms, []
        for unit in ("d", "h", "m", "s"):
            count, rest = divmod(rest, _UNITS_MS[unit])
            if count:
                parts.append(f"{count}{unit}")
        if rest or not parts:
            parts.append(f"{rest}ms" if rest else "0s")
        return "".join(parts)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Accepts the text of a file or a Duration made by code."""

        def read(value: Any) -> Duration:
            return value if isinstance(value, Duration) else cls.parse(value)

        return core_schema.no_info_plain_validator_function(read, serialization=core_schema.to_string_ser_schema())

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """What an editor may offer and refuse."""
        return {"type": "string", "pattern": f"^{_DURATION}$", "examples": ["30s", "5m", "30d"]}


def parse_ratio(value: Any) -> Decimal:
    """Reads `99.9%` or `0.999` as an exact ratio 0..1; raises ValueError otherwise."""
    if isinstance(value, Decimal):
        ratio = value
    elif isinstance(value, str) and (match := _PERCENT.fullmatch(value)):
        ratio = Decimal(match[1]) / 100
    elif isinstance(value, int | float) and not isinstance(value, bool):
        try:
            ratio = Decimal(str(value))
        except InvalidOperation as error:  # pragma: no cover - str(float) always parses but for exotic numbers
            raise ValueError(f"{value!r} is not a ratio; expected one such as 99.9% or 0.999") from error
    else:
        raise ValueError(f"{value!r} is not a ratio; expected one such as 99.9% or 0.999")
    if not 0 <= ratio <= 1:
        raise ValueError(f"{value!r} is not between 0 and 1 (0% and 100%); expected one such as 99.9%")
    return ratio


def parse_rate(value: Any) -> float:
    """Reads `20/s`, `3/m`, `100/h` or `5/d` as events per second; raises ValueError otherwise."""
    if isinstance(value, float):
        return value
    if isinstance(value, str) and (match := _RATE.fullmatch(value)):
        return float(match[1]) * 1000 / _UNITS_MS[match[2]]
    raise ValueError(f"{value!r} is not a rate; expected one such as 20/s, 3/m, 100/h or 5/d")


Ratio = Annotated[
    Decimal,
    BeforeValidator(parse_ratio),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": r"^\d+(\.\d+)?\s*%$"}, {"type": "number"}]}),
]
"""An exact ratio 0..1, written as a percentage or a ratio."""

Rate = Annotated[
    float, BeforeValidator(parse_rate), WithJsonSchema({"type": "string", "pattern": r"^\d+(\.\d+)?/[smhd]$"})
]
"""Events per second, written with its unit."""
