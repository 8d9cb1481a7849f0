"""The durable queue between the outside and the writer."""

import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bots.errors import StorageFull
from bots.inbox import INSERT, SCHEMA, Inbox, Lane
from bots.journal import Journal
from tests.bots.bodies import AT


class Box:
    """An inbox that can be closed and opened again."""

    def __init__(self, folder: Path, limit_bytes: int = 2**26) -> None:
        self.folder = folder
        self.limit_bytes = limit_bytes
        self.open()

    def open(self) -> None:
        """As a new process would."""
        path = self.folder / "inbox.db"
        self.journal = Journal(path, schema=SCHEMA, insert=INSERT, limit_bytes=self.limit_bytes)
        self.inbox = Inbox(self.journal)

    def reopen(self) -> None:
        """A restart."""
        self.close()
        self.open()

    def close(self) -> None:
        """Ends it."""
        self.inbox.close()
        self.journal.close()

    def put(self, *bodies: bytes, lane: Lane = Lane.MACHINES) -> None:
        """Stores bodies a second apart."""
        for number, body in enumerate(bodies):
            self.inbox.put_now("alertmanager", lane, body, AT + timedelta(seconds=number))

    def bodies(self) -> list[bytes]:
        """What waits."""
        return [item.body for item in self.inbox.pending(100)]

    def finish(self, count: int) -> None:
        """Marks the next rows done."""
        items = self.inbox.pending(count)
        self.journal.run(lambda connection: self.inbox.finish(connection, items))
        self.inbox.finished(items)

    def stored(self) -> int:
        """How many rows the file holds, done ones too."""
        connection = sqlite3.connect(self.folder / "inbox.db")
        (count,) = connection.execute("SELECT count(*) FROM inbox").fetchone()
        connection.close()
        return int(count)


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    """An empty one."""
    made = Box(tmp_path)
    yield made
    made.close()


def test_a_row_comes_back_as_it_was_stored(box: Box) -> None:
    """Body, source and time, to the microsecond, after a restart too."""
    at = AT.replace(microsecond=123_457)
    box.inbox.put_now("alertmanager", Lane.MACHINES, b"\x00body", at)
    box.reopen()
    (item,) = box.inbox.pending(10)
    assert (item.source, item.body, item.received_at, item.intact) == ("alertmanager", b"\x00body", at, True)


def test_people_do_not_wait_behind_machines(box: Box) -> None:
    """A command is next, however many deliveries came before it."""
    box.put(b"a", b"b")
    box.put(b"ack", lane=Lane.PEOPLE)
    assert box.bodies() == [b"ack", b"a", b"b"]


def test_what_was_finished_does_not_come_back(box: Box) -> None:
    """Neither in this process nor in the next one."""
    box.put(b"a", b"b", b"c")
    box.put(b"ack", lane=Lane.PEOPLE)
    box.finish(2)
    assert box.bodies() == [b"b", b"c"]
    box.reopen()
    assert box.bodies() == [b"b", b"c"]
    assert box.inbox.waiting() == 2


def test_what_was_not_finished_comes_again(box: Box) -> None:
    """A process that dies between recording and marking finds the row again."""
    box.put(b"a")
    assert box.bodies() == [b"a"]
    box.reopen()
    assert box.bodies() == [b"a"]


def test_done_rows_are_trimmed_and_the_newest_stay(box: Box) -> None:
    """The file does not grow for ever; a thousand bodies can still be looked at."""
    for _ in range(15):
        box.put(*[b"x"] * 100)
        box.finish(100)
    assert 1000 <= box.stored() <= 1200


def test_large_bodies_are_given_a_few_at_a_time(box: Box) -> None:
    """Opened they take many times their size: however many wait, the memory holds few of them, and none is left out."""
    bodies = [bytes([number]) * 3 * 2**20 for number in range(6)]
    box.put(*bodies)
    box.put(b"ack", lane=Lane.PEOPLE)
    found: list[bytes] = []
    while items := box.inbox.pending(100):
        assert sum(len(item.body) for item in items) <= 8 * 2**20
        found += [item.body for item in items]
        box.finish(100)
    assert found == [b"ack", *bodies]


def test_a_body_larger_than_all_that_is_given_at_a_time_is_given_alone(box: Box) -> None:
    """It does not block what is behind it."""
    box.put(b"x" * 9 * 2**20, b"y")
    assert [len(item.body) for item in box.inbox.pending(100)] == [9 * 2**20]
    box.finish(100)
    assert box.bodies() == [b"y"]


def test_done_rows_make_room_for_new_ones(tmp_path: Path) -> None:
    """Bodies that are kept to be looked at never keep one out; those that wait are not touched."""
    box = Box(tmp_path, limit_bytes=4 * 2**20)
    big = b"x" * 2**19
    box.put(*[big] * 7)
    with pytest.raises(StorageFull):
        box.put(big)
    box.finish(6)
    box.put(*[big] * 6)
    assert box.inbox.waiting() == len(box.bodies()) == 7
    with pytest.raises(StorageFull):
        box.put(big)
    box.close()


def test_numbers_are_never_given_twice_even_when_every_row_is_gone(box: Box) -> None:
    """A watermark outlives the rows that it stands for."""
    box.put(b"a", b"b")
    box.finish(2)
    box.journal.run(lambda connection: connection.execute("DELETE FROM inbox"))
    box.reopen()
    box.put(b"c")
    assert [item.id for item in box.inbox.pending(10)] == [3]


def test_the_oldest_row_is_known(box: Box) -> None:
    """Its time is what the lag metric shows."""
    assert box.inbox.oldest() is None
    box.put(b"a", b"b")
    assert box.inbox.oldest() == AT
    box.finish(1)
    assert box.inbox.oldest() == AT + timedelta(seconds=1)


def test_a_body_that_changed_on_the_disk_is_noticed(box: Box) -> None:
    """The digest that it was stored with no longer fits."""
    box.put(b"a")
    box.journal.run(lambda connection: connection.execute("UPDATE inbox SET body = ?", (b"b",)))
    (item,) = box.inbox.pending(10)
    assert not item.intact


def test_facts_survive(box: Box) -> None:
    """What the bot remembers about itself is there after a restart."""
    assert box.inbox.fact("reconciled_until") is None
    box.inbox.remember("reconciled_until", "a")
    box.inbox.remember("reconciled_until", "b")
    box.reopen()
    assert box.inbox.fact("reconciled_until") == "b"


def test_what_was_set_aside_can_be_looked_at(box: Box) -> None:
    """Body and reason stay in the file."""
    box.put(b"broken")
    (item,) = box.inbox.pending(1)

    def aside(connection: sqlite3.Connection) -> None:
        box.inbox.set_aside(connection, item, "not JSON")
        box.inbox.finish(connection, [item])

    box.journal.run(aside)
    connection = sqlite3.connect(box.folder / "inbox.db")
    rows = connection.execute("SELECT source, why, body FROM unusable").fetchall()
    connection.close()
    assert rows == [("alertmanager", "not JSON", b"broken")]
