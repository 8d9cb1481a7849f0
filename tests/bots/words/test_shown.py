"""Text of any origin, shown and not obeyed."""

import pytest

from bots.words import shown


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain, ünï and 🚒\u200d👩", "plain, ünï and 🚒\u200d👩"),
        ("\x1b]0;owned\x07", "\ufffd]0;owned\ufffd"),
        ("\x9b31mred\x7f", "\ufffd31mred\ufffd"),
        ("user \u202eevil\u202c \u2066x\u2069", "user \ufffdevil\ufffd \ufffdx\ufffd"),
        ("half \ud800", "half \ufffd"),
        ("over\rwritten", "over\ufffdwritten"),
        ("two\r\nlines\tand a tab", "two\nlines\tand a tab"),
    ],
)
def test_what_would_be_obeyed_is_replaced(text: str, expected: str) -> None:
    """Escape sequences, other controls and turned writing; words and line breaks stay."""
    assert shown.lines(text) == expected


def test_one_line_stays_one_line() -> None:
    """A table's cell or a message has no second line to pretend something in."""
    assert shown.line("a\n\nb \t c\u2028d\x1b") == "a b c d\ufffd"
