"""A week of the calendar (ISO 8601), from Monday to Sunday in UTC."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from bots.numbers.measured import Window

_WEEK: Final = re.compile(r"([0-9]{4})-?W([0-9]{2})")
_DAYS: Final = timedelta(days=7)
_FIRST: Final = date(1970, 1, 1)
"""Earlier ones are typing mistakes, and have no weeks before them in the end."""


@dataclass(frozen=True, slots=True, order=True)
class Week:
    """A week by its Monday."""

    monday: date

    def __str__(self) -> str:
        """`2026-W09`."""
        year, week, _ = self.monday.isocalendar()
        return f"{year}-W{week:02}"

    @property
    def start(self) -> datetime:
        """Its first moment."""
        return datetime(self.monday.year, self.monday.month, self.monday.day, tzinfo=UTC)

    @property
    def end(self) -> datetime:
        """The first moment after it."""
        return self.start + _DAYS

    @property
    def window(self) -> Window:
        """The time that it is."""
        return Window(start=self.start, end=self.end)

    @property
    def words(self) -> str:
        """`23 February to 1 March 2026`."""
        first, last = self.monday, self.monday + timedelta(days=6)
        begin = f"{first.day} {first:%B}" if first.month != last.month else str(first.day)
        begin += f" {first.year}" if first.year != last.year else ""
        return f"{begin} to {last.day} {last:%B} {last.year}"

    def before(self, weeks: int = 1) -> "Week":
        """The week so many weeks before it."""
        return Week(self.monday - weeks * _DAYS)

    def ending(self, weeks: int) -> Window:
        """So many weeks, of which this one is the last."""
        return Window(start=self.before(weeks - 1).start, end=self.end)

    @classmethod
    def holding(cls, at: datetime) -> "Week":
        """The week of an instant."""
        day = at.astimezone(UTC).date()
        return cls(day - timedelta(days=day.weekday()))

    @classmethod
    def parse(cls, text: str) -> "Week":
        """Reads `2026-W09`, or any day of the week; raises ValueError with the expected forms."""
        try:
            match = _WEEK.fullmatch(text)
            day = date.fromisocalendar(int(match[1]), int(match[2]), 1) if match else date.fromisoformat(text)
            if day < _FIRST:
                raise ValueError(f"{day} is before all records")
            return cls(day - timedelta(days=day.weekday()))
        except (ValueError, OverflowError) as error:
            raise ValueError(
                f"{text[:40]!r} is not a week; expected one such as 2026-W09, or a day of it such as 2026-02-23"
            ) from error
