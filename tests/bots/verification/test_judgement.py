"""Judging a service by its figures: well for ten minutes with traffic, and nothing less."""

import math
from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.verification.judgement import Bound, Course, Figure, Judged, Terms, TooEarly, judge
from tests.bots.office import TEN

STEP = timedelta(seconds=15)
TERMS = Terms(hold=timedelta(minutes=10), within=timedelta(minutes=30), step=STEP)
BOUND = Bound(slo="availability", budget=0.001, objective="99.9%")
WELL, IDLE, ILL = Figure(bad=0.0004, rate=20.0), Figure(bad=0.0, rate=0.0), Figure(bad=0.042, rate=20.0)


def after(minutes: float) -> datetime:
    """That long after the run."""
    return TEN + timedelta(minutes=minutes)


def course(*parts: tuple[float, float, Figure | None]) -> Course:
    """Figures every quarter of a minute: from, until (minutes, without the end), what; None for nothing at all."""
    found: dict[datetime, Mapping[str, Figure]] = {}
    for start, end, figure in parts:
        at = after(start)
        while at < after(end):
            if figure is not None:
                found[at] = {"availability": figure}
            at += STEP
    return found


def said(figures: Course, minutes: float) -> Judged | TooEarly:
    """What is known that long after the run."""
    return judge([BOUND], figures, TERMS, TEN, after(minutes))


def test_ten_minutes_within_the_objective_with_traffic_are_success() -> None:
    """From when the window has no part of the outage any more; not a figure earlier."""
    figures = course((0, 5, ILL), (5, 15.1, WELL))
    assert said(figures, 15.1) == Judged(
        helped=True,
        why="the 5m SLI of availability kept its objective of 99.9% (at most 0.04% bad) for 10 minutes, with traffic",
    )
    early = said(course((0, 5, ILL), (5, 15, WELL)), 15)
    assert early == TooEarly(after=STEP)


@pytest.mark.parametrize(
    ("parts", "end"),
    [
        ([(0, 31, ILL)], "availability: 4.2% of events are bad at the end"),
        ([(0, 31, IDLE)], "availability: there is no traffic at the end"),
        ([(0, 31, Figure(bad=math.nan, rate=1.0))], "availability: there is no traffic at the end"),
        ([], "availability: there are no figures at the end"),
        ([(0, 9, WELL), (9, 10, ILL), (10, 19, WELL), (19, 20, IDLE), (20, 29.5, WELL), (29.5, 31, ILL)], None),
        ([(0, 25, ILL), (25, 31, WELL)], "it was well at the end, and not for long enough"),
    ],
    ids=["errors", "idle", "only a ratio, idle", "vanished", "comes and goes", "too late"],
)
def test_anything_less_is_none(parts: list[tuple[float, float, Figure | None]], end: str | None) -> None:
    """When the time for it is over it is said what there was instead."""
    figures = course(*parts)
    assert isinstance(said(figures, 30.5), TooEarly)
    verdict = said(figures, 31)
    assert isinstance(verdict, Judged)
    assert not verdict.helped
    expected = "within 30 minutes the 5m SLI of availability (99.9%) did not keep its objective for 10 minutes: "
    assert verdict.why.startswith(expected)
    if end is not None:
        assert verdict.why == expected + end


def test_a_gap_begins_anew() -> None:
    """One missing figure is jitter, a minute of them is blindness."""
    assert isinstance(said(course((0, 5, WELL), (5.25, 10.5, WELL)), 10.5), Judged)
    assert isinstance(said(course((0, 5, WELL), (6, 10.5, WELL)), 10.5), TooEarly)


def test_every_objective_has_to_be_kept_at_the_same_time() -> None:
    """A shared alert asks for all of them."""
    latency = Bound(slo="latency", budget=0.01, objective="99%")
    figures = {at: {**found, "latency": WELL} for at, found in course((0, 11, WELL)).items()}
    assert judge([BOUND, latency], figures, TERMS, TEN, after(11)) == Judged(
        helped=True,
        why=(
            "the 5m SLI of availability kept its objective of 99.9% (at most 0.04% bad) and latency kept its objective "
            "of 99% (at most 0.04% bad) for 10 minutes, with traffic"
        ),
    )
    slow = {at: {**found, "latency": ILL} for at, found in figures.items()}
    assert isinstance(judge([BOUND, latency], slow, TERMS, TEN, after(11)), TooEarly)


FIGURES = st.sampled_from([WELL, IDLE, ILL, None])
COURSES = st.lists(FIGURES, max_size=140).map(
    lambda found: {TEN + STEP * n: {"availability": one} for n, one in enumerate(found) if one is not None}
)


@given(COURSES, st.integers(0, 200))
def test_success_means_ten_whole_minutes(figures: Course, steps: int) -> None:
    """Whatever came before: forty-one good figures in a row, the first no earlier than the run."""
    verdict = judge([BOUND], figures, TERMS, TEN, TEN + STEP * steps)
    good = [figures.get(TEN + STEP * n, {}).get("availability") == WELL for n in range(121)]
    jittered = [ok or TEN + STEP * n not in figures for n, ok in enumerate(good)]
    longest = run = 0
    for ok in jittered:
        run = run + 1 if ok else 0
        longest = max(longest, run)
    if isinstance(verdict, Judged) and verdict.helped:
        assert longest >= 41


@given(COURSES, st.integers(0, 200), st.integers(0, 200))
def test_what_is_known_stays_known(figures: Course, first: int, more: int) -> None:
    """A judgement does not change when it is asked for later, as after a restart."""
    early, late = TEN + STEP * first, TEN + STEP * (first + more)
    seen = {at: found for at, found in figures.items() if at <= early}
    verdict = judge([BOUND], seen, TERMS, TEN, early)
    if isinstance(verdict, Judged) and verdict.helped:
        assert judge([BOUND], figures, TERMS, TEN, late) == verdict
    if isinstance(verdict, TooEarly):
        assert verdict.after > timedelta()
    assert isinstance(judge([BOUND], figures, TERMS, TEN, after(31)), Judged)
