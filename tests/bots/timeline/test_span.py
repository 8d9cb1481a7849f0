"""When one alert was firing, from whatever arrived about it."""

from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from bots.timeline.span import Span, spans_of, union
from tests.bots.office import at

_MINUTES = st.integers(0, 12).map(at)


def test_firing_is_matched_with_resolved() -> None:
    """By the start, or by the next end."""
    assert spans_of([at(0)], [(at(0), at(5))]) == (Span(at(0), at(5)),)
    assert spans_of([at(0)], [(at(2), at(5))]) == (Span(at(0), at(5)),)


def test_without_an_end_it_fires() -> None:
    """Also after an earlier episode."""
    assert spans_of([at(0), at(9)], [(at(0), at(5))]) == (Span(at(0), at(5)), Span(at(9), None))


def test_a_start_that_moved_is_the_same_episode() -> None:
    """Alertmanager moves it back when it merges, and forward when it was restarted."""
    assert spans_of([at(0), at(2)], [(at(2), at(5))]) == (Span(at(0), at(5)),)


def test_after_a_person_resolved_a_new_start_is_a_new_episode() -> None:
    """Though the end of the first was never told."""
    assert spans_of([at(0), at(9)], [], [at(5)]) == (Span(at(0), at(5)), Span(at(9), None))
    assert spans_of([at(0)], [], [at(5)]) == (Span(at(0), None),)


@given(st.lists(_MINUTES), st.lists(st.tuples(_MINUTES, _MINUTES)), st.randoms())
def test_order_does_not_matter_and_spans_are_apart(
    firing: list[datetime], resolved: list[tuple[datetime, datetime]], random: object
) -> None:
    """Every start and every told episode is in exactly one span."""
    told = [(min(pair), max(pair)) for pair in resolved]
    found = spans_of(firing, told)
    assert found == spans_of(firing[::-1], told[::-1] + told)
    assert found == union(found)
    for start in [*firing, *(start for start, _ in told)]:
        assert sum(span.holds(start) for span in found) == 1
