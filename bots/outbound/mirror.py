"""What each destination was told last, and what it calls the incident: the memory of mirrors, durable.

A mirror reads the incident as it is now, compares it with the state kept here, and writes only the difference. Before
it makes something that must exist once it writes an intent; an intent that is found later is settled by listing our own
recent objects there, never by search.
"""

import contextlib
import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from bots.instants import from_us, to_us
from bots.journal import Journal

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS mirror (
    destination TEXT NOT NULL,
    incident INTEGER NOT NULL,
    remote TEXT NOT NULL,
    state TEXT NOT NULL,
    PRIMARY KEY (destination, incident)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS mirror_remote ON mirror (destination, remote);
CREATE TABLE IF NOT EXISTS mirror_intent (
    destination TEXT NOT NULL,
    incident INTEGER NOT NULL,
    about TEXT NOT NULL,
    at_us INTEGER NOT NULL,
    PRIMARY KEY (destination, incident, about)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS mirror_part (
    destination TEXT NOT NULL,
    remote TEXT NOT NULL,
    incident INTEGER NOT NULL,
    state TEXT NOT NULL,
    PRIMARY KEY (destination, remote)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS mirror_part_incident ON mirror_part (destination, incident);
"""
_TABLES: Final = ("mirror", "mirror_intent", "mirror_part")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirrored:
    """One incident at one destination."""

    incident: int
    remote: str
    """What the destination calls it: the number of an issue, the timestamp of a message."""
    state: Mapping[str, Any]
    """JSON values: what was written last."""


class Mirror:
    """The memory of one destination; several threads may use it."""

    def __init__(self, journal: Journal, destination: str) -> None:
        """Writes go through the journal's thread."""
        self._journal = journal
        self._destination = destination

    def get(self, incident: int) -> Mirrored | None:
        """What was written last; None if nothing was."""
        with contextlib.closing(self._journal.reader()) as reader:
            row = reader.execute(
                "SELECT remote, state FROM mirror WHERE destination = ? AND incident = ?",
                (self._destination, incident),
            ).fetchone()
        return None if row is None else Mirrored(incident=incident, remote=row[0], state=json.loads(row[1]))

    def find(self, remote: str) -> int | None:
        """The incident that the destination calls so; None if it is none of ours."""
        with contextlib.closing(self._journal.reader()) as reader:
            row = reader.execute(
                "SELECT incident FROM mirror WHERE destination = ? AND remote = ?", (self._destination, remote)
            ).fetchone()
        return None if row is None else int(row[0])

    def put(self, incident: int, remote: str, state: Mapping[str, Any], *, settles: str = "") -> None:
        """Keeps what was written; `settles` names the intent that is fulfilled by it."""

        def write(connection: sqlite3.Connection) -> None:
            connection.execute(
                "INSERT OR REPLACE INTO mirror VALUES (?, ?, ?, ?)",
                (self._destination, incident, remote, json.dumps(dict(state))),
            )
            self._forget(connection, incident, settles)

        self._journal.run(write)

    def intend(self, incident: int, about: str, now: datetime) -> None:
        """Writes down, before the call, that something is about to be made; the first time is kept."""
        self._journal.run(
            lambda connection: connection.execute(
                "INSERT OR IGNORE INTO mirror_intent VALUES (?, ?, ?, ?)",
                (self._destination, incident, about, to_us(now)),
            )
        )

    def intended(self, incident: int, about: str) -> datetime | None:
        """Since when a call may have happened whose outcome is not known; None if there is none."""
        with contextlib.closing(self._journal.reader()) as reader:
            row = reader.execute(
                "SELECT at_us FROM mirror_intent WHERE destination = ? AND incident = ? AND about = ?",
                (self._destination, incident, about),
            ).fetchone()
        return None if row is None else from_us(row[0])

    def part(self, remote: str) -> Mirrored | None:
        """One of the several things that an incident is at the destination; None if it is none of ours."""
        with contextlib.closing(self._journal.reader()) as reader:
            row = reader.execute(
                "SELECT incident, state FROM mirror_part WHERE destination = ? AND remote = ?",
                (self._destination, remote),
            ).fetchone()
        return None if row is None else Mirrored(incident=int(row[0]), remote=remote, state=json.loads(row[1]))

    def parts(self, incident: int) -> tuple[Mirrored, ...]:
        """All that an incident is at the destination, where it is several things there."""
        with contextlib.closing(self._journal.reader()) as reader:
            rows = reader.execute(
                "SELECT remote, state FROM mirror_part WHERE destination = ? AND incident = ? ORDER BY remote",
                (self._destination, incident),
            ).fetchall()
        return tuple(Mirrored(incident=incident, remote=row[0], state=json.loads(row[1])) for row in rows)

    def put_part(self, incident: int, remote: str, state: Mapping[str, Any]) -> None:
        """Keeps what is known about one of them."""
        self._journal.run(
            lambda connection: connection.execute(
                "INSERT OR REPLACE INTO mirror_part VALUES (?, ?, ?, ?)",
                (self._destination, remote, incident, json.dumps(dict(state))),
            )
        )

    def settle(self, incident: int, about: str) -> None:
        """The outcome is known."""
        self._journal.run(lambda connection: self._forget(connection, incident, about))

    def _forget(self, connection: sqlite3.Connection, incident: int, about: str) -> None:
        connection.execute(
            "DELETE FROM mirror_intent WHERE destination = ? AND incident = ? AND about = ?",
            (self._destination, incident, about),
        )


def renumber(journal: Journal, numbers: Mapping[int, int]) -> None:
    """Follows incidents that got another number: what was made for them stays theirs, at every destination."""

    def write(connection: sqlite3.Connection) -> None:
        for table in _TABLES:
            # All at once: one incident may get the number that another one gives up.
            for old in numbers:
                connection.execute(f"UPDATE {table} SET incident = ? WHERE incident = ?", (-old, old))
            for old, new in numbers.items():
                connection.execute(f"UPDATE {table} SET incident = ? WHERE incident = ?", (new, -old))

    journal.run(write)
