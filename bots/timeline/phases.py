"""When an incident was active: a sweep over the spans of its alerts and what people did, in the order of time."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from bots.timeline.event import BOT, Kind
from bots.timeline.span import Span
from bots.timeline.state import Mark, Phase

_START, _END, _MARK = 0, 1, 2


@dataclass(slots=True)
class _Sweep:
    """Where the sweep is."""

    phases: list[Phase] = field(default_factory=list)
    active_since: datetime | None = None
    active_by: str = BOT
    closed: Mark | None = None
    firing: dict[int, str] = field(default_factory=dict)
    """Spans that fire now, and the fingerprint of each."""
    dismissed: set[int] = field(default_factory=set)
    """Spans that fired when a person resolved: their going on does not matter any more."""

    def begin(self, at: datetime, by: str) -> None:
        if self.active_since is None:
            # Clocks are set back: a phase never begins before the last one ended.
            last = self.phases[-1].end if self.phases else None
            self.active_since, self.active_by = at if last is None else max(at, last), by

    def end(self, at: datetime, by: str) -> None:
        if self.active_since is not None:
            end = max(at, self.active_since)
            self.phases.append(Phase(start=self.active_since, end=end, started_by=self.active_by, ended_by=by))
            self.active_since = None

    def span_starts(self, number: int, fingerprint: str, at: datetime) -> None:
        self.firing[number] = fingerprint
        if self.closed is None:
            self.begin(at, BOT)

    def span_ends(self, number: int, at: datetime) -> None:
        del self.firing[number]
        mattered = number not in self.dismissed
        self.dismissed.discard(number)
        if mattered and self.closed is None and not self.firing.keys() - self.dismissed:
            self.end(at, BOT)

    def mark(self, mark: Mark) -> None:
        if mark.kind == Kind.REOPENED:
            self.closed = None
            self.dismissed.clear()
            self.begin(mark.at, mark.by)
        elif mark.kind in (Kind.RESOLVED, Kind.CLOSED):
            known = mark.dismissed
            self.dismissed |= {number for number, name in self.firing.items() if known is None or name in known}
            self.end(mark.at, mark.by)
            if mark.kind == Kind.CLOSED:
                self.closed = self.closed or mark
            elif self.closed is None and self.firing.keys() - self.dismissed:
                # Whoever resolved it had not been told of an alert that fired already.
                self.begin(mark.at, BOT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """The phases of an incident, and whether it is closed after them."""

    phases: tuple[Phase, ...]
    closed: Mark | None

    @property
    def active(self) -> bool:
        """Whether the last phase goes on."""
        return self.closed is None and bool(self.phases) and self.phases[-1].end is None


def course(
    spans: Iterable[tuple[str, Span]], marks: Iterable[Mark], *, declared: tuple[datetime, str] | None
) -> Course:
    """The course that these spans (each with its alert's fingerprint) and marks make.

    `declared` is when and by whom it was begun by hand.

    Starts come before ends at the same instant, so that an alert that takes over from another leaves no gap; what
    people did comes last.
    """
    sweep = _Sweep()
    if declared is not None:
        sweep.begin(*declared)
    points: list[tuple[datetime, int, int, Mark | None]] = []
    pieces = sorted(spans, key=lambda piece: (piece[1].start, piece[1].until, piece[0]))
    for number, (_, span) in enumerate(pieces):
        points.append((span.start, _START, number, None))
        if span.end is not None:
            points.append((span.end, _END, number, None))
    points += [(mark.at, _MARK, order, mark) for order, mark in enumerate(marks)]
    for at, what, number, mark in sorted(points, key=lambda point: point[:3]):
        if mark is not None:
            sweep.mark(mark)
        elif what == _START:
            sweep.span_starts(number, pieces[number][0], at)
        else:
            sweep.span_ends(number, at)
    phases = sweep.phases
    if sweep.active_since is not None:
        phases = [*phases, Phase(start=sweep.active_since, end=None, started_by=sweep.active_by)]
    return Course(phases=tuple(phases), closed=sweep.closed)
