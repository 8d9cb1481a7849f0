"""Working the outbox off: how often a place is called, and what waits together."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bots.errors import Postponed, Unreachable
from bots.outbound.destination import Limit
from bots.outbox import Parcel
from tests.bots.outbox_bench import Bench, Place, until


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """An empty outbox."""
    made = Bench(tmp_path)
    yield made
    made.journal.close()


def test_the_rate_limit_holds(bench: Bench) -> None:
    """Two a minute means two a minute, across a restart too."""
    place = Place(limits=(Limit(calls=2, per_s=60),), workers=4)
    bench.send(*"abcde")
    with bench.working(place):
        until(lambda: bench.waiting() == 3)
    with bench.working(place) as dispatch:
        bench.clock.forward(30)
        dispatch.wake()
        assert bench.waiting() == 3
        bench.clock.forward(31)
        dispatch.wake()
        until(lambda: bench.waiting() == 1)
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
        until(lambda: bench.waiting() == 0)
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
        until(lambda: bench.waiting() == 1 and len(place.reached) == 2)
        bench.clock.forward(59)
        dispatch.wake()
        early = False
        assert bench.waiting() == 1
        bench.clock.forward(2)
        dispatch.wake()
        until(lambda: bench.waiting() == 0)
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
        until(lambda: place.reached == ["a"])
        urgent = True
        bench.send("b", line="INC-1")
        dispatch.wake()
        until(lambda: bench.waiting() == 0)
    assert place.reached == ["a", "b"]


@pytest.mark.parametrize("late", [Postponed(60, "a storm"), Unreachable("no such channel", alone=True)])
def test_a_line_that_merges_waits_together(bench: Bench, late: Exception) -> None:
    """What was ready when its head was put off is not tried one by one: each would be told the same."""

    def act(parcel: Parcel) -> None:
        raise late

    place = Place(merges=True, workers=3, act=act)
    bench.send("a", "b", "c", line="INC-1")
    with bench.working(place) as dispatch:
        until(lambda: place.reached == ["a"])
        for _ in range(3):
            dispatch.wake()
            time.sleep(0.05)
        assert place.reached == ["a"]
        bench.clock.forward(400)
        dispatch.wake()
        until(lambda: len(place.reached) == 2)
    assert place.reached == ["a", "a"]
    assert bench.waiting() == 3
