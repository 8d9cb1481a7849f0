"""Numbers as people read them."""

import pytest

from tools.report.drawing import fitting
from tools.report.words import objective, share


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (0, "0 %"),
        (0.00001, "0.01 %"),
        (0.333, "33.3 %"),
        (0.99999, "99.99 %"),
        (1, "100 %"),
        (-0.25, "-25 %"),
        (-0.00001, "-0.01 %"),
    ],
)
def test_a_share_is_never_rounded_to_none_or_all(ratio: float, text: str) -> None:
    """Nor a missed objective to one that is just met."""
    assert share(ratio) == text


@pytest.mark.parametrize(("ratio", "text"), [(0.99999, "99.999 %"), (0.999, "99.9 %"), (0.5, "50 %")])
def test_an_objective_is_written_as_it_was_promised(ratio: float, text: str) -> None:
    """However many nines it has."""
    assert objective(ratio) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("CheckoutAvailabilityBurn · catalog-search", "CheckoutAvailabilityBurn · catalog-search"),
        ("W" * 60, "W" * 24 + "…"),
        ("漢" * 60, "漢" * 20 + "…"),
        ("", ""),
    ],
)
def test_a_name_beside_a_bar_is_cut_where_its_room_ends(text: str, shown: str) -> None:
    """Wide letters take more of it."""
    assert fitting(text, 282) == shown
