"""When one alert was firing: spans of time, from whatever facts about it have arrived.

Alertmanager's `startsAt` moves: it goes back when overlapping alerts of a pair of Prometheus servers are merged, and
forward when Alertmanager restarted. Notifications of a cluster may arrive twice, late, and resolved before firing. So
the spans are a function of the set of facts alone; their order of arrival does not matter.
"""

from collections.abc import Iterable
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


def spans_of(firing: Iterable[datetime], resolved: Iterable[tuple[datetime, datetime]]) -> tuple[Span, ...]:
    """The spans of one alert (one fingerprint), in order and apart from each other.

    `firing` are the starts of firing notifications, `resolved` the starts and ends of resolved ones. A firing one lasts
    until the resolved one with its start, else until the next end after it, else it fires still.
    """
    ended = sorted(set(resolved))
    pieces = [Span(start, end) for start, end in ended]
    for start in set(firing):
        own = [end for begun, end in ended if begun == start]
        later = own or [end for _, end in ended if end > start]
        pieces.append(Span(start, min(later) if later else None))
    return union(pieces)


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
