"""Working the outbox off."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bots.errors import Postponed, Undeliverable, Unreachable
from bots.outbound.destination import Settled
from bots.outbound.dispatch import backoff_s
from bots.outbox import Parcel
from tests.bots.outbox_bench import Bench, Place, until


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """An empty outbox."""
    made = Bench(tmp_path)
    yield made
    made.journal.close()


def test_errands_arrive_once_each(bench: Bench) -> None:
    """Everything that was sent reaches its place."""
    place = Place(workers=3)
    bench.send(*"abcdefgh")
    with bench.working(place):
        until(lambda: bench.waiting() == 0)
    assert sorted(place.reached) == list("abcdefgh")


def test_a_place_that_is_away_delays_nobody_else(bench: Bench) -> None:
    """The other destination gets everything while the first one hangs."""
    release = threading.Event()
    hanging = Place(name="hanging", act=lambda parcel: print(release.wait(20)))
    other = Place()
    bench.send("x", destination="hanging")
    bench.send("a", "b")
    with bench.working(hanging, other):
        until(lambda: bench.waiting() == 0)
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
                until(lambda: len(place.reached) > 0)
        assert len(place.reached) < 30
        away = False
        bench.clock.forward(300)
        dispatch.wake()
        until(lambda: bench.waiting() == 0)
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
        until(lambda: bench.outcomes("later") == 1)
        bench.clock.forward(599)
        dispatch.wake()
        assert bench.waiting() == 2
        assert len(place.reached) == 1
        bench.clock.forward(2)
        dispatch.wake()
        until(lambda: bench.waiting() == 0)
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
        until(lambda: bench.outcomes("later") == 1)
        bench.clock.forward(86_401)
        dispatch.wake()
        until(lambda: bench.waiting() == 0)
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
        until(lambda: bench.outcomes("later") == 1)
        told.set()
        until(lambda: bench.outcomes("later") == 2)
        failing = False
        bench.clock.forward(599)
        for _ in range(3):
            dispatch.wake()
            time.sleep(0.05)
        assert len(place.reached) == 2
        bench.clock.forward(2)
        dispatch.wake()
        until(lambda: bench.waiting() == 0)


def test_a_clock_that_was_set_back_wakes_what_waits(bench: Bench) -> None:
    """Neither the pause nor the errand waits until the old time comes again."""
    answers: list[Exception] = [Unreachable("connection refused")]

    def act(parcel: Parcel) -> None:
        if answers:
            raise answers.pop()

    place = Place(act=act)
    bench.send("a")
    with bench.working(place) as dispatch:
        until(lambda: bench.outcomes("later") == 1)
        bench.clock.forward(-86_400 * 400)
        dispatch.wake()
        until(lambda: bench.waiting() == 0)
    assert place.reached == ["a", "a"]


def test_an_unknown_outcome_is_settled_before_a_repetition(bench: Bench) -> None:
    """The destination is asked whether the call of a process that died had happened, and if so it is not repeated."""
    place = Place(known=lambda parcel: Settled.HAPPENED if parcel.key == "a" else Settled.REPEAT)
    bench.send("a", "b")
    for parcel in bench.outbox.heads("place", bench.clock(), 10):
        bench.outbox.start(parcel, bench.clock())
    with bench.working(place):
        until(lambda: bench.waiting() == 0)
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
        until(lambda: bench.waiting() == 0)
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
        until(lambda: bench.waiting() == 1)
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
        until(lambda: bench.outcomes("later") == 1)
        broken = False
        bench.clock.forward(10)
        dispatch.wake()
        until(lambda: bench.waiting() == 0)
    assert place.asked == ["a"]


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
        until(lambda: place.reached == ["a"])
        bench.clock.forward(3600)
        dispatch.wake()
        until(lambda: place.asked == ["a"])
        for _ in range(5):
            dispatch.wake()
            time.sleep(0.1)
        assert place.asked == ["a"]
        forbidden.clear()
        bench.clock.forward(3600)
        dispatch.wake()
        until(lambda: bench.waiting() == 0)
    assert place.reached == ["a"]
    assert place.asked == ["a", "a"]
