"""Labels are made up for any selector that people write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerting import promql
from alerting.rule_tests.labels import accepts, example, example_outside

PATTERNS = ["5..", "500|503", "[45]..", "error|failed.*", "/api/.+", "(?:a|b)c", "x?y+", "a{2,3}", r"\d{3}", r"a\.b"]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_value_is_found_for_a_pattern(pattern: str) -> None:
    """And the selector accepts it."""
    selector = promql.selector("m{}").also("label", "=~", pattern)
    labels = example(selector)
    assert labels is not None
    assert accepts(selector, labels)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_value_is_found_beside_a_pattern(pattern: str) -> None:
    """Good events are those that the selector of bad ones does not accept."""
    total = promql.selector('m{service="web"}')
    bad = total.also("label", "=~", pattern)
    labels = example_outside(total, bad)
    assert labels is not None
    assert accepts(total, labels)
    assert not accepts(bad, labels)


def test_contradictions_have_no_example() -> None:
    """A label cannot have two values, nor match nothing."""
    assert example(promql.selector('m{a="1",a="2"}')) is None
    assert example(promql.selector('m{a="x",a!="x"}')) is None
    assert example(promql.selector("m").also("a", "=~", "[")) is None
    assert example_outside(promql.selector("m"), promql.selector("m")) is None


@given(st.text(max_size=8), st.text(max_size=8))
def test_exact_values_are_taken_as_they_are(one: str, other: str) -> None:
    """Both selectors must accept the series that counts bad events."""
    total = promql.selector("m").also("a", "=", one)
    bad = promql.selector("m").also("b", "=", other)
    labels = example(total, bad)
    assert labels == {name: value for name, value in (("a", one), ("b", other)) if value}
