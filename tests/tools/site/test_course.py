"""Ninety days of a service."""

from datetime import datetime

import pytest

from tests.tools.report.stories import after
from tools.site.course import ninety
from tools.site.level import Level
from tools.site.published import Published


def _incident(number: int, start: datetime, end: datetime | None, level: Level = Level.OUTAGE) -> Published:
    return Published(
        number=number, service="checkout", title="Checkout", level=level, status="Resolved", active=end is None,
        started_at=start, ended_at=end, spans=((start, end),), entries=(),
    )  # fmt: skip


def test_a_day_is_as_bad_as_its_worst_incident() -> None:
    """Over midnight it is in both days; two at a time are not twice the trouble; today ends now."""
    found = ninety(
        [
            _incident(1, after(-2, 23 * 60), after(-1, 60)),
            _incident(2, after(-1, 30), after(-1, 90), Level.DEGRADED),
            _incident(3, after(0, 60), None, Level.NOTICE),
        ],
        after(-30),
        after(0, 120),
    )
    days = {day.day.isoformat(): (day.level, day.minutes, day.incidents) for day in found.days[-3:]}
    assert days == {
        "2026-02-21": (Level.OUTAGE, 60, (1,)),
        "2026-02-22": (Level.OUTAGE, 90, (1, 2)),
        "2026-02-23": (Level.NOTICE, 0, (3,)),
    }
    assert found.available == pytest.approx(1 - 120 / (30 * 1440 + 120))
    assert found.incidents == 3


def test_before_the_records_nothing_is_known() -> None:
    """Not even that all was well."""
    found = ninety([], after(-3, 60), after(0, 60))
    assert [day.level for day in found.days[-5:]] == [Level.UNKNOWN, *[Level.WELL] * 4]
    assert found.available == 1
    nothing = ninety([], None, after(0))
    assert {day.level for day in nothing.days} == {Level.UNKNOWN}
    assert nothing.available is None
