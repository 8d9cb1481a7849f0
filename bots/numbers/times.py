"""What an incident took: each time from when to when, and when there is none."""

from datetime import datetime, timedelta
from typing import Final

NOISE: Final = "noise"
DRILL: Final = "drill"
DUPLICATE: Final = "duplicate"


def to_detect(began: datetime | None, started: datetime, verdict: str) -> timedelta | None:
    """Until the first page; None if nobody knows when the trouble began, or there was none."""
    return None if began is None or verdict == NOISE else _from_to(began, started)


def to_acknowledge(started: datetime, acknowledged: datetime | None) -> timedelta | None:
    """From the first page; None while nobody has acknowledged."""
    return None if acknowledged is None else _from_to(started, acknowledged)


def to_resolve(started: datetime, resolved: datetime | None, verdict: str) -> timedelta | None:
    """From the first page; None while it goes on, or if there was no trouble."""
    return None if resolved is None or verdict == NOISE else _from_to(started, resolved)


def _from_to(start: datetime, end: datetime) -> timedelta:
    """Never negative: clocks differ."""
    return max(end - start, timedelta())
