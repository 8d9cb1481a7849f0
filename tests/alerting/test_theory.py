"""The closed forms: what they say, and that chance agrees with them."""

import math
import random
from collections import deque
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from alerting import theory
from alerting.theory import YEAR_S, PairTheory

PAGE = PairTheory(
    severity="page", factor=14.4, long_s=3600, short_s=300, base_s=60, budget=0.001, traffic=20.0, failures=23
)
SLOW_PAGE = replace(PAGE, factor=6, long_s=21600, short_s=1800, failures=69)

BUDGETS = st.sampled_from([0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05])
ERRORS = st.floats(0.0001, 1)


@st.composite
def pairs(draw: st.DrawFn) -> PairTheory:
    """Any pair that a service might have."""
    short = draw(st.sampled_from([120.0, 300.0, 1800.0, 7200.0]))
    return PairTheory(
        severity="page",
        factor=draw(st.sampled_from([1.0, 3.0, 6.0, 14.4])),
        long_s=12 * short,
        short_s=short,
        base_s=60,
        budget=draw(BUDGETS),
        traffic=draw(st.one_of(st.none(), st.floats(0.001, 1000))),
        failures=draw(st.integers(2, 50)),
    )


def test_a_complete_outage_pages_after_the_time_that_the_workbook_gives_plus_half_a_base() -> None:
    """1 h of 14.4 times a budget of 0.1 % is spent after 51.84 s of 100 % errors."""
    assert PAGE.detection_s(1.0) == pytest.approx(51.84 + 30)
    assert theory.budget_spent([PAGE], 1.0, 30 * 86400) == pytest.approx((51.84 + 30) / 2592)


def test_the_page_stops_when_its_short_window_is_clean_enough() -> None:
    """The short window falls below its threshold before it is empty; the last pair that fired decides."""
    assert PAGE.reset_s(1.0) == pytest.approx(300 * (1 - 0.0144) + 30)
    assert theory.reset_s([PAGE, SLOW_PAGE], 1.0, lasted_s=120) == PAGE.reset_s(1.0)
    assert theory.reset_s([PAGE, SLOW_PAGE], 1.0) == SLOW_PAGE.reset_s(1.0)
    assert theory.reset_s([PAGE, SLOW_PAGE], 1.0, lasted_s=10) is None


def test_the_guard_ends_an_alert_too() -> None:
    """With few events, the short window holds too few bad ones before its ratio is low again."""
    few = replace(PAGE, traffic=1 / 15, failures=3)
    assert few.floor == pytest.approx(3 / 20)
    assert few.reset_s(0.3) == pytest.approx(300 * (1 - 0.5) + 30)


def test_too_little_traffic_can_never_fire() -> None:
    """Where a short window does not even expect as many events as must be bad, nothing fires."""
    rare = replace(PAGE, traffic=0.005, failures=3)
    assert (rare.can_fire, rare.detection_s(1.0), rare.reset_s(1.0)) == (False, None, None)
    assert theory.detection_s([rare], 1.0) is None
    assert theory.budget_spent([rare], 1.0, 86400) is None


def test_an_objective_can_be_too_low_for_a_burn_rate() -> None:
    """A threshold of 100 % errors and more is never exceeded."""
    assert not replace(PAGE, budget=0.1).can_fire


@given(pairs(), ERRORS, ERRORS)
def test_more_errors_are_found_no_later_and_reset_no_sooner(pair: PairTheory, one: float, other: float) -> None:
    """Detection falls and reset grows with the share of errors; what fires at few fires at many."""
    few, many = sorted((one, other))
    if pair.feasible(few):
        soon, late = pair.detection_s(many), pair.detection_s(few)
        assert soon is not None
        assert late is not None
        assert soon <= late
        short, long = pair.reset_s(few), pair.reset_s(many)
        assert short is not None
        assert long is not None
        assert short <= long
        assert 0 <= short <= pair.short_s + pair.base_s / 2
        assert pair.feasible(many)


@given(pairs(), ERRORS)
def test_the_floor_is_where_alerts_begin(pair: PairTheory, errors: float) -> None:
    """An error ratio fires exactly if it is above the floor."""
    assume(not math.isclose(errors, pair.floor))
    assert pair.feasible(errors) == (errors > pair.floor)


@given(st.floats(1e-7, 1), st.sampled_from([300.0, 1800.0, 21600.0]), st.sampled_from([0.1, 0.5, 1.0, 12.0]))
def test_the_guard_is_the_smallest_that_keeps_the_promise(rate: float, window: float, allowed: float) -> None:
    """One failure less would alert by chance more often than allowed, or is no more than what is normal."""
    count = theory.minimum_failures(rate, window, allowed)
    assert theory.alarms_per_year(rate, window, count) <= allowed
    if count > max(theory.FEWEST_FAILURES, math.floor(rate * window) + 1):
        assert theory.alarms_per_year(rate, window, count - 1) > allowed


@given(st.floats(1e-7, 1), st.sampled_from([300.0, 1800.0]), st.floats(0.1, 10), st.floats(0.1, 10))
def test_who_allows_more_false_pages_needs_fewer_failures(rate: float, window: float, one: float, two: float) -> None:
    """The guard falls with what is allowed and grows with traffic."""
    few, many = sorted((one, two))
    assert theory.minimum_failures(rate, window, many) <= theory.minimum_failures(rate, window, few)
    assert theory.minimum_failures(rate, window, one) <= theory.minimum_failures(2 * rate, window, one)


@given(st.sampled_from([0.5, 1.0]), st.sampled_from([300.0, 1800.0]))
def test_the_guard_for_unknown_traffic_holds_for_every_traffic_that_needs_one(allowed: float, window: float) -> None:
    """Up to where the burn rate itself asks for more, no traffic needs a higher guard."""
    guard = theory.minimum_failures_unknown(14.4, window, allowed)
    for mean in (0.001, 0.01, 0.1, 0.3, 1.0, 2.0):
        needed = theory.minimum_failures(mean / window, window, allowed)
        assert guard >= needed or needed <= 14.4 * mean


def test_no_single_failure_alerts_however_rare_traffic_is() -> None:
    """The guard is never below two."""
    assert theory.minimum_failures(1e-12, 300, 1000) == 2


def test_chance_agrees_with_the_count_of_false_alarms() -> None:
    """Simulated arrivals reach a level in a sliding window as often as the formula says, overlaps counted once."""
    rng = random.Random(7)
    rate, window, level, years = 0.001, 300.0, 4, 40
    alarms, now, recent = 0, 0.0, deque[float]()
    while (now := now + rng.expovariate(rate)) < years * YEAR_S:
        while recent and recent[0] <= now - window:
            recent.popleft()
        alarms += len(recent) == level - 1
        recent.append(now)
    assert alarms / years == pytest.approx(theory.alarms_per_year(rate, window, level), rel=0.15)


def test_false_alarms_count_the_stricter_of_guard_and_burn_rate() -> None:
    """Busy services are kept from chance by the burn rate, idle ones by the guard; unknown traffic gives no number."""
    idle = replace(PAGE, traffic=0.1, failures=theory.minimum_failures(0.0001, 300, 0.5))
    assert idle.false_alarms_per_year() == pytest.approx(theory.alarms_per_year(0.0001, 300, idle.failures))
    busy = PAGE.false_alarms_per_year()
    assert busy is not None
    assert busy < 1e-6
    assert replace(PAGE, traffic=None).false_alarms_per_year() is None
    assert theory.false_alarms_per_year([PAGE, replace(PAGE, traffic=None)]) is None
    total = theory.false_alarms_per_year([idle, idle])
    assert total is not None
    assert total <= 1


def test_probabilities_are_those_of_poisson() -> None:
    """The edge cases too: a mean of zero, and counts below it."""
    assert theory.poisson(-1, 2.0) == 0
    assert (theory.poisson(0, 0.0), theory.poisson(1, 0.0)) == (1, 0)
    assert sum(theory.poisson(count, 3.5) for count in range(60)) == pytest.approx(1)
