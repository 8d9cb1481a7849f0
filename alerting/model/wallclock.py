"""Wall-clock times of rotations as they are written in files: handoffs, hours of duty, moments of overrides."""

import re
from abc import abstractmethod
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, GetCoreSchemaHandler, GetJsonSchemaHandler, WithJsonSchema
from pydantic_core import CoreSchema, core_schema

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MINUTES_PER_DAY: Final = 24 * 60
MINUTES_PER_WEEK: Final = 7 * MINUTES_PER_DAY
YEARS: Final = range(2000, 2200)
"""Years that a schedule may name; a year outside is a slip of the pen."""

_TIME: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)
_SPAN: Final = re.compile(r"(\d\d:\d\d)\s*-\s*(\d\d:\d\d)", re.ASCII)
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?", re.ASCII)
_EXPECTED_HOURS: Final = "expected hours such as 09:00-17:00, mon-fri 09:00-17:00 or sat,sun 22:00-06:00"


def parse_weekday(text: str) -> int:
    """Monday is 0; reads `mon` and `monday` in any case; raises ValueError otherwise."""
    lower = text.lower()
    for number, name in enumerate(WEEKDAYS):
        if lower in (name, name[:3]):
            return number
    raise ValueError(f"{text[:40]!r} is not a day of the week; expected one such as mon or monday")


def parse_time(text: str) -> int:
    """Reads `09:00` as minutes after midnight; raises ValueError otherwise."""
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError(f"{text[:40]!r} is not a time of day; expected one such as 09:00, from 00:00 to 23:59")
    return int(match[1]) * 60 + int(match[2])


def _time_text(minutes: int) -> str:
    """Minutes after midnight as `09:00`; 1440 is `24:00`."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


class _Written:
    """What is written as a text in a file, read by `parse` and spelled by `str`."""

    __slots__ = ()

    @classmethod
    @abstractmethod
    def parse(cls, text: str) -> Any:
        """Reads the text; raises ValueError with the expected form otherwise."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Accepts the text of a file or a value made by code."""

        def read(value: Any) -> Any:
            return value if isinstance(value, cls) else cls.parse(value)

        return core_schema.no_info_plain_validator_function(read, serialization=core_schema.to_string_ser_schema())


@dataclass(frozen=True, slots=True)
class Handoff(_Written):
    """When a turn ends and the next begins: a time of day, for turns of whole weeks also a day of the week."""

    minutes: int
    """After midnight."""
    weekday: int | None = None
    """Monday is 0; None when the layer's `start` decides."""

    @classmethod
    def parse(cls, text: str) -> "Handoff":
        """Reads `09:00` or `monday 09:00`; raises ValueError otherwise."""
        words = text.split() if isinstance(text, str) else []
        if len(words) not in (1, 2):
            raise ValueError(f"{str(text)[:40]!r} is not a handoff; expected one such as 09:00 or monday 09:00")
        weekday = parse_weekday(words[0]) if len(words) == 2 else None
        return cls(minutes=parse_time(words[-1]), weekday=weekday)

    def __str__(self) -> str:
        """The canonical spelling, which parses back to itself."""
        day = "" if self.weekday is None else f"{WEEKDAYS[self.weekday]} "
        return day + _time_text(self.minutes)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """What an editor may offer and refuse."""
        return {"type": "string", "pattern": r"^([A-Za-z]+ +)?\d\d:\d\d$", "examples": ["monday 09:00", "09:00"]}


@dataclass(frozen=True, slots=True)
class DailySpan:
    """A time of duty that begins on some days of the week, and ends on the same day or the next."""

    days: tuple[int, ...]
    """Monday is 0."""
    begin: int
    """Minutes after midnight."""
    end: int
    """Minutes after midnight of the day it begins on: up to 1440 on the same day, above overnight."""


@dataclass(frozen=True, slots=True)
class Hours(_Written):
    """When a layer is on duty, by the wall clock."""

    spans: tuple[DailySpan, ...]
    text: str
    """As it was written."""

    @classmethod
    def parse(cls, text: str) -> "Hours":
        """Reads `mon-fri 09:00-17:00, sat,sun 22:00-06:00`; raises ValueError otherwise."""
        if not isinstance(text, str) or not text.strip():
            raise ValueError(f"{str(text)[:40]!r} is not a time of duty; {_EXPECTED_HOURS}")
        spans: list[DailySpan] = []
        days: list[int] = []
        pieces = [piece.strip() for piece in text.split(",")]
        for piece in pieces:
            words, span = _split(piece)
            days += _days(words) if words else []
            if span is not None:
                spans.append(_span(tuple(dict.fromkeys(days)) or tuple(range(7)), *span))
                days = []
        if days:
            raise ValueError(
                f"{pieces[-1][:40]!r} has no times; {_EXPECTED_HOURS}; for whole days write 00:00-24:00 after it"
            )
        return cls(spans=tuple(spans), text=text)

    @property
    def always(self) -> bool:
        """Whether no minute of the week is left out."""
        return _whole_week(self.spans)

    def __str__(self) -> str:
        """As it was written."""
        return self.text

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """What an editor may offer and refuse."""
        return {
            "type": "string",
            "pattern": r"^[A-Za-z ,:0-9-]+$",
            "examples": ["mon-fri 09:00-17:00", "22:00-06:00", "mon-fri 18:00-09:00, sat,sun 00:00-24:00"],
        }


@lru_cache(maxsize=1024)
def _whole_week(spans: tuple[DailySpan, ...]) -> bool:
    """Whether the spans leave out no minute of a week without a change of the clocks."""
    minutes = {
        (day * MINUTES_PER_DAY + minute) % MINUTES_PER_WEEK
        for span in spans
        for day in span.days
        for minute in range(span.begin, span.end)
    }
    return len(minutes) == MINUTES_PER_WEEK


def _split(piece: str) -> tuple[str, tuple[str, str] | None]:
    """The days and the times of one piece between commas; either may be absent."""
    match = _SPAN.search(piece)
    if match is None:
        if not piece or any(character.isdigit() for character in piece):
            raise ValueError(f"{piece[:40]!r} is not a time of duty; {_EXPECTED_HOURS}")
        return piece, None
    if piece[match.end() :]:
        raise ValueError(f"{piece[:40]!r} is not a time of duty; {_EXPECTED_HOURS}")
    return piece[: match.start()].strip(), (match[1], match[2])


def _days(text: str) -> list[int]:
    """`mon` or `fri-mon` as numbers of days, in order."""
    first, dash, last = (part.strip() for part in text.partition("-"))
    begin = parse_weekday(first)
    end = parse_weekday(last) if dash else begin
    return [(begin + n) % 7 for n in range((end - begin) % 7 + 1)]


def _span(days: tuple[int, ...], begin: str, end: str) -> DailySpan:
    """One time of duty; raises ValueError for one that is empty or whose times are none."""
    first = parse_time(begin)
    last = MINUTES_PER_DAY if end == "24:00" else parse_time(end)
    if first == last:
        raise ValueError(
            f"{begin}-{end} begins and ends at the same time; {_EXPECTED_HOURS}; for whole days write 00:00-24:00"
        )
    return DailySpan(days=days, begin=first, end=last if last > first else last + MINUTES_PER_DAY)


def parse_moment(value: Any) -> datetime:
    """Reads `2026-12-24T09:00`, without a zone, or RFC 3339 with an offset; raises ValueError otherwise."""
    if isinstance(value, datetime):
        return value
    expected = "expected one such as 2026-12-24T09:00 (in the team's time zone) or 2026-12-24T09:00:00Z"
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        raise ValueError(f"{str(value)[:40]!r} is not a date and time; {expected}")
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise ValueError(f"{value!r} is not a date and time ({error}); {expected}") from error
    if moment.year not in YEARS:
        raise ValueError(f"the year of {value!r} is out of range; expected {YEARS[0]} to {YEARS[-1]}")
    return moment


Moment = Annotated[
    datetime,
    BeforeValidator(parse_moment),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": "^" + _MOMENT.pattern + "$",
            "examples": ["2026-12-24T09:00", "2026-12-24T09:00:00Z"],
        }
    ),
]
"""A date and time; without a zone it is in the team's."""
