"""When an SLI left its objective before a page."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.detection.onset import Left, Unknown, onset, to_blame
from bots.postmortems.course import Course, Point

PAGED = datetime.fromisoformat("2026-01-05T10:00:00Z")
STEP = timedelta(seconds=15)
BRIDGE = timedelta(minutes=5)


def course(bad: str, slo: str = "availability", end: datetime = PAGED) -> Course:
    """An SLO of 99 %, a character a step up to the page: `x` is outside, `.` within, a space without a figure."""
    first = end - STEP * (len(bad) - 1)
    ratios = {"x": 0.5, ".": 0.0, "o": 0.011}
    points = [
        Point(at=first + STEP * at, ratio=ratios[mark], bad=None, total=None)
        for at, mark in enumerate(bad)
        if mark != " "
    ]
    return Course(slo=slo, objective=0.99, window=timedelta(days=30), step=STEP, points=tuple(points))


@pytest.mark.parametrize(
    ("bad", "steps"),
    [
        ("." * 30 + "xxxxx", 5),
        ("." * 30 + "x", 1),
        ("." * 30 + "oxxx", 4),
        ("." * 30 + "xx" + "." * 19 + "x", 22),  # a recovery shorter than the bridge is part of the trouble
        ("xx" + "." * 21 + "xx", 2),  # one as long as the bridge is not
        ("." * 30 + "x" + " " * 15 + "xx", 18),  # nor does a hole end it
        ("." * 30 + "xxxx.", 5),  # it paged a moment after the last figure outside
        ("." * 12 + "xx", 2),  # half of the bridge is enough where nothing is known of the time before
    ],
)
def test_the_last_figure_within_is_the_beginning(bad: str, steps: int) -> None:
    """Looked for backwards from the page."""
    assert onset(course(bad), PAGED, BRIDGE) == Left(PAGED - steps * STEP)


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ("", Unknown.WITHIN),
        ("." * 40, Unknown.WITHIN),
        ("." * 10 + "x" + "." * 25, Unknown.WITHIN),
        ("x" * 40, Unknown.EARLIER),
        ("..xx", Unknown.EARLIER),
        ("." * 30 + " " * 25 + "xx", Unknown.GAP),
        ("." * 30 + " " * 5 + "xx", Unknown.GAP),
    ],
)
def test_what_cannot_be_known_is_not_guessed(bad: str, why: Unknown) -> None:
    """It was within the objective, outside from the beginning, or nobody saw what was before."""
    assert onset(course(bad), PAGED, BRIDGE) is why


def test_what_comes_after_the_page_does_not_count() -> None:
    """The figures may go on."""
    later = course("." * 30 + "xxx" + "." * 30 + "x", end=PAGED + 31 * STEP)
    assert onset(later, PAGED, BRIDGE) == Left(PAGED - 3 * STEP)


@given(st.text(alphabet="x. ", max_size=80))
def test_a_beginning_is_within_and_before_the_page(bad: str) -> None:
    """Whatever the figures are."""
    made = course(bad)
    found = onset(made, PAGED, BRIDGE)
    if isinstance(found, Left):
        outside = {point.at for point in made.points if point.ratio > made.budget}
        within = {point.at for point in made.points} - outside
        assert found.at in within
        assert found.at < PAGED
        assert min(at for at in outside if at > found.at) <= PAGED
        assert [at for at in outside if found.at - BRIDGE < at < found.at] == []


def test_the_objective_whose_alert_paged_is_to_blame() -> None:
    """Else the one that was furthest outside at the page."""
    slow, failing = course("." * 30 + "oo", "latency"), course("." * 30 + "xx", "availability")
    assert to_blame([slow, failing], ["latency"], PAGED) is slow
    assert to_blame([slow, failing], ["", "other"], PAGED) is failing
    assert to_blame([course("", "empty")], [], PAGED) is None
