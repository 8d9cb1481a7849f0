"""Working the outbox off."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bots import inbox, outbox
from bots.destination import Limit, Settled
from bots.dispatch import Dispatch, backoff_s
from bots.errors import Postponed, Undeliverable, Unreachable
from bots.journal import Journal
from bots.metrics import Metrics
from bots.outbox import Errand, Outbox, Parcel
from tests.bots.bot_process import wait_until


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def forward(self, seconds: float) -> None:
        """Time passes."""
        self.at += timedelta(seconds=seconds)


@dataclass
class Place:
    """A destination that does what a test says, and keeps what reached it."""

    name: str = "place"
    limits: tuple[Limit, ...] = ()
    workers: int = 1
    merges: bool = False
    act: Callable[[Parcel], None] = lambda parcel: None
    known: Callable[[Parcel], Settled] = lambda parcel: Settled.REPEAT
    reached: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def deliver(self, parcel: Parcel) -> None:
        self.reached.append(parcel.key)
        self.act(parcel)

    def settle(self, parcel: Parcel) -> Settled:
        self.asked.append(parcel.key)
        return self.known(parcel)


class Bench:
    """An outbox on the disk with destinations that work it off."""

    def __init__(self, folder: Path) -> None:
        schema = inbox.SCHEMA + outbox.SCHEMA
        self.journal = Journal(folder / "inbox.db", schema=schema, insert=inbox.INSERT, limit_bytes=2**26)
        self.outbox = Outbox(self.journal)
        self.clock = Clock()
        self.metrics = Metrics()

    def send(self, *keys: str, line: str = "", destination: str = "place") -> None:
        """Puts errands on their way, each in a line of its own unless one is given."""
        errands = [
            Errand(destination=destination, key=key, line=line or key, incident=1, event_key=key, payload={})
            for key in keys
        ]
        self.outbox.hold(errands, self.clock())
        self.journal.run(lambda connection: self.outbox.release(connection, keys))

    @contextmanager
    def working(self, *places: Place) -> Iterator[Dispatch]:
        """The threads run while the context is open."""
        dispatch = Dispatch(places, self.outbox, self.metrics, self.clock)
        dispatch.start()
        dispatch.wake()
        try:
            yield dispatch
        finally:
            dispatch.stop()

    def waiting(self, name: str = "place") -> int:
        """How many parcels wait."""
        return self.outbox.waiting((name,))[name][0]

    def outcomes(self, outcome: str) -> float:
        """How often attempts ended so."""
        return float(self.metrics.outbox_attempts.labels("place", outcome)._value.get())


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """An empty outbox."""
    made = Bench(tmp_path)
    yield made
    made.journal.close()


def _until(holds: Callable[[], bool]) -> None:
    wait_until(holds, 20, lambda: "it did not come about within 20 s")


def test_errands_arrive_once_each(bench: Bench) -> None:
    """Everything that was sent reaches its place."""
    place = Place(workers=3)
    bench.send(*"abcdefgh")
    with bench.working(place):
        _until(lambda: bench.waiting() == 0)
    assert sorted(place.reached) == list("abcdefgh")


def test_a_place_that_is_away_delays_nobody_else(bench: Bench) -> None:
    """The other destination gets everything while the first one hangs."""
    release = threading.Event()
    hanging = Place(name="hanging", act=lambda parcel: print(release.wait(20)))
    other = Place()
    bench.send("x", destination="hanging")
    bench.send("a", "b")
    with bench.working(hanging, other):
        _until(lambda: bench.waiting() == 0)
        assert bench.waiting("hanging") == 1
        release.set()


def test_away_for_an_hour_loses_nothing_and_repeats_nothing(bench: Bench) -> None:
    """While it refuses connections it is asked ever less often; afterwards everything arrives once, in order."""
    away = True
    arrived: list[str] = []

    def act(parcel: Parcel) -> None:
        if away:
            raise Unreachable("connection refused")
        arrived.append(parcel.key)

    place = Place(act=act)
    bench.send("a", "b", "c", line="INC-1")
    with bench.working(place) as dispatch:
        for _ in range(120):
            bench.clock.forward(30)
            before = len(place.reached)
            dispatch.wake()
            if not before:
                _until(lambda: len(place.reached) > 0)
        assert len(place.reached) < 30
        away = False
        bench.clock.forward(300)
        dispatch.wake()
        _until(lambda: bench.waiting() == 0)
    assert arrived == ["a", "b", "c"]


def test_the_other_side_says_when(bench: Bench) -> None:
    """Retry-After is obeyed, for the whole destination."""
    answers: list[Exception] = [Unreachable("429", after_s=600)]

    def act(parcel: Parcel) -> None:
        if answers:
            raise answers.pop()

    place = Place(act=act)
    bench.send("a", "b")
    with bench.working(place) as dispatch:
        _until(lambda: bench.outcomes("later") == 1)
        bench.clock.forward(599)
        dispatch.wake()
        assert bench.waiting() == 2
        assert len(place.reached) == 1
        bench.clock.forward(2)
        dispatch.wake()
        _until(lambda: bench.waiting() == 0)
    assert place.reached == ["a", "a", "b"]


@pytest.mark.parametrize("asked_s", [1e9, float("inf")])
def test_what_the_other_side_asks_for_ends_after_a_day(bench: Bench, asked_s: float) -> None:
    """A mistake of theirs does not end everything for years."""
    answers: list[Exception] = [Unreachable("429", after_s=asked_s)]

    def act(parcel: Parcel) -> None:
        if answers:
            raise answers.pop()

    place = Place(act=act)
    bench.send("a")
    with bench.working(place) as dispatch:
        _until(lambda: bench.outcomes("later") == 1)
        bench.clock.forward(86_401)
        dispatch.wake()
        _until(lambda: bench.waiting() == 0)
    assert place.reached == ["a", "a"]


def test_a_failure_beside_it_does_not_shorten_what_was_asked_for(bench: Bench) -> None:
    """Two calls run at a time: one is told to wait for ten minutes, the other just fails."""
    both = threading.Barrier(2, timeout=20)
    told = threading.Event()
    failing = True

    def act(parcel: Parcel) -> None:
        if not failing:
            return
        both.wait()
        if parcel.key == "a":
            raise Unreachable("429", after_s=600)
        told.wait(20)
        raise Unreachable("connection reset")

    place = Place(workers=2, act=act)
    bench.send("a", "b")
    with bench.working(place) as dispatch:
        _until(lambda: bench.outcomes("later") == 1)
        told.set()
        _until(lambda: bench.outcomes("later") == 2)
        failing = False
        bench.clock.forward(599)
        for _ in range(3):
            dispatch.wake()
            time.sleep(0.05)
        assert len(place.reached) == 2
        bench.clock.forward(2)
        dispatch.wake()
        _until(lambda: bench.waiting() == 0)


def test_a_clock_that_was_set_back_wakes_what_waits(bench: Bench) -> None:
    """Neither the pause nor the errand waits until the old time comes again."""
    answers: list[Exception] = [Unreachable("connection refused")]

    def act(parcel: Parcel) -> None:
        if answers:
            raise answers.pop()

    place = Place(act=act)
    bench.send("a")
    with bench.working(place) as dispatch:
        _until(lambda: bench.outcomes("later") == 1)
        bench.clock.forward(-86_400 * 400)
        dispatch.wake()
        _until(lambda: bench.waiting() == 0)
    assert place.reached == ["a", "a"]


def test_an_unknown_outcome_is_settled_before_a_repetition(bench: Bench) -> None:
    """The destination is asked whether the call of a process that died had happened, and if so it is not repeated."""
    place = Place(known=lambda parcel: Settled.HAPPENED if parcel.key == "a" else Settled.REPEAT)
    bench.send("a", "b")
    for parcel in bench.outbox.heads("place", bench.clock(), 10):
        bench.outbox.start(parcel, bench.clock())
    with bench.working(place):
        _until(lambda: bench.waiting() == 0)
    assert place.asked == ["a", "b"]
    assert place.reached == ["b"]


def test_what_can_never_happen_is_put_aside(bench: Bench) -> None:
    """A refusal is not repeated, and the next errand of the line goes on."""

    def act(parcel: Parcel) -> None:
        if parcel.key == "a":
            raise Undeliverable("422")

    place = Place(act=act)
    bench.send("a", "b", line="INC-1")
    with bench.working(place):
        _until(lambda: bench.waiting() == 0)
    assert place.reached == ["a", "b"]
    assert bench.outcomes("failed") == 1


def test_one_that_fails_alone_does_not_hold_up_other_lines(bench: Bench) -> None:
    """Trouble with one effect is not trouble with the place."""

    def act(parcel: Parcel) -> None:
        if parcel.key == "a":
            raise Unreachable("locked", alone=True)

    place = Place(act=act)
    bench.send("a", "b", "c")
    with bench.working(place):
        _until(lambda: bench.waiting() == 1)
    assert sorted(place.reached) == ["a", "b", "c"]


def test_an_unforeseen_error_counts_as_an_unknown_outcome(bench: Bench) -> None:
    """A bug in a destination neither loses an errand nor repeats it blindly."""
    broken = True

    def act(parcel: Parcel) -> None:
        if broken:
            raise RuntimeError("bug")

    place = Place(act=act)
    bench.send("a")
    with bench.working(place) as dispatch:
        _until(lambda: bench.outcomes("later") == 1)
        broken = False
        bench.clock.forward(10)
        dispatch.wake()
        _until(lambda: bench.waiting() == 0)
    assert place.asked == ["a"]


def test_the_rate_limit_holds(bench: Bench) -> None:
    """Two a minute means two a minute, across a restart too."""
    place = Place(limits=(Limit(calls=2, per_s=60),), workers=4)
    bench.send(*"abcde")
    with bench.working(place):
        _until(lambda: bench.waiting() == 3)
    with bench.working(place) as dispatch:
        bench.clock.forward(30)
        dispatch.wake()
        assert bench.waiting() == 3
        bench.clock.forward(31)
        dispatch.wake()
        _until(lambda: bench.waiting() == 1)
    assert len(place.reached) == 4


def test_a_place_that_merges_is_called_once_for_what_was_ready(bench: Bench) -> None:
    """What became ready while a call ran is another call: it may not be part of the first."""
    begun, release = threading.Event(), threading.Event()

    def act(parcel: Parcel) -> None:
        begun.set()
        release.wait(20)

    place = Place(merges=True, workers=3, act=act)
    bench.send("a", "b", "c", line="INC-1")
    with bench.working(place) as dispatch:
        assert begun.wait(20)
        bench.send("d", line="INC-1")
        dispatch.wake()
        release.set()
        _until(lambda: bench.waiting() == 0)
    assert place.reached == ["a", "d"]


def test_what_is_postponed_has_not_failed(bench: Bench) -> None:
    """It comes again when its time has come, nobody else waits, and no failure is counted."""
    early = True

    def act(parcel: Parcel) -> None:
        if early and parcel.key == "a":
            raise Postponed(60, "more is to come")

    place = Place(act=act)
    bench.send("a", "b")
    with bench.working(place) as dispatch:
        _until(lambda: bench.waiting() == 1 and len(place.reached) == 2)
        bench.clock.forward(59)
        dispatch.wake()
        early = False
        assert bench.waiting() == 1
        bench.clock.forward(2)
        dispatch.wake()
        _until(lambda: bench.waiting() == 0)
    assert place.reached == ["a", "b", "a"]
    assert (bench.outcomes("later"), bench.outcomes("failed"), place.asked) == (0, 0, [])


def test_news_does_not_wait_behind_what_is_postponed_where_lines_merge(bench: Bench) -> None:
    """A parcel whose time has come takes the postponed one along."""
    urgent = False

    def act(parcel: Parcel) -> None:
        if not urgent:
            raise Postponed(600, "a storm")

    place = Place(merges=True, act=act)
    bench.send("a", line="INC-1")
    with bench.working(place) as dispatch:
        _until(lambda: place.reached == ["a"])
        urgent = True
        bench.send("b", line="INC-1")
        dispatch.wake()
        _until(lambda: bench.waiting() == 0)
    assert place.reached == ["a", "b"]


@pytest.mark.parametrize("late", [Postponed(60, "a storm"), Unreachable("no such channel", alone=True)])
def test_a_line_that_merges_waits_together(bench: Bench, late: Exception) -> None:
    """What was ready when its head was put off is not tried one by one: each would be told the same."""

    def act(parcel: Parcel) -> None:
        raise late

    place = Place(merges=True, workers=3, act=act)
    bench.send("a", "b", "c", line="INC-1")
    with bench.working(place) as dispatch:
        _until(lambda: place.reached == ["a"])
        for _ in range(3):
            dispatch.wake()
            time.sleep(0.05)
        assert place.reached == ["a"]
        bench.clock.forward(400)
        dispatch.wake()
        _until(lambda: len(place.reached) == 2)
    assert place.reached == ["a", "a"]
    assert bench.waiting() == 3


def test_the_wait_doubles_up_to_five_minutes() -> None:
    """1, 2, 4 … 300 seconds; jitter takes off a quarter at most."""
    assert [backoff_s(attempt, 0) for attempt in (1, 2, 3, 9, 10, 1000)] == [1, 2, 4, 256, 300, 300]
    assert backoff_s(10, 1) == 225


@pytest.mark.parametrize("why", [Undeliverable("403: may not list"), Postponed(1.0, "not yet")])
def test_an_outcome_that_cannot_be_looked_up_is_looked_up_later(bench: Bench, why: Exception) -> None:
    """Neither at once and for ever, nor by doing it again."""
    outcomes: list[Exception] = [Unreachable("no answer", unknown=True)]
    forbidden: list[Exception] = [why]

    def act(parcel: Parcel) -> None:
        if outcomes:
            raise outcomes.pop()

    def known(parcel: Parcel) -> Settled:
        if forbidden:
            raise forbidden[0]
        return Settled.HAPPENED

    place = Place(act=act, known=known)
    bench.send("a")
    with bench.working(place) as dispatch:
        wait_until(lambda: place.reached == ["a"], 10, "the call")
        bench.clock.forward(3600)
        dispatch.wake()
        wait_until(lambda: place.asked == ["a"], 10, "the question")
        for _ in range(5):
            dispatch.wake()
            time.sleep(0.1)
        assert place.asked == ["a"]
        forbidden.clear()
        bench.clock.forward(3600)
        dispatch.wake()
        wait_until(lambda: bench.waiting() == 0, 10, "the end")
    assert place.reached == ["a"]
    assert place.asked == ["a", "a"]
