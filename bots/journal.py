"""One SQLite file and the one thread that writes to it: who waits at the same time shares one fsync.

Commits are groups: everything that was queued while the last one was being written becomes the next transaction.
Nobody is told that their row is kept before the transaction it is in has reached the disk (WAL, synchronous=FULL,
https://www.sqlite.org/pragma.html#pragma_synchronous).
"""

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Final, TypeVar

from bots.commit_group import RowInsert, Waiting, tell
from bots.errors import Overloaded, StorageDamaged, StorageFull

T = TypeVar("T")
_PAGE_BYTES: Final = 8192
_MAX_GROUP: Final = 128
_KEPT_STATEMENTS: Final = 8
"""There is a statement for every size of a group, and a large one takes a hundred KiB; preparing it anew is cheap."""
_QUEUE_BYTES: Final = 64 * 1024 * 1024
"""What may wait in memory for its commit; more is refused, so that a slow disk cannot eat the memory."""
_RESERVE: Final = 0.1
"""The share of the file that rows may not use: finishing work must succeed when the inbox is full."""
_CHECK_EVERY_BYTES: Final = 1024 * 1024


class Journal:
    """Opens the file, makes its tables, and commits in groups until it is closed."""

    def __init__(self, path: Path, *, schema: str, insert: RowInsert, limit_bytes: int) -> None:
        """Raises StorageFull when the file cannot be opened or made, StorageDamaged when it is no such file."""
        self._path = path
        self._insert = insert
        self._queue: queue.SimpleQueue[Waiting | None] = queue.SimpleQueue()
        self._queued_bytes = 0
        self._counting = threading.Lock()
        self._since_check = 0
        self._room_bytes = int(limit_bytes * (1 - _RESERVE))
        # Never so rarely that the reserve could be used up between two looks.
        self._check_every = min(_CHECK_EVERY_BYTES, int(limit_bytes * _RESERVE / 4))
        self._full = False
        self.on_append: Callable[[int], None] = lambda rows: None
        """Called by the journal's thread after a commit, with the number of rows appended."""
        self.make_room: Callable[[sqlite3.Connection], None] = lambda connection: None
        """Called by the journal's thread when rows do not fit: deletes what nobody needs any more."""
        try:
            self._connection = self._open(schema, limit_bytes)
        except sqlite3.Error as error:
            if _damaged(error):
                raise StorageDamaged(f"{path}: {error}") from error
            raise StorageFull(f"{path}: {error}; expected a file that can be written") from error
        (self._last_id,) = self._connection.execute(insert.last_id).fetchone()
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    def _open(self, schema: str, limit_bytes: int) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path,
            isolation_level=None,
            check_same_thread=False,
            timeout=5,
            cached_statements=_KEPT_STATEMENTS,
        )
        try:
            self._prepare(connection, schema, limit_bytes)
        except BaseException:
            connection.close()
            raise
        return connection

    def _prepare(self, connection: sqlite3.Connection, schema: str, limit_bytes: int) -> None:
        connection.execute(f"PRAGMA page_size={_PAGE_BYTES}")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA journal_size_limit=16777216")
        connection.executescript(schema)
        connection.execute(f"PRAGMA max_page_count={max(limit_bytes // _PAGE_BYTES, 1)}")
        # Every page is looked at: damage is to be found now, and not by the row that somebody waits for.
        (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise sqlite3.DatabaseError(str(found).replace("\n", " "))

    def reader(self) -> sqlite3.Connection:
        """A connection that only reads, for one other thread; readers never wait for the writer."""
        return sqlite3.connect(f"file:{self._path}?mode=ro", uri=True, isolation_level=None, check_same_thread=False)

    async def append(self, row: Sequence[Any]) -> None:
        """Returns when the row is on the disk; raises Overloaded or StorageFull, and then nothing was kept."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        self._enqueue_row(row, future, loop)
        await future

    def append_now(self, row: Sequence[Any]) -> None:
        """The same for a thread."""
        future: Future[None] = Future()
        self._enqueue_row(row, future, None)
        future.result()

    def run(self, job: Callable[[sqlite3.Connection], T]) -> T:
        """What the job returns, once its transaction is on the disk; raises what it raises, or StorageFull."""
        future: Future[T] = Future()
        self._queue.put(Waiting(None, job, future, None))
        return future.result()

    def close(self) -> None:
        """Commits what waits and ends the thread."""
        if self._thread.is_alive():
            self._queue.put(None)
            self._thread.join()
        self._connection.close()

    @property
    def full(self) -> bool:
        """Whether rows are refused for want of room."""
        return self._full

    def used_bytes(self) -> int:
        """How much of the file holds something."""
        with contextlib.closing(self.reader()) as reader:
            return _used_bytes(reader)

    def _enqueue_row(self, row: Sequence[Any], future: Any, loop: asyncio.AbstractEventLoop | None) -> None:
        size = len(row[self._insert.size_column])
        with self._counting:
            if self._queued_bytes + size > _QUEUE_BYTES:
                raise Overloaded("more arrives than the disk takes; nothing was kept; send it again")
            self._queued_bytes += size
        self._queue.put(Waiting(row, None, future, loop))

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            group, last = [first], False
            with contextlib.suppress(queue.Empty):
                while len(group) < _MAX_GROUP and not last:
                    waiting = self._queue.get_nowait()
                    if waiting is None:
                        last = True
                    else:
                        group.append(waiting)
            self._commit(group)
            if last:
                return

    def _commit(self, group: list[Waiting]) -> None:
        rows = [waiting for waiting in group if waiting.row is not None]
        jobs = [waiting for waiting in group if waiting.job is not None]
        try:
            results = self._transaction(rows, jobs)
        except BaseException as error:
            # Whatever it is, whoever waits is told: without this thread everything would wait for ever.
            if len(group) == 1:
                tell(group, [_as_ours(error)])
            else:
                # Each by itself: a job that fails must not take deliveries with it, nor a full inbox a job.
                for part in ([rows] if rows else []) + [[job] for job in jobs]:
                    self._commit_part(part)
        else:
            tell(rows + jobs, results)
        self._account(rows)

    def _commit_part(self, part: list[Waiting]) -> None:
        rows = [waiting for waiting in part if waiting.row is not None]
        try:
            results = self._transaction(rows, [waiting for waiting in part if waiting.job is not None])
        except BaseException as error:
            tell(part, [_as_ours(error)] * len(part))
        else:
            tell(part, results)

    def _transaction(self, rows: list[Waiting], jobs: list[Waiting]) -> list[Any]:
        """One result per row and job, in that order; raises what SQLite or a job raises, with nothing kept."""
        if rows:
            self._check_room(rows)
        if not jobs:
            # A single statement is its own transaction.
            self._append_rows(rows)
        else:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                self._append_rows(rows)
                results = [waiting.job(self._connection) for waiting in jobs if waiting.job]
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
        if rows:
            self._last_id += len(rows)
            self.on_append(len(rows))
        return [None] * len(rows) + (results if jobs else [])

    def _append_rows(self, rows: list[Waiting]) -> None:
        if rows:
            values: list[Any] = []
            for number, waiting in enumerate(rows, start=self._last_id + 1):
                values.append(number)
                values.extend(waiting.row or ())
            self._connection.execute(self._insert.statement(len(rows)), values)

    def _check_room(self, rows: list[Waiting]) -> None:
        size = self._size(rows)
        if self._full or self._since_check + size >= self._check_every:
            self._since_check = 0
            self._full = not self._fits(size)
            if self._full:
                self.make_room(self._connection)
                self._full = not self._fits(size)
        if self._full:
            raise StorageFull("the inbox is full; nothing was kept; send it again when there is room")

    def _fits(self, size: int) -> bool:
        return _used_bytes(self._connection) + size <= self._room_bytes

    def _size(self, rows: list[Waiting]) -> int:
        return sum(len(waiting.row[self._insert.size_column]) for waiting in rows if waiting.row is not None)

    def _account(self, rows: list[Waiting]) -> None:
        size = self._size(rows)
        with self._counting:
            self._queued_bytes -= size
        self._since_check += size


def _used_bytes(connection: sqlite3.Connection) -> int:
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    (free,) = connection.execute("PRAGMA freelist_count").fetchone()
    return int(pages - free) * _PAGE_BYTES


def _damaged(error: BaseException) -> bool:
    """`file is not a database` and `database disk image is malformed` are of no narrower kind."""
    return type(error) is sqlite3.DatabaseError


def _as_ours(error: BaseException) -> BaseException:
    if _damaged(error):
        return StorageDamaged(f"the inbox is damaged ({error}); nothing was kept; a restart begins a new one")
    if isinstance(error, sqlite3.OperationalError):
        return StorageFull(f"the inbox cannot be written ({error}); nothing was kept; send it again")
    return error
