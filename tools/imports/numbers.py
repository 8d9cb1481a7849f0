"""Objectives, tiers and windows as our files write them."""

import re
from decimal import Decimal, InvalidOperation
from typing import Any, Final

MOST_DIGITS: Final = 12
MOST_CHARACTERS: Final = 40
_TIER: Final = re.compile(r"(?:tier[-_ ]?)?([123])", re.IGNORECASE)


def percent(value: Any, scale: int) -> str:
    """A number that is a percentage (`scale` 1) or a ratio (`scale` 100) as `99.9%`.

    Raises ValueError unless it lies above 0 % and below 100 %: no budget at all can not be burnt at any rate.
    """
    try:
        share = Decimal("NaN" if isinstance(value, bool) else str(value)[:MOST_CHARACTERS]) * scale
    except InvalidOperation:
        share = Decimal("NaN")
    if not share.is_finite():
        raise ValueError(f"got {str(value)[:MOST_CHARACTERS]!r}, which is not a number")
    rounded = round(share, MOST_DIGITS) if abs(share) < 1000 else share
    if not 0 < rounded < 100:
        raise ValueError(f"got {str(value)[:MOST_CHARACTERS]}, which leaves no error budget or no promise")
    return f"{rounded.normalize():f}%"


def tier(value: Any) -> int | None:
    """`2`, `tier-2` and `Tier 2` as 2; None for anything else."""
    match = _TIER.fullmatch(str(value).strip())
    return int(match[1]) if match else None
