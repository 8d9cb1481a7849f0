"""What the bot still has to do outside, durably: one row per errand, in order per line, intent before the call.

    held ──(its event is in git)──▶ ready ──(intent written)──▶ started ──▶ done
                                      ▲                           │ └──────▶ failed   (trying again cannot help)
                                      └──(certainly not done)─────┘

A row found in `started` has an unknown outcome: its destination settles it before anything is repeated.
"""

import contextlib
import json
import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from bots.instants import from_us, to_us
from bots.journal import Journal
from bots.timeline.state import incident_name

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS outbox (
    id INTEGER PRIMARY KEY,
    destination TEXT NOT NULL,
    key TEXT NOT NULL UNIQUE,
    line TEXT NOT NULL,
    incident INTEGER,
    event_key TEXT NOT NULL,
    payload TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    created_us INTEGER NOT NULL,
    next_us INTEGER NOT NULL,
    touched_us INTEGER NOT NULL,
    why TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS outbox_waiting ON outbox (destination, line, id) WHERE state IN ('ready', 'started');
"""
_KEEP_ENDED: Final = 10_000
_DUE: Final = "(next_us <= ? OR touched_us > ?)"
"""Its time has come, or the clock was set back after it was last tried: who knows how long it would wait."""
_COLUMNS: Final = "id, destination, key, line, incident, event_key, payload, state, attempts, created_us, why"


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """Something to do outside."""

    destination: str
    key: str
    """The same for the same errand after a crash, so that it exists once."""
    line: str
    """Errands of one line happen in order, such as those of one incident; lines do not wait for each other."""
    incident: int | None
    event_key: str
    """The event that caused it."""
    payload: Mapping[str, Any]
    """JSON values; what the destination needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel(Errand):
    """An errand on its way."""

    id: int
    attempts: int
    """Calls begun so far."""
    unknown: bool
    """A call was begun and nobody knows how it ended."""
    created_at: datetime
    why: str
    """Why the last attempt did not succeed."""


class Outbox:
    """The table; `bots.outbound.dispatch` works it off."""

    def __init__(self, journal: Journal) -> None:
        """Writes go through the journal's thread."""
        self._journal = journal

    def hold(self, errands: Sequence[Errand], now: datetime) -> None:
        """Writes errands down before their events are committed; they wait for `release`. Raises StorageFull."""
        if not errands:
            return
        self._journal.run(lambda connection: self.insert(connection, errands, now))

    def insert(self, connection: sqlite3.Connection, errands: Sequence[Errand], now: datetime) -> None:
        """The same inside a transaction of the journal."""
        values = [
            (
                errand.destination,
                errand.key,
                errand.line,
                errand.incident,
                errand.event_key,
                json.dumps(errand.payload),
                to_us(now),
            )
            for errand in errands
        ]
        connection.executemany(
            "INSERT INTO outbox (destination, key, line, incident, event_key, payload, state, attempts, created_us,"
            " next_us, touched_us, why) VALUES (?, ?, ?, ?, ?, ?, 'held', 0, ?, 0, 0, '')"
            " ON CONFLICT (key) DO UPDATE SET payload = excluded.payload, incident = excluded.incident,"
            " line = excluded.line WHERE state = 'held'",
            values,
        )

    def release(self, connection: sqlite3.Connection, keys: Iterable[str]) -> None:
        """Lets errands go, inside the transaction that marks their intake done."""
        connection.executemany(
            "UPDATE outbox SET state = 'ready' WHERE key = ? AND state = 'held'", [(key,) for key in keys]
        )

    def held(self) -> list[Parcel]:
        """Errands whose events were being committed when the last process ended."""
        return self._select("state = 'held'", ())

    def drop(self, keys: Sequence[str]) -> None:
        """Forgets held errands whose events never reached the record; deciding again makes them anew."""
        self._journal.run(
            lambda connection: connection.executemany(
                "DELETE FROM outbox WHERE key = ? AND state = 'held'", [(key,) for key in keys]
            )
        )

    def renumber(self, numbers: Mapping[int, int]) -> None:
        """Follows incidents that got another number: what is not done yet is done for the new one."""

        def write(connection: sqlite3.Connection) -> None:
            rows = connection.execute(
                f"SELECT id, incident, payload FROM outbox WHERE state IN ('held', 'ready', 'started') AND incident IN"
                f" ({','.join('?' * len(numbers))})",
                tuple(numbers),
            ).fetchall()
            for row, incident, payload in rows:
                changed = json.dumps(_renumbered(json.loads(payload), numbers[incident]))
                connection.execute(
                    "UPDATE outbox SET incident = ?, payload = ? WHERE id = ?", (numbers[incident], changed, row)
                )
                # Whoever has the old number now has that line.
                connection.execute(
                    "UPDATE outbox SET line = ? WHERE id = ? AND line = ?",
                    (incident_name(numbers[incident]), row, incident_name(incident)),
                )

        self._journal.run(write)

    def heads(self, destination: str, now: datetime, limit: int, *, merges: bool = False) -> list[Parcel]:
        """The first waiting parcel of every line whose time has come, oldest first.

        Where a destination merges, a parcel whose time has come does not wait behind one whose time has not.
        """
        now_us = to_us(now)
        if merges:
            return self._select(
                "id IN (SELECT min(id) FROM outbox WHERE destination = ? AND state IN ('ready', 'started')"
                f" AND {_DUE} GROUP BY line) ORDER BY id LIMIT ?",
                (destination, now_us, now_us, limit),
            )
        return self._select(
            "id IN (SELECT min(id) FROM outbox WHERE destination = ? AND state IN ('ready', 'started') GROUP BY line)"
            f" AND {_DUE} ORDER BY id LIMIT ?",
            (destination, now_us, now_us, limit),
        )

    def start(self, parcel: Parcel, now: datetime) -> None:
        """Writes the intent down; the call may begin."""
        self._update(parcel, "state = 'started', attempts = attempts + 1, touched_us = ?", (to_us(now),))

    def done(self, parcel: Parcel, now: datetime) -> None:
        """It happened."""
        self._update(parcel, "state = 'done', touched_us = ?, why = ''", (to_us(now),))
        self._trim()

    def ready_beside(self, parcel: Parcel) -> tuple[int, ...]:
        """What else is ready in a parcel's line, by number."""
        with contextlib.closing(self._journal.reader()) as reader:
            rows = reader.execute(
                "SELECT id FROM outbox WHERE destination = ? AND line = ? AND state = 'ready' AND id != ?",
                (parcel.destination, parcel.line, parcel.id),
            )
            return tuple(row[0] for row in rows)

    def done_too(self, numbers: Collection[int], now: datetime) -> None:
        """What happened with another parcel of its line."""
        if numbers:
            self._journal.run(
                lambda connection: connection.executemany(
                    "UPDATE outbox SET state = 'done', touched_us = ?, why = '' WHERE id = ? AND state = 'ready'",
                    [(to_us(now), number) for number in numbers],
                )
            )

    def later_too(self, numbers: Collection[int], at: datetime) -> None:
        """What waits with another parcel of its line."""
        if numbers:
            self._journal.run(
                lambda connection: connection.executemany(
                    "UPDATE outbox SET next_us = max(next_us, ?) WHERE id = ? AND state = 'ready'",
                    [(to_us(at), number) for number in numbers],
                )
            )

    def failed(self, parcel: Parcel, now: datetime, why: str) -> None:
        """It will not happen; the row stays for a person to look at."""
        self._update(parcel, "state = 'failed', touched_us = ?, why = ?", (to_us(now), why))

    def later(self, parcel: Parcel, at: datetime, why: str, *, unknown: bool) -> None:
        """It is tried again at an instant; `unknown` says that it may have happened all the same."""
        state = "started" if unknown else "ready"
        self._update(parcel, "state = ?, next_us = ?, why = ?", (state, to_us(at), why))

    def queued(self, destination: str, line: str) -> bool:
        """Whether something of a line waits, or is on its way."""
        with contextlib.closing(self._journal.reader()) as reader:
            row = reader.execute(
                "SELECT 1 FROM outbox WHERE destination = ? AND line = ? AND state IN ('ready', 'started') LIMIT 1",
                (destination, line),
            ).fetchone()
        return row is not None

    def waiting(self, destinations: Collection[str]) -> dict[str, tuple[int, datetime | None]]:
        """How many parcels of each destination wait, and since when the oldest does."""
        found: dict[str, tuple[int, datetime | None]] = dict.fromkeys(destinations, (0, None))
        with contextlib.closing(self._journal.reader()) as reader:
            for name, count, oldest in reader.execute(
                "SELECT destination, count(*), min(created_us) FROM outbox WHERE state IN ('ready', 'started')"
                " GROUP BY destination"
            ):
                found[name] = (count, from_us(oldest))
        return found

    def calls_since(self, destination: str, since: datetime) -> list[datetime]:
        """When the destination was called since an instant, for its rate limit after a restart."""
        with contextlib.closing(self._journal.reader()) as reader:
            rows = reader.execute(
                "SELECT touched_us FROM outbox WHERE destination = ? AND touched_us > ? ORDER BY touched_us",
                (destination, to_us(since)),
            ).fetchall()
        return [from_us(row[0]) for row in rows]

    def _select(self, where: str, values: tuple[Any, ...]) -> list[Parcel]:
        with contextlib.closing(self._journal.reader()) as reader:
            return [_parcel(row) for row in reader.execute(f"SELECT {_COLUMNS} FROM outbox WHERE {where}", values)]

    def _update(self, parcel: Parcel, assignment: str, values: tuple[Any, ...]) -> None:
        self._journal.run(
            lambda connection: connection.execute(f"UPDATE outbox SET {assignment} WHERE id = ?", (*values, parcel.id))
        )

    def _trim(self) -> None:
        self._journal.run(
            lambda connection: connection.execute(
                "DELETE FROM outbox WHERE state = 'done' AND id <= (SELECT max(id) FROM outbox) - ?", (_KEEP_ENDED,)
            )
        )


def _renumbered(payload: Mapping[str, Any], number: int) -> Mapping[str, Any]:
    """A payload about an incident that has another number now; an answer to a person also has its name."""
    named = {"incident": incident_name(number), "number": number}
    return {**payload, **(named if "number" in payload else {"incident": number})}


def _parcel(row: tuple[Any, ...]) -> Parcel:
    number, destination, key, line, incident, event_key, payload, state, attempts, created_us, why = row
    return Parcel(
        id=number,
        destination=destination,
        key=key,
        line=line,
        incident=incident,
        event_key=event_key,
        payload=json.loads(payload),
        attempts=attempts,
        unknown=state == "started",
        created_at=from_us(created_us),
        why=why,
    )
