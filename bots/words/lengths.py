"""Times in the words that people say."""

from collections.abc import Sequence
from datetime import timedelta


def length(span: timedelta) -> str:
    """The two largest units: `2 hours 5 minutes`."""
    minutes = max(int(span.total_seconds()) // 60, 0)
    if minutes < 1:
        return "less than a minute"
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    parts = [f"{count} {unit}{'s' if count > 1 else ''}" for count, unit in _units(days, hours, minutes) if count]
    return " ".join(parts[:2])


def _units(days: int, hours: int, minutes: int) -> Sequence[tuple[int, str]]:
    return (days, "day"), (hours, "hour"), (minutes, "minute")
