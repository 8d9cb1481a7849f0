"""The first line of every rendered file, which tells people not to edit it, and the program that it may replace it."""

from typing import Final

_WORDS: Final = "Made by `tocsin render` from the policy files; edit those instead."
HEADER: Final = f"# {_WORDS}\n"
TEMPLATE_HEADER: Final = f"{{{{/* {_WORDS} */}}}}\n"
DASHBOARD_BEGINNING: Final = '{\n  "tags": [\n    "tocsin"\n  ],\n'
"""JSON has no comments; nobody else's dashboard begins with this tag."""


def is_rendered(beginning: bytes) -> bool:
    """Whether a file that begins like this was made here."""
    return beginning.startswith((HEADER.encode(), TEMPLATE_HEADER.encode(), DASHBOARD_BEGINNING.encode()))
