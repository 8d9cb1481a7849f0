"""When one alert was firing: spans of time, from whatever facts about it have arrived.

Alertmanager's `startsAt` moves: it goes back when overlapping alerts of a pair of Prometheus servers are merged, and
forward when Alertmanager restarted. Notifications of a cluster may arrive twice, late, and resolved before firing. So
the spans are a function of the set of facts alone; their order of arrival does not matter.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

FOREVER: Final = datetime.max.replace(tzinfo=UTC)
"""Where a span ends that has no end yet, in comparisons."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """From `start` until `end`; no end while it fires."""

    start: datetime
    end: datetime | None

    @property
    def until(self) -> datetime:
        """The end, or a time after all others."""
        return FOREVER if self.end is None else self.end

    def holds(self, at: datetime) -> bool:
        """Whether a moment is inside, the ends included."""
        return self.start <= at <= self.until


def spans_of(
    firing: Iterable[datetime], resolved: Iterable[tuple[datetime, datetime]], cuts: Sequence[datetime] = ()
) -> tuple[Span, ...]:
    """The spans of one alert (one fingerprint), in order and apart from each other.

    `firing` are the starts of firing notifications, `resolved` the starts and ends of resolved ones. A firing one lasts
    until the resolved one with its start, else until the next end after it, else it fires still. `cuts` are when people
    resolved the incident: an alert that is told to start after that has come back, though no end was ever told.
    """
    ended = sorted(set(resolved))
    starts = sorted(set(firing))
    pieces = [Span(start, end) for start, end in ended]
    own = dict(ended)
    ends = sorted({end for _, end in ended})
    for start in starts:
        place = bisect_right(ends, start)
        end = own.get(start, ends[place] if place < len(ends) else None)
        pieces.append(Span(start, _cut(start, end, starts, cuts)))
    return union(pieces)


def _cut(
    start: datetime, end: datetime | None, starts: Sequence[datetime], cuts: Sequence[datetime]
) -> datetime | None:
    """The end, or the first cut inside that another start follows."""
    until = FOREVER if end is None else end
    for cut in sorted(cuts):
        after = bisect_right(starts, cut)
        if start <= cut < until and after < len(starts) and starts[after] <= until:
            return cut
    return end


def union(pieces: Iterable[Span]) -> tuple[Span, ...]:
    """The same time as spans that neither overlap nor touch."""
    joined: list[Span] = []
    for piece in sorted(pieces, key=lambda span: (span.start, span.until)):
        if joined and piece.start <= joined[-1].until:
            last = joined[-1]
            end = None if last.end is None or piece.end is None else max(last.end, piece.end)
            joined[-1] = Span(last.start, end)
        else:
            joined.append(piece)
    return tuple(joined)
