"""Group commits to one SQLite file."""

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bots.commit_group import RowInsert
from bots.errors import Overloaded, StorageDamaged, StorageFull
from bots.journal import Journal

SCHEMA = "CREATE TABLE IF NOT EXISTS line (id INTEGER PRIMARY KEY, text BLOB NOT NULL);"
INSERT = RowInsert(
    head="INSERT INTO line (id, text) VALUES ",
    columns=1,
    size_column=0,
    last_id="SELECT coalesce(max(id), 0) FROM line",
)
MIB = 1024 * 1024


def _open(path: Path, limit_bytes: int = 64 * MIB) -> Journal:
    return Journal(path / "journal.db", schema=SCHEMA, insert=INSERT, limit_bytes=limit_bytes)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """An open journal."""
    opened = _open(tmp_path)
    yield opened
    opened.close()


def _rows(path: Path) -> list[tuple[int, bytes]]:
    with sqlite3.connect(path / "journal.db") as connection:
        rows = connection.execute("SELECT id, text FROM line ORDER BY id").fetchall()
    connection.close()
    return rows


def test_a_row_is_there_when_append_returns(journal: Journal, tmp_path: Path) -> None:
    """Another connection sees the row at once."""
    journal.append_now((b"one",))
    assert _rows(tmp_path) == [(1, b"one")]


def test_rows_that_wait_together_share_commits_and_keep_their_order(journal: Journal, tmp_path: Path) -> None:
    """Many concurrent appends need far fewer commits than rows, and none is lost."""
    sizes: list[int] = []
    journal.on_append = sizes.append

    async def many() -> None:
        await asyncio.gather(*(journal.append((str(number).encode(),)) for number in range(1000)))

    asyncio.run(many())
    assert [text for _, text in _rows(tmp_path)] == [str(number).encode() for number in range(1000)]
    assert sum(sizes) == 1000
    assert len(sizes) < 500


def test_appends_of_many_threads_are_numbered_as_they_become_visible(journal: Journal, tmp_path: Path) -> None:
    """A reader that has seen number n never finds a lower one later."""
    threads = [threading.Thread(target=lambda: [journal.append_now((b"x",)) for _ in range(50)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    reader = journal.reader()
    seen: set[int] = set()
    while any(thread.is_alive() for thread in threads):
        now = {row[0] for row in reader.execute("SELECT id FROM line")}
        fresh = now - seen
        assert not seen or not fresh or min(fresh) > max(seen)
        seen = now
    reader.close()
    assert [number for number, _ in _rows(tmp_path)] == list(range(1, 201))


def test_a_job_that_fails_takes_nothing_else_with_it(journal: Journal, tmp_path: Path) -> None:
    """Rows and jobs of the same group are kept; the caller of the bad job gets its error."""
    hold, held = threading.Event(), threading.Event()

    def slow(connection: sqlite3.Connection) -> None:
        held.set()
        hold.wait(10)

    def bad(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO line VALUES (100, 'half')")
        raise ValueError("no")

    errors: list[str] = []

    def run(job: Any) -> None:
        try:
            journal.run(job)
        except ValueError as error:
            errors.append(str(error))

    good = lambda connection: connection.execute("INSERT INTO line VALUES (200, 'good')")  # noqa: E731
    threads = [threading.Thread(target=run, args=[job]) for job in (slow, bad, good)]
    threads.append(threading.Thread(target=lambda: journal.append_now((b"row",))))
    threads[0].start()
    held.wait(10)
    for thread in threads[1:]:
        thread.start()
    while journal._queue.qsize() < 3:
        pass
    hold.set()
    for thread in threads:
        thread.join()
    assert errors == ["no"]
    assert [number for number, _ in _rows(tmp_path)] == [1, 200]


def test_a_full_journal_refuses_rows_but_finishes_work(tmp_path: Path) -> None:
    """Rows are refused before the last tenth of the file, so that work can still be marked done; then there is room."""
    journal = _open(tmp_path, limit_bytes=8 * MIB)
    kept = 0
    while not journal.full:
        with contextlib.suppress(StorageFull):
            journal.append_now((b"x" * 256 * 1024,))
            kept += 1
    with pytest.raises(StorageFull) as caught:
        journal.append_now((b"x" * 256 * 1024,))
    assert str(caught.value) == "the inbox is full; nothing was kept; send it again when there is room"
    assert len(_rows(tmp_path)) == kept
    journal.run(lambda connection: connection.execute("INSERT INTO line VALUES (1000, 'work')"))
    journal.run(lambda connection: connection.execute("DELETE FROM line WHERE id <= ?", (kept,)))
    journal.append_now((b"y",))
    assert not journal.full
    assert [text for _, text in _rows(tmp_path)] == [b"y", "work"]
    journal.close()


def test_what_does_not_fit_is_refused_whole(tmp_path: Path) -> None:
    """One row that is larger than all the room there is leaves nothing behind, and the next row is fine."""
    journal = _open(tmp_path, limit_bytes=1 * MIB)
    with pytest.raises(StorageFull):
        journal.append_now((b"x" * 2 * MIB,))
    journal.append_now((b"small",))
    assert [text for _, text in _rows(tmp_path)] == [b"small"]
    journal.close()


def test_sqlite_s_own_limit_is_the_same_error(tmp_path: Path) -> None:
    """Work that needs more pages than the file may have fails whole (max_page_count), and what follows is fine."""
    journal = _open(tmp_path, limit_bytes=1 * MIB)
    with pytest.raises(StorageFull) as caught:
        journal.run(lambda connection: connection.execute("INSERT INTO line VALUES (1, zeroblob(2000000))"))
    message = "the inbox cannot be written (database or disk is full); nothing was kept; send it again"
    assert str(caught.value) == message
    journal.append_now((b"small",))
    assert [text for _, text in _rows(tmp_path)] == [b"small"]
    journal.close()


def test_more_than_memory_may_hold_is_refused_at_once(tmp_path: Path) -> None:
    """A disk that does not keep up does not fill the memory."""
    journal = _open(tmp_path, limit_bytes=256 * MIB)
    hold, held = threading.Event(), threading.Event()

    def slow(connection: sqlite3.Connection) -> None:
        held.set()
        hold.wait(10)

    blocked = threading.Thread(target=lambda: journal.run(slow))
    blocked.start()
    held.wait(10)

    async def flood() -> list[BaseException | None]:
        asked = [asyncio.ensure_future(journal.append((b"x" * MIB,))) for _ in range(70)]
        await asyncio.sleep(0)
        hold.set()
        return await asyncio.gather(*asked, return_exceptions=True)

    outcomes = asyncio.run(flood())
    blocked.join()
    refused = [outcome for outcome in outcomes if outcome is not None]
    assert len(refused) == 6
    assert {str(error) for error in refused} == {"more arrives than the disk takes; nothing was kept; send it again"}
    assert all(isinstance(error, Overloaded) for error in refused)
    journal.close()


def test_numbers_go_on_after_a_restart(tmp_path: Path) -> None:
    """The file says where the last process stopped."""
    first = _open(tmp_path)
    first.append_now((b"one",))
    first.close()
    second = _open(tmp_path)
    second.append_now((b"two",))
    second.close()
    assert _rows(tmp_path) == [(1, b"one"), (2, b"two")]


def test_a_place_that_cannot_be_written_is_said_at_once(tmp_path: Path) -> None:
    """The error names the file."""
    with pytest.raises(StorageFull) as caught:
        _open(tmp_path / "absent")
    assert str(caught.value) == (
        f"{tmp_path}/absent/journal.db: unable to open database file; expected a file that can be written"
    )


def test_a_file_that_is_no_database_is_told_from_one_that_cannot_be_written(tmp_path: Path) -> None:
    """Whoever opens it may put it aside."""
    (tmp_path / "journal.db").write_bytes(b"not a database at all" * 500)
    with pytest.raises(StorageDamaged) as caught:
        _open(tmp_path)
    assert str(caught.value) == f"{tmp_path}/journal.db: file is not a database"


def test_damage_is_found_when_the_file_is_opened(tmp_path: Path) -> None:
    """Not by the row that somebody waits for."""
    whole = _open(tmp_path)
    for _ in range(50):
        whole.append_now((b"x" * 4000,))
    whole.close()
    path = tmp_path / "journal.db"
    body = path.read_bytes()
    path.write_bytes(body[:16384] + b"\xff" * 8192 + body[24576:])
    with pytest.raises(StorageDamaged):
        _open(tmp_path)
