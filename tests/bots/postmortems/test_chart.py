"""The picture of an SLI over an incident."""

from collections.abc import Callable
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.postmortems.chart import Mark, Picture, percent, svg
from tests.bots.postmortems.courses import TEN, at, course

_OUTAGE = [0.0] * 20 + [0.3, 0.45, 0.4] * 12 + [0.0] * 24
_MARKS = (
    Mark(at=at(5), text="began"),
    Mark(at=at(6.5), text="detected"),
    Mark(at=at(7), text="acknowledged"),
    Mark(at=at(14), text="mitigated"),
    Mark(at=at(18), text="resolved"),
    Mark(at=at(90), text="closed"),
)


def _picture(ratios: list[float], title: str = "checkout availability", marks: tuple[Mark, ...] = _MARKS) -> bytes:
    return svg(Picture(title=title, course=course(ratios), start=TEN, end=at(20), marks=marks))


def _texts(picture: bytes) -> list[str]:
    root = ElementTree.fromstring(picture)
    return [element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}text")]


def test_the_picture_of_an_outage(golden: Callable[[str, str], None]) -> None:
    """The same bytes for the same values."""
    golden("incident/sli.svg", _picture(_OUTAGE).decode())


def test_moments_inside_the_picture_are_named() -> None:
    """Those outside are left out."""
    texts = _texts(_picture(_OUTAGE))
    assert "acknowledged 10:07:00" in texts
    assert "objective 99.9 %" in texts
    assert not [text for text in texts if text.startswith("closed")]


def test_a_time_without_data_is_a_picture_that_says_so() -> None:
    """An empty chart is not a healthy one."""
    assert b"No data for this time." in _picture([])


def test_a_time_of_no_length_is_refused() -> None:
    """There would be nothing to divide by."""
    with pytest.raises(ValueError, match=r"^a picture from 2026-01-05 10:00:00\+00:00 to 2026-01-05 10:00:00\+00:00 "):
        svg(Picture(title="x", course=course([0.1]), start=TEN, end=TEN))


@given(title=st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=80))
def test_no_text_breaks_out_of_the_picture(title: str) -> None:
    """It stays one text of a well-formed document."""
    root = ElementTree.fromstring(_picture([0.1], title, (Mark(at=at(1), text=title),)))
    assert title in [element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}text")] or not title
    assert not list(root.iter("{http://www.w3.org/2000/svg}script"))


@pytest.mark.parametrize(("ratio", "text"), [(0.0, "0 %"), (0.001, "0.1 %"), (0.5, "50 %"), (0.99999, "99.999 %")])
def test_ratios_are_shown_as_percent(ratio: float, text: str) -> None:
    """With as many digits as they need."""
    assert percent(ratio) == text
