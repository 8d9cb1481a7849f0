"""Instants as whole microseconds since 1970, so that a row gives back the very instant it was given."""

from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def to_us(at: datetime) -> int:
    """Microseconds since 1970 of an aware instant."""
    return (at - _EPOCH) // _MICROSECOND


def from_us(us: int) -> datetime:
    """The instant, in UTC."""
    return _EPOCH + us * _MICROSECOND


def now() -> datetime:
    """This instant, in UTC; handed to whoever needs a clock, so that tests can hand another."""
    return datetime.now(UTC)
