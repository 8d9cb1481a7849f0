"""Attempts at remediation in the local index of the records, newest by time: what the guard rails read."""

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from bots.belonging.reach import sortable
from bots.guards.attempted import PENDING, RAN, Attempted, attempted
from bots.timeline.event import time_text

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS attempted (
    number INTEGER NOT NULL, at TEXT NOT NULL, unsettled INTEGER NOT NULL, state TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS attempted_unsettled ON attempted (unsettled) WHERE unsettled;
CREATE INDEX IF NOT EXISTS attempted_at ON attempted (at);
CREATE INDEX IF NOT EXISTS attempted_number ON attempted (number);
"""
Rows = Callable[[str, Sequence[Any]], list[tuple[Any, ...]]]
"""Asks the index."""


def put(connection: sqlite3.Connection, number: int, state: Mapping[str, Any]) -> None:
    """Puts in what an `incident.yaml` says about attempts; raises KeyError if it is not one."""
    found = state.get("remediations", ())
    if not found:
        return
    # The newest of them: all are read together, and the last change of any counts.
    at = max(sortable(one.get("judged_at") or one.get("finished_at") or one["requested_at"]) for one in found)
    kept = {"id": state["id"], "remediations": [{**one, "output": ""} for one in found]}
    unsettled = any(one.outcome in (PENDING, RAN) for one in attempted(kept))
    connection.execute("INSERT INTO attempted VALUES (?, ?, ?, ?)", (number, at, unsettled, json.dumps(kept)))


def forget(connection: sqlite3.Connection, number: int) -> None:
    """Takes out one incident."""
    connection.execute("DELETE FROM attempted WHERE number = ?", (number,))


def clear(connection: sqlite3.Connection) -> None:
    """Takes out all."""
    connection.execute("DELETE FROM attempted")


def read(rows: Rows, since: datetime) -> tuple[Attempted, ...]:
    """Attempts of the incidents in which one was asked for, ended or was judged since an instant, or is unsettled."""
    found = rows(
        "SELECT state FROM attempted WHERE at >= ? UNION ALL SELECT state FROM attempted WHERE unsettled AND at < ?",
        (sortable(time_text(since)),) * 2,
    )
    return tuple(one for (state,) in found for one in attempted(json.loads(state)))


def unsettled(rows: Rows) -> tuple[int, ...]:
    """The incidents with an attempt that has not ended or is not judged yet."""
    return tuple(int(number) for (number,) in rows("SELECT number FROM attempted WHERE unsettled ORDER BY number", ()))
