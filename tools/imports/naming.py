"""Foreign names as names of ours."""

import re
from typing import Final

LONGEST: Final = 63
_CAPITAL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def kebab(text: str, otherwise: str) -> str:
    """`TheServiceName` and `the_service.name` as `the-service-name`.

    `otherwise` stands before what starts with a digit, and for what has no letter or digit at all.
    """
    words = re.findall("[a-z0-9]+", _CAPITAL.sub("-", text).lower())
    if not words or words[0][0].isdigit():
        words = [otherwise, *words]
    return "-".join(words)[:LONGEST].rstrip("-")
