"""A bucket of tokens without a clock of its own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.token_bucket import TokenBucket


def test_a_burst_then_a_steady_rate() -> None:
    """Five at once, then one every twelve seconds."""
    bucket = TokenBucket(rate_per_minute=5, burst=5)
    assert [bucket.take(100.0) for _ in range(5)] == [0.0] * 5
    assert bucket.take(100.0) == pytest.approx(12)
    assert bucket.take(106.0) == pytest.approx(6)
    assert bucket.take(112.0) == 0.0


def test_it_never_holds_more_than_the_burst() -> None:
    """However long nothing happened."""
    bucket = TokenBucket(rate_per_minute=60, burst=2)
    bucket.take(0.0)
    assert [bucket.take(1e6) == 0.0 for _ in range(3)] == [True, True, False]


def test_a_clock_set_back_gives_nothing() -> None:
    """Nor does it take anything away."""
    bucket = TokenBucket(rate_per_minute=60, burst=1)
    bucket.take(100.0)
    assert bucket.take(0.0) == pytest.approx(1)
    assert bucket.take(1.0) == 0.0


@pytest.mark.parametrize(("rate", "burst"), [(0, 5), (-1, 5), (5, 0)])
def test_a_rate_of_nothing_is_refused(rate: float, burst: int) -> None:
    """It would wait for ever."""
    with pytest.raises(
        ValueError, match=r"^got -?\d a minute, burst \d; expected a rate above 0 and a burst of 1 or more$"
    ):
        TokenBucket(rate_per_minute=rate, burst=burst)


@given(st.lists(st.floats(0, 100), max_size=50))
def test_no_more_than_burst_and_rate_allow(gaps: list[float]) -> None:
    """Over any time."""
    bucket, now, taken = TokenBucket(rate_per_minute=6, burst=3), 0.0, 0
    for gap in gaps:
        now += gap
        taken += bucket.take(now) == 0.0
    assert taken <= 3 + now * 0.1 + 1e-6
