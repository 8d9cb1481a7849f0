"""Sets of instants as sorted, disjoint half-open spans [begin, end)."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice

Span = tuple[datetime, datetime]


def union(spans: Iterable[Span]) -> list[Span]:
    """The instants that any of the spans has; touching spans become one, empty ones vanish."""
    merged: list[Span] = []
    for begin, end in sorted(spans):
        if begin >= end:
            continue
        if merged and begin <= merged[-1][1]:
            if end > merged[-1][1]:
                merged[-1] = (merged[-1][0], end)
        else:
            merged.append((begin, end))
    return merged


def subtract(span: Span, holes: Sequence[Span]) -> Iterator[Span]:
    """What is left of a span without the holes, which are sorted and disjoint."""
    begin, end = span
    for hole_begin, hole_end in islice(holes, _first_after(holes, begin), None):
        if hole_begin >= end:
            break
        if hole_begin > begin:
            yield begin, hole_begin
        begin = hole_end
    if begin < end:
        yield begin, end


def intersect(span: Span, windows: Sequence[Span]) -> Iterator[Span]:
    """The parts of a span that lie in the windows, which are sorted and disjoint."""
    begin, end = span
    for window_begin, window_end in islice(windows, _first_after(windows, begin), None):
        if window_begin >= end:
            break
        yield max(begin, window_begin), min(end, window_end)


def _first_after(spans: Sequence[Span], at: datetime) -> int:
    """The index of the first span that ends after the instant."""
    return bisect_right(spans, at, key=lambda span: span[1])
