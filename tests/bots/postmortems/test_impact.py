"""What an incident cost."""

import math
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerting.model.quantities import Duration
from bots.postmortems.course import points, step_of, worst
from bots.postmortems.impact import impact
from tests.bots.postmortems.courses import STEP, TEN, at, course

_RATIOS = st.lists(st.floats(0, 1), min_size=1, max_size=40)


def test_failed_requests_are_rates_times_time() -> None:
    """Ten minutes of 20 requests a second, of which half fail."""
    found = impact(course([0.5] * 40, window_events=20 * 30 * 86_400), TEN, at(10))
    assert found is not None
    assert (found.failed, found.events) == (6_000.0, 12_000.0)
    assert found.budget_minutes == pytest.approx(5.0)
    assert found.budget_share == pytest.approx(6_000 / 51_840)
    assert found.measured_share == 1.0


def test_an_sli_that_counts_nothing_spends_budget_by_time() -> None:
    """Five minutes without any good event are five minutes of budget."""
    found = impact(course([1.0] * 20, total=None), TEN, at(5))
    assert found is not None
    assert (found.failed, found.events) == (None, None)
    assert found.budget_minutes == pytest.approx(5.0)


def test_quiet_hours_cost_less_than_busy_ones() -> None:
    """The same minutes of full failure spend a tenth of the budget at a tenth of the mean traffic."""
    mean = 20.0 * 30 * 86_400
    busy = impact(course([1.0] * 20, total=20, window_events=mean), TEN, at(5))
    quiet = impact(course([1.0] * 20, total=2, window_events=mean), TEN, at(5))
    assert busy is not None
    assert quiet is not None
    assert busy.budget_minutes == pytest.approx(10 * quiet.budget_minutes)


@pytest.mark.parametrize("ratios", [[], [0.5]])
def test_nothing_known_is_no_impact(ratios: list[float]) -> None:
    """Not an impact of zero."""
    assert impact(course(ratios), at(1), at(5)) is None


def test_a_gap_in_the_data_is_told() -> None:
    """A quarter of the time was measured."""
    found = impact(course([0.5] * 10), TEN, at(10))
    assert found is not None
    assert found.measured_share == pytest.approx(0.25)


@given(ratios=_RATIOS, window=st.one_of(st.none(), st.floats(1e3, 1e12)))
def test_impact_is_never_negative_nor_nan(ratios: list[float], window: float | None) -> None:
    """Whatever Prometheus says."""
    found = impact(course(ratios, window_events=window), TEN, at(20))
    assert found is not None
    assert all(value >= 0 and math.isfinite(value) for value in (found.budget_minutes, found.budget_share))
    assert found.failed is not None
    assert found.events is not None
    assert found.failed <= found.events + 1e-6


def test_the_trouble_began_when_the_objective_was_left() -> None:
    """The stretch around the worst moment, not an earlier blip."""
    ratios = [0.5, 0.0, 0.0, 0.01, 0.2, 0.9, 0.9, 0.0]
    assert course(ratios).left_objective(TEN, at(2)) == TEN + 3 * STEP
    assert course([0.0, 0.001]).left_objective(TEN, at(2)) is None
    assert course([]).left_objective(TEN, at(2)) is None


def test_a_worse_trouble_before_is_not_where_this_one_began() -> None:
    """Two incidents in an hour do not both cost what the first did."""
    ratios = [0.9, 0.9, 0.0, 0.0, 0.01, 0.2, 0.0]
    assert course(ratios).left_objective(TEN + 5 * STEP, at(2)) == TEN + 4 * STEP
    assert course(ratios).left_objective(TEN + 6 * STEP, at(2)) is None


def test_an_error_counter_that_is_not_there_yet_has_counted_nothing() -> None:
    """And an idle moment is no error."""
    found = points({at(1): 0.5, at(2): math.nan}, {at(0): 2.0, at(1): 2.0, at(2): 0.0, at(3): math.nan}, {})
    assert [(point.at, point.ratio) for point in found] == [(at(0), 0.0), (at(1), 0.25), (at(2), 0.0)]


def test_a_long_incident_is_asked_for_in_wider_steps() -> None:
    """Whole multiples of the rules' own interval, and at most a thousand of them."""
    assert step_of(TEN, at(30), Duration(15_000)) == timedelta(seconds=15)
    assert step_of(TEN, at(3 * 24 * 60), Duration(15_000)) == timedelta(seconds=270)


def test_the_worst_slo_is_the_one_that_burned_its_budget_fastest() -> None:
    """Not the one with the highest ratio."""
    strict = course([0.05], objective=0.999)
    lax = course([0.2], objective=0.9)
    assert worst([lax, strict, course([])]) is strict
    assert worst([course([])]) is None
