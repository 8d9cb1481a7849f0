"""Text of any origin as a terminal or a browser may show it: nothing in it moves a cursor or turns the writing round.

A label can hold escape sequences that retitle a terminal or fill a clipboard, and characters that show the rest of a
line backwards (https://trojansource.codes).
"""

import re
from typing import Final

_OBEYED: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_BREAKS: Final = re.compile(r"\s+")
_REPLACEMENT: Final = "\ufffd"


def lines(text: str) -> str:
    """The text with its own lines; what would be obeyed instead of shown is a replacement character."""
    return _OBEYED.sub(_REPLACEMENT, text.replace("\r\n", "\n"))


def line(text: str) -> str:
    """The same on one line."""
    return lines(_BREAKS.sub(" ", text))
