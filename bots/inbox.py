"""What arrived and is not in the record yet: durable, in order, each body once.

A row is finished by moving its lane's watermark, in one transaction with the effects it had, so finishing costs the
same however large the body was. A body that was finished stays for a while, to look at, unless its room is needed.
"""

import contextlib
import hashlib
import logging
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Final

from bots.commit_group import RowInsert
from bots.errors import StorageFull
from bots.instants import from_us, to_us
from bots.journal import Journal

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS inbox (
    id INTEGER PRIMARY KEY,
    lane INTEGER NOT NULL,
    source TEXT NOT NULL,
    received_us INTEGER NOT NULL,
    digest BLOB NOT NULL,
    body BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS inbox_people ON inbox (id) WHERE lane = 0;
CREATE TABLE IF NOT EXISTS lane (lane INTEGER PRIMARY KEY, done INTEGER NOT NULL);
INSERT OR IGNORE INTO lane VALUES (0, 0), (1, 0);
CREATE TABLE IF NOT EXISTS unusable (id INTEGER PRIMARY KEY, source TEXT, received_us INTEGER, why TEXT, body BLOB);
CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
INSERT: Final = RowInsert(
    head="INSERT INTO inbox (id, lane, source, received_us, digest, body) VALUES ",
    columns=5,
    size_column=4,
    last_id="SELECT max((SELECT coalesce(max(id), 0) FROM inbox), (SELECT max(done) FROM lane))",
)
_KEEP_DONE: Final = 1000
_AT_ONCE_BYTES: Final = 8 * 1024 * 1024
"""What `pending` gives at most, but for a single body that is larger: opened, a body takes many times its size."""
_KEEP_UNUSABLE: Final = 1000
_TRIM_EVERY: Final = 200
_COUNTED_COMMITS: Final = 300
_LOG_AGAIN_S: Final = 30.0
_log = logging.getLogger(__name__)


class Lane(IntEnum):
    """People do not wait behind a storm of alerts."""

    PEOPLE = 0
    MACHINES = 1


_IN: Final = {Lane.PEOPLE: "lane = 0", Lane.MACHINES: "lane = 1"}
"""Spelled out, because a partial index is not used for a bound value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One row that is not in the record yet."""

    id: int
    lane: Lane
    source: str
    received_at: datetime
    body: bytes
    intact: bool
    """Whether the body still has the digest it was stored with."""


class Inbox:
    """The queue between the outside and the writer."""

    def __init__(self, journal: Journal) -> None:
        """Continues where the file says the last process stopped."""
        self._journal = journal
        self._reader = journal.reader()
        self._lock = threading.Lock()
        self._done = {Lane(lane): done for lane, done in self._reader.execute("SELECT lane, done FROM lane")}
        self._pending = self._count()
        self._since_trim = 0
        self._refused: tuple[float, str] | None = None
        self._logged_at = float("-inf")
        self._appended: deque[tuple[float, int]] = deque(maxlen=_COUNTED_COMMITS)
        self.arrived = threading.Event()
        """Set whenever something was appended; the writer clears it."""
        journal.on_append = self._on_append
        journal.make_room = lambda connection: self._trim(connection, keep=0)

    async def put(self, source: str, lane: Lane, body: bytes, received_at: datetime) -> None:
        """Returns when the body is safe; raises Overloaded or StorageFull, and then nothing was kept."""
        try:
            await self._journal.append(_row(source, lane, body, received_at))
        except StorageFull as error:
            self._refuse(str(error))
            raise

    def put_now(self, source: str, lane: Lane, body: bytes, received_at: datetime) -> None:
        """The same for a thread."""
        try:
            self._journal.append_now(_row(source, lane, body, received_at))
        except StorageFull as error:
            self._refuse(str(error))
            raise

    def refusing(self, within_s: float) -> str:
        """Why the newest body was refused, if that was in the last so many seconds; else nothing."""
        refused = self._refused
        return refused[1] if refused and time.monotonic() - refused[0] <= within_s else ""

    def pending(self, limit: int) -> list[Item]:
        """The next rows, people's first, in the order in which they came; for the writer's thread only.

        As many as are asked for, or fewer if they are large.
        """
        items: list[Item] = []
        room = _AT_ONCE_BYTES
        for lane in Lane:
            rows = self._reader.execute(
                f"SELECT id, source, received_us, digest, body FROM inbox WHERE {_IN[lane]} AND id > ?"
                " ORDER BY id LIMIT ?",
                (self._done[lane], limit - len(items)),
            )
            with contextlib.closing(rows):
                for row in rows:
                    item = _item(lane, row)
                    room -= len(item.body)
                    if items and room < 0:
                        return items
                    items.append(item)
        return items

    def finish(self, connection: sqlite3.Connection, items: Sequence[Item]) -> None:
        """Marks rows done, inside a transaction of the journal; `finished` follows once it is on the disk."""
        for lane in Lane:
            ids = [item.id for item in items if item.lane is lane]
            if ids:
                connection.execute("UPDATE lane SET done = max(done, ?) WHERE lane = ?", (max(ids), int(lane)))
        self._since_trim += len(items)
        if self._since_trim >= _TRIM_EVERY:
            self._since_trim = 0
            self._trim(connection)

    def finished(self, items: Sequence[Item]) -> None:
        """Makes `pending` go on behind these rows."""
        for item in items:
            self._done[item.lane] = max(self._done[item.lane], item.id)
        with self._lock:
            self._pending -= len(items)

    def set_aside(self, connection: sqlite3.Connection, item: Item, why: str) -> None:
        """Keeps a body that cannot be used where a person can look at it; the newest thousand stay."""
        connection.execute(
            "INSERT OR REPLACE INTO unusable VALUES (?, ?, ?, ?, ?)",
            (item.id, item.source, to_us(item.received_at), why, item.body),
        )
        connection.execute(
            "DELETE FROM unusable WHERE id NOT IN (SELECT id FROM unusable ORDER BY id DESC LIMIT ?)", (_KEEP_UNUSABLE,)
        )

    def waiting(self) -> int:
        """How many rows are not in the record yet."""
        return self._pending

    def oldest(self) -> datetime | None:
        """When the oldest of them arrived."""
        with contextlib.closing(self._journal.reader()) as reader:
            found = [
                row[0]
                for lane in Lane
                for row in reader.execute(
                    f"SELECT received_us FROM inbox WHERE {_IN[lane]} AND id > ? ORDER BY id LIMIT 1",
                    (self._done[lane],),
                )
            ]
        return from_us(min(found)) if found else None

    def fact(self, name: str) -> str | None:
        """A small thing the bot remembers across restarts."""
        with contextlib.closing(self._journal.reader()) as reader:
            row = reader.execute("SELECT value FROM fact WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def remember(self, name: str, value: str) -> None:
        """Keeps a fact; raises StorageFull."""
        self._journal.run(
            lambda connection: connection.execute("INSERT OR REPLACE INTO fact VALUES (?, ?)", (name, value))
        )

    def close(self) -> None:
        """Gives the reading connection back."""
        self._reader.close()

    def arriving(self, within_s: float) -> int:
        """How many rows were appended in the last so many seconds; at most the last few hundred commits are counted."""
        since = time.monotonic() - within_s
        return sum(rows for at, rows in tuple(self._appended) if at >= since)

    def _refuse(self, why: str) -> None:
        now = time.monotonic()
        self._refused = (now, why)
        if now - self._logged_at >= _LOG_AGAIN_S:
            self._logged_at = now
            _log.error("a delivery or a command was answered with 503: %s", why)

    def _on_append(self, rows: int) -> None:
        self._refused = None
        with self._lock:
            self._pending += rows
        self._appended.append((time.monotonic(), rows))
        self.arrived.set()

    def _count(self) -> int:
        return sum(
            self._reader.execute(
                f"SELECT count(*) FROM inbox WHERE {_IN[lane]} AND id > ?", (self._done[lane],)
            ).fetchone()[0]
            for lane in Lane
        )

    def _trim(self, connection: sqlite3.Connection, keep: int = _KEEP_DONE) -> None:
        for lane in Lane:
            (done,) = connection.execute("SELECT done FROM lane WHERE lane = ?", (int(lane),)).fetchone()
            connection.execute(f"DELETE FROM inbox WHERE {_IN[lane]} AND id <= ?", (done - keep,))


def _item(lane: Lane, row: tuple[int, str, int, bytes, bytes]) -> Item:
    number, source, received_us, digest, body = row
    return Item(
        id=number,
        lane=lane,
        source=source,
        received_at=from_us(received_us),
        body=body,
        intact=hashlib.sha256(body).digest() == digest,
    )


def _row(source: str, lane: Lane, body: bytes, received_at: datetime) -> tuple[object, ...]:
    return (int(lane), source, to_us(received_at), hashlib.sha256(body).digest(), body)
