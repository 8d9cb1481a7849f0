"""Labels that a selector accepts, made up so that a test has series for it."""

import functools
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from alerting.promql import LabelMatcher, Selector

Labels = Mapping[str, str]

_PIECE: Final = re.compile(r"\\d|\\w|\\s|\\.|\[\^[^\]]*\]|\[[^\]]*\]|\(\?:|\(\?P<\w+>|[()]|[*+?]|\{\d+(?:,\d*)?\}|\||.")
_POOL: Final = ("", "ok", "200", "1", "x", "tocsin")
"""Values to try where a condition only says what a label is not."""


def accepts(selector: Selector, labels: Labels) -> bool:
    """Whether a series of the selector's metric with these labels is selected."""
    return all(_holds(matcher, labels.get(matcher.label, "")) for matcher in selector.matchers)


def example(selector: Selector, also: Selector | None = None) -> Labels | None:
    """Labels that both selectors accept; None if none were found."""
    return _search((*selector.matchers, *(also.matchers if also else ())), avoid=None)


def example_outside(selector: Selector, outside: Selector) -> Labels | None:
    """Labels that the first selector accepts and the second does not; None if none were found."""
    return _search(selector.matchers, avoid=outside)


def _search(matchers: tuple[LabelMatcher, ...], avoid: Selector | None) -> Labels | None:
    exact = {matcher.label: matcher.value for matcher in matchers if matcher.operator == "="}
    plain = all(matcher.operator == "=" and exact[matcher.label] == matcher.value for matcher in matchers)
    if plain and avoid is None:
        return {label: value for label, value in exact.items() if value}
    names = dict.fromkeys(matcher.label for matcher in (*matchers, *(avoid.matchers if avoid else ())))
    choices = [
        [(name, value) for value in ((exact[name],) if name in exact else _values(name, matchers, avoid))]
        for name in names
    ]
    for combination in itertools.islice(itertools.product(*choices), 10_000):
        labels = {name: value for name, value in combination if value}
        wanted = all(_holds(matcher, labels.get(matcher.label, "")) for matcher in matchers)
        if wanted and (avoid is None or not accepts(avoid, labels)):
            return labels
    return None


def _values(name: str, matchers: Iterable[LabelMatcher], avoid: Selector | None) -> list[str]:
    """Values of one label that are worth a try, those that conditions name first."""
    own = [matcher for matcher in matchers if matcher.label == name]
    named = [value for matcher in own for value in _candidates(matcher)]
    opposite = avoid.matchers if avoid else ()
    named += [value for matcher in opposite if matcher.label == name for value in _candidates(matcher)]
    fitting = [value for value in dict.fromkeys((*named, *_POOL)) if all(_holds(matcher, value) for matcher in own)]
    return fitting or [""]


@functools.lru_cache(maxsize=4096)
def _candidates(matcher: LabelMatcher) -> tuple[str, ...]:
    """Values that the condition may have been written for."""
    return tuple(_guesses(matcher))


def _guesses(matcher: LabelMatcher) -> Iterator[str]:
    if matcher.operator in ("=", "!="):
        yield matcher.value
        return
    yield from _POOL
    for alternative in matcher.value.split("|"):
        yield alternative
        yield _sample(alternative)
    yield _sample(matcher.value)


def _sample(pattern: str) -> str:
    """A text that a simple regular expression matches; whoever asks must check it."""
    out: list[str] = []
    for piece in _PIECE.findall(pattern):
        if piece == "|":
            break
        if piece in "*+?" or piece[0] == "{":
            out += _repeated(out, piece)
        elif piece not in ("(", ")", "(?:") and not piece.startswith("(?P"):
            out.append(_character(piece))
    return "".join(out)


def _repeated(out: list[str], piece: str) -> list[str]:
    count = int(piece[1:-1].split(",")[0]) if piece[0] == "{" else 1
    return [out[-1]] * (count - 1) if out else []


def _character(piece: str) -> str:
    """One character that the piece of a pattern stands for."""
    if piece == ".":
        return "0"
    if piece[0] == "\\":
        return {"d": "0", "w": "a", "s": " "}.get(piece[1], piece[1])
    if piece[0] == "[" and len(piece) > 2:
        return "~" if piece[1] == "^" else piece[1]
    return piece


def _holds(matcher: LabelMatcher, value: str) -> bool:
    if matcher.operator == "=":
        return value == matcher.value
    if matcher.operator == "!=":
        return value != matcher.value
    try:
        found = re.fullmatch(matcher.value, value) is not None
    except re.error:
        return False
    return found if matcher.operator == "=~" else not found
