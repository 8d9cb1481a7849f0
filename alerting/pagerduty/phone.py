"""Phone numbers, which PagerDuty wants in two parts."""

import re
from dataclasses import dataclass
from typing import Final

# https://www.itu.int/pub/T-SP-E.164D: these have two digits, 1 and 7 one, all others three.
_TWO_DIGITS: Final = frozenset(
    {20, 27, *range(30, 35), 36, 39, 40, 41, *range(43, 50), *range(51, 59), *range(60, 67), 81, 82, 84, 86}
    | {*range(90, 96), 98}
)
_E164: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_SEPARATORS: Final = re.compile(r"[ ()./-]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """A number as it is dialled from abroad."""

    country: int
    """The country's calling code."""
    number: str
    """Digits only, without the code."""


def parse_phone(text: str) -> Phone:
    """Reads `+351 912 345 678`; raises ValueError, whose text does not repeat the number, for anything else."""
    digits = _SEPARATORS.sub("", text)
    if not _E164.fullmatch(digits):
        raise ValueError("this is not a phone number; expected one such as +351 912 345 678, with its country")
    size = 1 if digits[1] in "17" else 2 if int(digits[1:3]) in _TWO_DIGITS else 3
    country, number = digits[1 : 1 + size], digits[1 + size :]
    if number.startswith("0") or len(number) < 4:
        raise ValueError("this number begins with 0 after the country, or ends too soon; expected no trunk prefix")
    return Phone(country=int(country), number=number)
