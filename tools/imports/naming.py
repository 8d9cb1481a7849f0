"""Foreign names as names of ours."""

import re
from typing import Final

LONGEST: Final = 63
_WORDS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


def kebab(text: str, otherwise: str) -> str:
    """`TheServiceName` and `the_service.name` as `the-service-name`.

    `otherwise` stands before what starts with a digit, and for what has no letter or digit at all.
    """
    words = [word.lower() for word in _WORDS.findall(text)]
    if re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", text):
        words = text.split("-")
    if not words or words[0][0].isdigit():
        words = [otherwise, *words]
    return "-".join(words)[:LONGEST].rstrip("-")
