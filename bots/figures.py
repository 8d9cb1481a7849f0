"""What incidents took and what was paged, for the figures: kept beside the index, read when Prometheus asks.

The definitions (what is measured from when to when, what does not count) are in `alerting.numbers`.
"""

import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from alerting.names import FIGURES_DAYS
from bots.belonging.reach import sortable
from bots.numbers import times
from bots.numbers.case import pages_of
from bots.timeline.event import parse_time, time_text
from bots.timeline.state import Status, incident_name

SCHEMA: Final = """
CREATE INDEX IF NOT EXISTS by_end ON incidents (drill, reach_until);
CREATE TABLE IF NOT EXISTS pages (
    number INTEGER NOT NULL, alert TEXT NOT NULL, times INTEGER NOT NULL, PRIMARY KEY (number, alert)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS attempts (
    number INTEGER NOT NULL, attempt INTEGER NOT NULL, action TEXT NOT NULL, automatic INTEGER NOT NULL,
    outcome TEXT NOT NULL, PRIMARY KEY (number, attempt)
) WITHOUT ROWID;
"""
MOST: Final = 2_000
"""Incidents that figures are shown of one by one; with three series each, about what a hundred targets export."""
WINDOW: Final = timedelta(days=FIGURES_DAYS)
WEEK: Final = timedelta(days=7)
NO_VERDICT: Final = "none"

Rows = Callable[[str, Sequence[Any]], list[tuple[Any, ...]]]
"""Asks the index."""

_RECENT: Final = "drill = 0 AND verdict != 'drill' AND reach_until >= ?"
_TABLES: Final = ("pages", "attempts")
_INCIDENTS: Final = f"""
SELECT number, team, service, priority, status, started_at, began_at, acknowledged_at, resolved_at, verdict,
    duplicate_of FROM incidents WHERE {_RECENT} ORDER BY number DESC
"""
_STATUS, _STARTED, _RESOLVED, _VERDICT, _COPY = 4, 5, 8, 9, 10
"""Places in a row of these."""
_PAGES: Final = f"""
SELECT number, alert, times, team, service FROM pages JOIN incidents USING (number) WHERE {_RECENT} ORDER BY number
"""
_ATTEMPTS: Final = f"""
SELECT number, team, service, action, automatic, outcome FROM attempts JOIN incidents USING (number)
    WHERE {_RECENT} ORDER BY number, attempt
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What one incident took."""

    name: str
    team: str
    service: str
    priority: str
    status: Status
    started_at: datetime
    detect: timedelta | None
    """From when the trouble began; None if nobody knows or there was none."""
    acknowledge: timedelta | None
    """None while nobody has acknowledged."""
    resolve: timedelta | None
    """None while it goes on, or if there was no trouble."""

    @property
    def where(self) -> tuple[str, str, str, str]:
        """Its labels: incident, team, service, priority."""
        return (self.name, self.team, self.service, self.priority)


@dataclass(frozen=True, slots=True, kw_only=True)
class Over:
    """An incident that is over, and was trouble as far as anybody has said."""

    number: int
    team: str
    service: str
    priority: str
    resolved_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The figures of the recent incidents."""

    active: tuple[Taken, ...]
    """Those that go on, whenever they started."""
    recent: tuple[Taken, ...]
    """Those that started in the window, the newest first, at most as many as were asked for."""
    left_out: int
    """How many more there are."""
    pages: Mapping[tuple[str, str, str, str], int]
    """Alert, team, service, verdict → pages of the window."""
    week: Mapping[tuple[str, str, str, str], int]
    """The same of the last seven days."""
    attempts: Mapping[tuple[str, str, str, str, str], int]
    """Team, service, action, automatic, outcome → remediations that ended."""
    over: tuple[Over, ...] = ()
    """Those that started in the window and are over."""


def put(connection: sqlite3.Connection, number: int, state: Mapping[str, Any]) -> None:
    """Puts in what an `incident.yaml` says about pages and remediations; raises KeyError if it is not one."""
    connection.executemany(
        "INSERT OR REPLACE INTO pages VALUES (?, ?, ?)", [(number, *item) for item in pages_of(state).items()]
    )
    connection.executemany(
        "INSERT OR REPLACE INTO attempts VALUES (?, ?, ?, ?, ?)",
        [
            (number, one["attempt"], one["action"], int(one.get("automatic", False)), one["outcome"])
            for one in state.get("remediations", ())
            # What a duplicate inherited counts where it happened.
            if "outcome" in one and not one.get("dry_run", False) and "inherited_from" not in one
        ],
    )


def forget(connection: sqlite3.Connection, number: int) -> None:
    """Takes out one incident."""
    for table in _TABLES:
        connection.execute(f"DELETE FROM {table} WHERE number = ?", (number,))


def clear(connection: sqlite3.Connection) -> None:
    """Takes out all."""
    for table in _TABLES:
        connection.execute(f"DELETE FROM {table}")


def read(rows: Rows, now: datetime, most: int = MOST) -> Figures:
    """The figures at an instant, of at most `most` incidents one by one."""
    since, lately = (sortable(time_text(now - span)) for span in (WINDOW, WEEK))
    found = [(row, sortable(row[_STARTED])) for row in rows(_INCIDENTS, (since,))]
    # One that is recorded between two of these questions is left to the next scrape.
    started = {row[0]: start for row, start in found}
    verdicts = {row[0]: row[_VERDICT] or NO_VERDICT for row, _ in found}
    counted = [row for row, _ in found if row[_COPY] is None and row[_VERDICT] != "duplicate"]
    recent = [row for row in counted if started[row[0]] >= since]
    pages: Counter[tuple[str, str, str, str]] = Counter()
    week: Counter[tuple[str, str, str, str]] = Counter()
    for number, alert, count, team, service in rows(_PAGES, (since,)):
        key = (alert, team, service, verdicts.get(number, NO_VERDICT))
        for counter, begin in ((pages, since), (week, lately)):
            if started.get(number, "") >= begin:
                counter[key] += count
    attempts = Counter(
        (team, service, action, "true" if automatic else "false", outcome)
        for number, team, service, action, automatic, outcome in rows(_ATTEMPTS, (since,))
        if started.get(number, "") >= since
    )
    return Figures(
        active=tuple(_taken(row) for row in counted if Status(row[_STATUS]).active),
        recent=tuple(map(_taken, recent[:most])),
        left_out=max(len(recent) - most, 0),
        pages=pages,
        week=week,
        attempts=attempts,
        over=tuple(_over(row) for row in recent if row[_RESOLVED] and _is_over(row)),
    )


def _taken(row: Sequence[Any]) -> Taken:
    number, team, service, priority, status, started, began, acknowledged, resolved, verdict, _ = row
    start = parse_time(started)
    return Taken(
        name=incident_name(number),
        team=team,
        service=service,
        priority=priority,
        status=Status(status),
        started_at=start,
        detect=times.to_detect(_time(began), start, verdict),
        acknowledge=times.to_acknowledge(start, _time(acknowledged)),
        resolve=times.to_resolve(start, _time(resolved), verdict),
    )


def _is_over(row: Sequence[Any]) -> bool:
    return not Status(row[_STATUS]).active and row[_VERDICT] != times.NOISE


def _over(row: Sequence[Any]) -> Over:
    number, team, service, priority, *_ = row
    return Over(number=number, team=team, service=service, priority=priority, resolved_at=parse_time(row[_RESOLVED]))


def _time(text: str | None) -> datetime | None:
    return parse_time(text) if text else None
