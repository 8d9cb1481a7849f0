"""The local index of the records: a row per incident, made from `incident.yaml`. It may be lost: git has everything."""

import contextlib
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from bots import attempt_index as attempts
from bots import figures
from bots.belonging.reach import FOREVER_TEXT, sortable
from bots.errors import StoreError, StoreFull
from bots.guards.attempted import Attempted
from bots.rulebook import Place
from bots.timeline.state import Status, incident_number
from bots.timeline.summary import Summary

_VERSION: Final = 5
_NEAR: Final = 50
"""Incidents that one notification may have to do with; the nearest in time are looked at."""
_ACTIVE: Final = 500
"""Incidents that go on, of which the guard rails of remediation read the alerts."""
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS incidents (
    number INTEGER PRIMARY KEY, path TEXT NOT NULL, key TEXT NOT NULL,
    team TEXT NOT NULL, service TEXT NOT NULL, drill INTEGER NOT NULL, title TEXT NOT NULL,
    status TEXT NOT NULL, priority TEXT NOT NULL, opened_at TEXT NOT NULL, started_at TEXT NOT NULL,
    acknowledged_at TEXT, resolved_at TEXT, closed_at TEXT, began_at TEXT,
    assignee TEXT NOT NULL, verdict TEXT NOT NULL, duplicate_of TEXT,
    reach_start TEXT NOT NULL, reach_until TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS by_place ON incidents (team, service, drill, reach_until);
CREATE INDEX IF NOT EXISTS by_status ON incidents (status, number);
CREATE INDEX IF NOT EXISTS by_key ON incidents (key);
CREATE TABLE IF NOT EXISTS firing (
    fingerprint TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (fingerprint, number)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS firing_by_number ON firing (number);
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""
_HEAD: Final = ("number", "path", "key", "team", "service", "drill", "title", "status", "priority", "opened_at")
_COLUMNS: Final = (
    *_HEAD,
    *("started_at", "acknowledged_at", "resolved_at", "closed_at", "began_at", "assignee", "verdict", "duplicate_of"),
    *("reach_start", "reach_until"),
)
_INSERT: Final = f"INSERT OR REPLACE INTO incidents VALUES ({','.join('?' * len(_COLUMNS))})"
_TIMES: Final = ("acknowledged_at", "resolved_at", "closed_at", "began_at")


class Index:
    """One writer, any number of readers; each call is short."""

    def __init__(self, path: Path) -> None:
        """Opens or makes the file; a damaged one, or one of another version, is made anew and empty."""
        self._path = path
        self._writing = threading.Lock()
        self._reading = threading.Lock()
        try:
            self._connect()
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise StoreFull(f"{path}: {error}; expected a file that can be written") from error
            self._discard()
            self._connect()
        if self._meta("version") != str(_VERSION):
            self.close()
            self._discard()
            self._connect()
            with self._transaction() as connection:
                connection.execute("INSERT OR REPLACE INTO meta VALUES ('version', ?)", (str(_VERSION),))

    def _connect(self) -> None:
        self._writer = self._open()
        self._writer.executescript(_SCHEMA + figures.SCHEMA + attempts.SCHEMA)
        self._reader = self._open()

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False, timeout=10)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA wal_autocheckpoint=100")
        return connection

    def _discard(self) -> None:
        for suffix in ("", "-wal", "-shm"):
            self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)

    def close(self) -> None:
        """Ends both connections."""
        self._writer.close()
        self._reader.close()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._writing:
            try:
                self._writer.execute("BEGIN IMMEDIATE")
                try:
                    yield self._writer
                    self._writer.execute("COMMIT")
                except BaseException:
                    if self._writer.in_transaction:
                        self._writer.execute("ROLLBACK")
                    raise
            except sqlite3.Error as error:
                raise StoreFull(f"{self._path}: {error}; expected room for the index of the records") from error

    def _rows(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self._reading:
            try:
                return self._reader.execute(query, values).fetchall()
            except sqlite3.Error as error:
                raise StoreError(f"{self._path}: {error}; delete the file: it is made anew from git") from error

    def _meta(self, name: str) -> str | None:
        rows = self._rows("SELECT value FROM meta WHERE name = ?", (name,))
        return str(rows[0][0]) if rows else None

    # writing

    @property
    def tip(self) -> str | None:
        """The commit whose incidents are in the index; None for an empty one."""
        return self._meta("tip")

    def update(self, tip: str, states: Iterable[tuple[str, Mapping[str, Any]]], *, anew: bool = False) -> None:
        """Puts in incidents (folder and state), all of one commit; `anew` forgets all others. One transaction."""
        with self._transaction() as connection:
            indexes: list[str] = []
            if anew:
                connection.execute("DELETE FROM incidents")
                connection.execute("DELETE FROM firing")
                figures.clear(connection)
                attempts.clear(connection)
                indexes = _drop_indexes(connection)
            for path, state in states:
                number, row, firing = row_of(path, state)
                connection.execute(_INSERT, row)
                if not anew:
                    connection.execute("DELETE FROM firing WHERE number = ?", (number,))
                connection.executemany("INSERT INTO firing VALUES (?, ?)", [(name, number) for name in firing])
                if not anew:
                    figures.forget(connection, number)
                    attempts.forget(connection, number)
                figures.put(connection, number, state)
                attempts.put(connection, number, state)
            for definition in indexes:
                connection.execute(definition)
            connection.execute("INSERT OR REPLACE INTO meta VALUES ('tip', ?)", (tip,))

    def forget(self, numbers: Iterable[int]) -> None:
        """Takes out incidents that are no longer recorded."""
        with self._transaction() as connection:
            for number in numbers:
                connection.execute("DELETE FROM incidents WHERE number = ?", (number,))
                connection.execute("DELETE FROM firing WHERE number = ?", (number,))
                figures.forget(connection, number)
                attempts.forget(connection, number)

    # reading

    def highest(self) -> int:
        """The highest number; 0 if there is no incident."""
        return int(self._rows("SELECT coalesce(max(number), 0) FROM incidents")[0][0])

    def count(self) -> int:
        """How many incidents there are."""
        return int(self._rows("SELECT count(*) FROM incidents")[0][0])

    def path(self, number: int) -> str | None:
        """The folder of an incident on the branch; None if there is none."""
        rows = self._rows("SELECT path FROM incidents WHERE number = ?", (number,))
        return str(rows[0][0]) if rows else None

    def near(self, place: Place, start: str, until: str, fingerprints: Sequence[str]) -> tuple[int, ...]:
        """Incidents of a place that were going on at some time between, or where one of the alerts fires."""
        where = "team = ? AND service = ? AND drill = ?"
        at = (place.team, place.service, int(place.drill))
        query = f"SELECT number FROM incidents WHERE {where} AND reach_until >= ? AND reach_start <= ?"
        found = {row[0] for row in self._rows(f"{query} ORDER BY reach_until LIMIT {_NEAR}", (*at, start, until))}
        for first in range(0, len(fingerprints), 500):
            names = fingerprints[first : first + 500]
            marks = ",".join("?" * len(names))
            query = (
                f"SELECT number FROM firing JOIN incidents USING (number) WHERE fingerprint IN ({marks}) AND {where}"
            )
            found |= {row[0] for row in self._rows(query, (*names, *at))}
        return tuple(sorted(found))

    def by_key(self, key: str) -> int | None:
        """The incident whose first event has this key."""
        rows = self._rows("SELECT min(number) FROM incidents WHERE key = ?", (key,))
        return rows[0][0] if rows else None

    def summary(self, number: int) -> Summary | None:
        """One incident in short; None if there is none."""
        found = self._rows(f"SELECT {', '.join(_COLUMNS)} FROM incidents WHERE number = ?", (number,))
        return _summary(found[0]) if found else None

    def list(
        self,
        *,
        status: Sequence[Status] = (),
        priority: Sequence[str] = (),
        team: str | None = None,
        service: str | None = None,
        drill: bool | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> tuple[Summary, ...]:
        """Incidents, the newest first; `before` is the number that the page before ended with."""
        tests: list[tuple[str, Sequence[Any]]] = []
        if status:
            tests.append((f"status IN ({','.join('?' * len(status))})", [word.value for word in status]))
        if priority:
            tests.append((f"priority IN ({','.join('?' * len(priority))})", priority))
        for column, value in (("team", team), ("service", service), ("drill", drill)):
            if value is not None:
                tests.append((f"{column} = ?", [value]))
        if before is not None:
            tests.append(("number < ?", [before]))
        where = " AND ".join(test for test, _ in tests) or "1"
        values = [value for _, given in tests for value in given]
        query = f"SELECT {', '.join(_COLUMNS)} FROM incidents WHERE {where} ORDER BY number DESC LIMIT ?"
        return tuple(_summary(row) for row in self._rows(query, (*values, limit)))

    def counts(self) -> Mapping[tuple[Status, str], int]:
        """How many incidents there are of each status and priority."""
        rows = self._rows("SELECT status, priority, count(*) FROM incidents GROUP BY status, priority")
        return {(Status(status), priority): count for status, priority, count in rows}

    def attempts(self, since: datetime) -> tuple[Attempted, ...]:
        """Attempts of incidents in which anything was attempted since an instant or is unsettled."""
        return attempts.read(self._rows, since)

    def unsettled(self) -> tuple[int, ...]:
        """The incidents with an attempt at remediation that has not ended or is not judged yet."""
        return attempts.unsettled(self._rows)

    def active(self) -> tuple[int, ...]:
        """The incidents that go on; of very many the newest."""
        words = [status.value for status in Status if status.active]
        query = (
            f"SELECT number FROM incidents WHERE status IN ({','.join('?' * len(words))}) ORDER BY number DESC LIMIT ?"
        )
        return tuple(int(row[0]) for row in self._rows(query, (*words, _ACTIVE)))

    def recent_figures(self, now: datetime) -> figures.Figures:
        """What recent incidents took."""
        return figures.read(self._rows, now)


def _drop_indexes(connection: sqlite3.Connection) -> list[str]:
    """Takes the indexes away and returns how they are made: sorting once is cheaper than many insertions anywhere."""
    rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND name LIKE 'by%'").fetchall()
    for name, _ in rows:
        connection.execute(f"DROP INDEX {name}")
    return [definition for _, definition in rows]


def row_of(path: str, state: Mapping[str, Any]) -> tuple[int, tuple[Any, ...], tuple[str, ...]]:
    """The row and the firing alerts of an `incident.yaml`; raises KeyError or ValueError if it is not one."""
    number = incident_number(state["id"])
    status = Status(state["status"])
    alerts = state.get("alerts", ())
    starts = [state["started_at"], *(alert["started_at"] for alert in alerts)]
    ends = [state["started_at"], *(state[name] for name in ("resolved_at", "closed_at") if name in state)]
    ends += [alert["ended_at"] for alert in alerts if "ended_at" in alert]
    firing = () if status is Status.CLOSED else tuple(a["fingerprint"] for a in alerts if a["status"] == "firing")
    until = FOREVER_TEXT if status.active else max(map(sortable, ends))
    row = (
        number,
        path,
        state["key"],
        state["team"],
        state["service"],
        int(state["drill"]),
        state["title"],
        status.value,
        state["priority"],
        state["opened_at"],
        state["started_at"],
        *(state.get(name) for name in _TIMES),
        state.get("assignee", ""),
        state.get("verdict", ""),
        state.get("duplicate_of"),
        min(map(sortable, starts)),
        until,
    )
    return number, row, tuple(dict.fromkeys(firing))


def _summary(row: Sequence[Any]) -> Summary:
    named = dict(zip(_COLUMNS, row, strict=True))
    state = {name: value for name, value in named.items() if value is not None}
    return Summary.of(named["path"], {**state, "id": f"INC-{named['number']}", "drill": bool(named["drill"])})
