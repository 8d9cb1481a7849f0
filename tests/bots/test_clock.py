"""What is due because time has passed, on a clock that the test moves."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerting.model.policy import Policy
from alerting.policy import load
from bots import clock, inbox, outbox
from bots.clock import Clock, Due, Look, View
from bots.inbox import Inbox
from bots.incident import History
from bots.journal import Journal
from bots.outbox import Errand, Outbox
from bots.timeline.envelope import open_item
from bots.timeline.intake import Command
from bots.timeline.summary import Summary, state_dict
from tests.bots.bot_process import wait_until
from tests.bots.office import TEN, Office, alert, at, command, delivery
from tests.bots.test_outbox import errand

MINI = load(Path(__file__).parents[1] / "data" / "mini")


@dataclass
class Shelf:
    """Reads incidents where an office keeps them."""

    office: Office
    read: list[int] = field(default_factory=list)

    def get(self, number: int) -> History | None:
        """One of the office's, and a note that it was read."""
        self.read.append(number)
        return self.office.records.histories.get(number)

    def find(self, *, active: bool | None = None, limit: int = 50) -> list[Summary]:
        """As the index would list them."""
        histories = sorted(self.office.records.histories.values(), key=lambda one: -one.number)
        found = [one for one in histories if active in (None, one.state.status.active)]
        return [Summary.of(one.path, state_dict(one.state)) for one in found[:limit]]


@dataclass
class Bench:
    """A clock on a file, that may be taken down and put up again."""

    folder: Path
    policy: Policy
    dues: list[Due]
    office: Office = field(default_factory=Office)
    now: datetime = TEN
    woken: int = 0

    @contextmanager
    def up(self) -> Iterator[tuple[Clock, Inbox, Outbox]]:
        """A process: what it knows is on the disk, or gone when it ends."""
        schema = inbox.SCHEMA + outbox.SCHEMA + clock.SCHEMA
        journal = Journal(self.folder / "inbox.db", schema=schema, insert=inbox.INSERT, limit_bytes=2**26)
        box, out = Inbox(journal), Outbox(journal)
        made = Clock(
            self.dues,
            view=lambda: Look(Shelf(self.office)),
            policy=lambda: self.policy,
            inbox=box,
            outbox=out,
            journal=journal,
            now=lambda: self.now,
            released=self._wake,
            every_s=0.01,
        )
        try:
            yield made, box, out
        finally:
            made.stop()
            box.close()
            journal.close()

    def _wake(self) -> None:
        self.woken += 1


@pytest.fixture(scope="module")
def policy() -> Policy:
    """The miniature company's."""
    return MINI


def hourly(view: View, policy: Policy, now: datetime) -> Iterable[Command | Errand]:
    """An errand for every full hour since ten, and a note every half hour."""
    for hour in range(int((now - at(0)) // timedelta(hours=1)) + 1):
        yield errand(f"hour-{hour}")
    for half in range(int((now - at(0)) // timedelta(minutes=30)) + 1):
        yield Command(key=f"half-{half}", received_at=now, name="note", by="tocsin", incident=1, args={"text": "x"})


def _commands(box: Inbox) -> list[str]:
    return [one.key for one in map(open_item, box.pending(1000)) if isinstance(one, Command)]


def _errands(out: Outbox) -> list[str]:
    with_lines = out.heads("github", at(10_000), 1000)
    return [one.key for one in with_lines]


def test_what_is_due_is_told_once(tmp_path: Path, policy: Policy) -> None:
    """The second look finds nothing new, and time passing does; errands go at once."""
    bench = Bench(tmp_path, policy, [hourly])
    with bench.up() as (made, box, out):
        assert made.tick() == 2
        assert made.tick() == 0
        assert (_commands(box), _errands(out)) == (["half-0"], ["hour-0"])
        bench.now = at(61)
        assert made.tick() == 3
        assert _commands(box) == ["half-0", "half-1", "half-2"]
    assert bench.woken == 2


def test_a_restart_says_late_what_is_due_and_nothing_again(tmp_path: Path, policy: Policy) -> None:
    """What was told is on the disk; what came due in between is told by the next process."""
    bench = Bench(tmp_path, policy, [hourly])
    with bench.up() as (made, _, _):
        made.tick()
    bench.now = at(125)
    with bench.up() as (made, box, _):
        assert made.tick() == 2 + 4
        assert _commands(box) == ["half-0", "half-1", "half-2", "half-3", "half-4"]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 90), st.booleans()), max_size=8))
def test_every_key_is_told_exactly_once(steps: list[tuple[int, bool]]) -> None:
    """However time passes and whenever the bot restarts."""
    with TemporaryDirectory() as folder:
        bench = Bench(Path(folder), MINI, [hourly])
        pending = [*steps, (0, False)]
        said = 0
        while pending:
            with bench.up() as (made, box, _):
                while pending:
                    minutes, restart = pending.pop(0)
                    bench.now += timedelta(minutes=minutes)
                    said += made.tick()
                    if restart:
                        break
                commands = _commands(box)
        spent = bench.now - at(0)
        halves = int(spent // timedelta(minutes=30)) + 1
        assert commands == [f"half-{number}" for number in range(halves)]
        assert said == halves + int(spent // timedelta(hours=1)) + 1


def test_one_that_fails_silences_nobody(tmp_path: Path, policy: Policy, caplog: pytest.LogCaptureFixture) -> None:
    """The others are heard, and the log says it once."""

    def broken(view: View, policy: Policy, now: datetime) -> Iterable[Command | Errand]:
        raise ValueError("no such team")

    with caplog.at_level(logging.ERROR), Bench(tmp_path, policy, [broken, hourly]).up() as (made, _, _):
        assert made.tick() == 2
        assert made.tick() == 0
    assert [record.getMessage() for record in caplog.records] == ["broken: what is due cannot be told"]


def test_a_look_sees_what_goes_on_and_what_ended(tmp_path: Path, policy: Policy) -> None:
    """Incidents that go on come with their timeline, each read once; ended ones by when they ended."""
    office = Office()
    office.take(delivery(alert("First", 0, 5)))
    office.take(delivery(alert("Second", 100)), now=100)
    office.take(delivery(alert("Third", 0, service="platform")), now=101)
    shelf = Shelf(office)
    look = Look(shelf)
    assert [one.number for one in look.active()] == [3, 2]
    assert [one.number for one in look.active()] == [3, 2]
    assert shelf.read == [3, 2]
    assert [one.number for one in look.ended(at(5))] == [1]
    assert look.ended(at(6)) == []
    assert look.get(9) is None


def test_the_thread_looks_by_itself(tmp_path: Path, policy: Policy) -> None:
    """Between start and stop, every few seconds; without anything to ask it does not run."""
    told: list[datetime] = []

    def noted(view: View, policy: Policy, now: datetime) -> Iterable[Command | Errand]:
        told.append(now)
        return ()

    with Bench(tmp_path, policy, [noted]).up() as (made, _, _):
        made.start()
        wait_until(lambda: len(told) >= 3, 30, lambda: "it does not look")
    seen = len(told)
    assert seen >= 3
    with Bench(tmp_path, policy, []).up() as (made, _, _):
        made.start()
    assert len(told) == seen


def test_keys_are_forgotten_after_more_than_a_year(tmp_path: Path, policy: Policy) -> None:
    """The table does not grow for ever."""
    bench = Bench(tmp_path, policy, [lambda view, policy, now: [command("note", key=f"on {now:%Y-%m-%d}", text="x")]])
    with bench.up() as (made, _, _):
        made.tick()
    bench.now += clock.KEEP + timedelta(days=1)
    with bench.up() as (made, _, _):
        made.tick()
    bench.now = at(0)
    with bench.up() as (made, _, _):
        assert made.tick() == 1
