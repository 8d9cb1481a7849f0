"""Foreign names and numbers in our spelling."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerting.model.quantities import parse_ratio
from tools.imports.naming import kebab
from tools.imports.numbers import percent, tier

NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("checkout-api", "checkout-api"),
        ("TheServiceName", "the-service-name"),
        ("HTTPServer2", "http-server2"),
        ("my_service.v2", "my-service-v2"),
        ("K8sApiserver", "k8s-apiserver"),
        ("2xx-rate", "slo-2xx-rate"),
        ("Überweisung", "berweisung"),
        ("日本", "slo"),
    ],
)
def test_names_become_kebab_case(text: str, name: str) -> None:
    """Words are told apart by capitals and by whatever is no letter or digit."""
    assert kebab(text, "slo") == name


@given(st.text(max_size=300))
def test_every_text_becomes_a_name(text: str) -> None:
    """Whatever a file says, the result is a name that files and Kubernetes take."""
    name = kebab(text, "slo")
    assert NAME.fullmatch(name)
    assert len(name) <= 63
    assert kebab(name, "slo") == name


@given(st.decimals(min_value="0.0001", max_value="99.9999", places=4))
def test_percentages_are_exact(value: object) -> None:
    """What our reader makes of the text is the number that the foreign file says."""
    assert parse_ratio(percent(value, 1)) * 100 == value


@pytest.mark.parametrize(("value", "text"), [(99.9, "99.9%"), ("95", "95%"), (99.0, "99%"), (99.95, "99.95%")])
def test_percentages_have_no_trailing_zeros(value: object, text: str) -> None:
    """The text is the shortest that says the number."""
    assert percent(value, 1) == text


@pytest.mark.parametrize(
    ("value", "number"), [("1", 1), (2, 2), ("tier-3", 3), ("Tier 1", 1), ("4", None), ("gold", None), ([1], None)]
)
def test_tiers_are_found_in_labels(value: object, number: int | None) -> None:
    """Numbers from one to three, with or without the word."""
    assert tier(value) == number
