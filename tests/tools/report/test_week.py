"""Weeks of the calendar."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.report.week import Week


@given(st.dates(date(1990, 1, 8), date(2090, 1, 1)))
def test_a_week_is_written_as_it_is_read(day: date) -> None:
    """And any of its days names it."""
    week = Week.parse(day.isoformat())
    assert Week.parse(str(week)) == week
    assert week.start <= datetime(day.year, day.month, day.day, tzinfo=UTC) < week.end
    assert week.before().end == week.start


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2026-W09", "23 February to 1 March 2026"),
        ("2026W10", "2 to 8 March 2026"),
        ("2025-12-31", "29 December 2025 to 4 January 2026"),
    ],
)
def test_a_week_in_words(text: str, words: str) -> None:
    """Months and years are said twice only where they differ."""
    assert Week.parse(text).words == words


@pytest.mark.parametrize(
    "text", ["2026-W54", "W09", "2026-13-01", "last week", "", "0000-W01", "0001-W01", "1969-12-31", "٢٠٢٦-W09"]
)
def test_what_is_no_week_is_refused(text: str) -> None:
    """With the forms that are expected."""
    with pytest.raises(ValueError, match="is not a week") as error:
        Week.parse(text)
    expected = "expected one such as 2026-W09, or a day of it such as 2026-02-23"
    assert str(error.value) == f"{text!r} is not a week; {expected}"
