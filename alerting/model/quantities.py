"""Durations, ratios, rates, days and instants as they are written in files, and as numbers inside."""

import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, GetCoreSchemaHandler, GetJsonSchemaHandler, Strict, WithJsonSchema
from pydantic_core import CoreSchema, core_schema

# https://prometheus.io/docs/prometheus/latest/querying/basics/#float-literals-and-time-durations
_UNITS_MS: Final = {"y": 31_536_000_000, "w": 604_800_000, "d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000}
_DURATION: Final = r"(?=.)([0-9]+y)?([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?"
DURATION_PATTERN: Final = f"^{_DURATION}$"
_PART: Final = re.compile(r"([0-9]+)(ms|[ywdhms])")
_WHOLE: Final = re.compile(_DURATION)
_MAX_DURATION_MS: Final = 100 * _UNITS_MS["y"]
"""Below what Prometheus and the calendar can hold; a longer one is a slip of the pen."""
_RATE: Final = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,12})?)/([smhd])")
_PERCENT: Final = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,12})?)\s*%")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)


@dataclass(frozen=True, slots=True, order=True)
class Duration:
    """A Prometheus duration such as `5m` or `1h30m`, kept in whole milliseconds."""

    ms: int

    @classmethod
    def parse(cls, text: str) -> "Duration":
        """Reads a Prometheus duration; raises ValueError with the expected form for anything else."""
        if not isinstance(text, str) or not _WHOLE.fullmatch(text):
            raise ValueError(f"{got(text)} is not a duration; expected one such as 30s, 5m, 1h30m or 30d")
        ms = sum(int(n[:20]) * (1 if unit == "ms" else _UNITS_MS[unit]) for n, unit in _PART.findall(text))
        if ms > _MAX_DURATION_MS:
            raise ValueError(f"{got(text)} is longer than a hundred years; expected a duration such as 30s, 5m or 30d")
        return cls(ms)

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
        return {"type": "string", "pattern": DURATION_PATTERN, "examples": ["30s", "5m", "30d"]}


def got(value: Any) -> str:
    """A value of a file as a message shows it: short, on one line, without characters that a terminal obeys."""
    if isinstance(value, str):
        return repr(value if len(value) <= 60 else f"{value[:60]}…")
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "keys and values"
    if isinstance(value, list | tuple):
        return "a list"
    return str(value)


def parse_ratio(value: Any) -> Decimal:
    """Reads `99.9%` or `0.999` as an exact ratio 0..1; raises ValueError otherwise."""
    if isinstance(value, Decimal):
        ratio = value
    elif isinstance(value, str) and (match := _PERCENT.fullmatch(value)):
        ratio = Decimal(match[1]) / 100
    elif isinstance(value, int | float) and not isinstance(value, bool):
        ratio = Decimal(str(value))
    else:
        raise ValueError(f"{got(value)} is not a ratio; expected one such as 99.9% or 0.999")
    if not 0 <= ratio <= 1:
        fix = f"; write {got(value)}%" if isinstance(value, int | float) and 1 < value <= 100 else ""
        raise ValueError(f"{got(value)} is not between 0 and 1 (0% and 100%); expected one such as 99.9%{fix}")
    return ratio


def parse_rate(value: Any) -> float:
    """Reads `20/s`, `3/m`, `100/h` or `5/d` as events per second; raises ValueError otherwise."""
    if isinstance(value, str) and (match := _RATE.fullmatch(value)):
        rate = float(match[1]) * 1000 / _UNITS_MS[match[2]]
        if rate > 0:
            return rate
    raise ValueError(f"{got(value)} is not a rate above 0; expected one such as 20/s, 3/m, 100/h or 5/d")


def parse_day(value: Any) -> date:
    """Reads `2026-01-05`; raises ValueError otherwise."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    with contextlib.suppress(ValueError):
        if isinstance(value, str) and _DAY.fullmatch(value):
            return date.fromisoformat(value)
    raise ValueError(f"{got(value)} is not a day; expected one such as 2026-01-05")


def parse_instant(value: Any) -> datetime:
    """Reads an RFC 3339 time with its zone, and gives it in UTC; raises ValueError otherwise."""
    with contextlib.suppress(ValueError, OverflowError):
        if isinstance(value, str) and _INSTANT.fullmatch(value):
            return datetime.fromisoformat(value.upper()).astimezone(UTC)
        if isinstance(value, datetime) and value.tzinfo is not None:
            return value.astimezone(UTC)
    raise ValueError(f"{got(value)} is not an instant; expected one such as 2026-02-01T22:00:00Z, with its zone")


Ratio = Annotated[
    Decimal,
    BeforeValidator(parse_ratio),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": f"^{_PERCENT.pattern}$"},
                {"type": "number", "minimum": 0, "maximum": 1},
            ],
            "examples": ["99.9%", 0.999],
        }
    ),
]
"""An exact ratio 0..1, written as a percentage or a ratio."""

Rate = Annotated[
    float,
    BeforeValidator(parse_rate),
    WithJsonSchema({"type": "string", "pattern": f"^{_RATE.pattern}$", "examples": ["20/s", "100/h"]}),
]
"""Events per second, written with its unit."""

Day = Annotated[
    date,
    BeforeValidator(parse_day),
    WithJsonSchema({"type": "string", "pattern": f"^{_DAY.pattern}$", "examples": ["2026-01-05"]}),
]
"""A day of the calendar."""

Instant = Annotated[
    datetime,
    BeforeValidator(parse_instant),
    WithJsonSchema({"type": "string", "pattern": f"^{_INSTANT.pattern}$", "examples": ["2026-02-01T22:00:00Z"]}),
]
"""A point in time, in UTC inside."""

Number = Annotated[float, Strict()]
"""A number that is written as one; `"5"` in quotes is text."""

Flag = Annotated[bool, Strict()]
"""`true` or `false`; no other word counts."""
