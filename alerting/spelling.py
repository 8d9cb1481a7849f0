"""The word that was probably meant."""

import difflib
from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word most like this one; None if none is like it."""
    return next(iter(difflib.get_close_matches(word[:80], [*known], n=1, cutoff=0.6)), None)


def did_you_mean(word: str, known: Iterable[str], otherwise: str) -> str:
    """The way out for a word that nobody knows: the word most like it, or else what can be done otherwise."""
    near = nearest(word, known)
    return f"did you mean {near}?" if near else otherwise
