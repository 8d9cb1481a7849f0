"""Shifts of a team's layers, and the minutes that nobody has."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from alerting.model.team import Layer, OnCall, Team
from alerting.oncall.duty import duty
from alerting.oncall.localtime import resolve
from alerting.oncall.spans import Span, intersect, subtract, union
from alerting.oncall.turns import first_handoff, turns


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Shift:
    """One person has one layer without a break, for (a part of) one turn or one override."""

    start: datetime
    """UTC."""
    end: datetime
    """UTC; the first instant after it."""
    layer: str
    who: str
    """The member's name."""
    override: bool = False
    """Whether the person has it by an override."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Gap:
    """A time in which nobody is there."""

    start: datetime
    """UTC."""
    end: datetime
    """UTC; the first instant after it."""

    @property
    def minutes(self) -> int:
        """Its length in whole minutes, rounded up."""
        return -((self.start - self.end) // timedelta(minutes=1))


def on_call(team: Team, at: datetime) -> Mapping[str, str | None]:
    """For every layer in the file's order the name of the member on call at the instant; None where nobody is.

    Empty for a team without `on_call`. `at` must have a zone.
    """
    layers = team.on_call.layers if team.on_call else ()
    found = {shift.layer: shift.who for shift in shifts(team, None, at, at + timedelta.resolution)}
    return {layer.name: found.get(layer.name) for layer in layers}


def shifts(team: Team, layer: str | None, start: datetime, end: datetime) -> tuple[Shift, ...]:
    """Every shift that has an instant in [start, end), sorted by start; of one layer, or of all.

    Shifts come whole: the first may begin before `start` and the last end after `end`; see `clip`. Raises KeyError for
    a layer that the team does not have.
    """
    if team.on_call is None:
        return ()
    begin, until = start.astimezone(UTC), end.astimezone(UTC)
    chosen = [each for each in team.on_call.layers if layer in (None, each.name)]
    if layer is not None and not chosen:
        raise KeyError(layer)
    return tuple(sorted(shift for each in chosen for shift in _layer_shifts(team.on_call, each, begin, until)))


def clip(found: Iterable[Shift], start: datetime, end: datetime) -> tuple[Shift, ...]:
    """The parts of shifts that lie in [start, end)."""
    return tuple(
        replace(shift, start=max(shift.start, start.astimezone(UTC)), end=min(shift.end, end.astimezone(UTC)))
        for shift in found
        if shift.start < end and shift.end > start
    )


def gaps(team: Team, start: datetime, end: datetime) -> tuple[Gap, ...]:
    """The exact times in [start, end) in which no layer has anyone, in order; all of it for a team without layers."""
    return _uncovered(shifts(team, None, start, end), start, end)


def unreached(team: Team, start: datetime, end: datetime) -> tuple[Gap, ...]:
    """The exact times in [start, end) in which the escalation would notify nobody, in order."""
    if any(step.notify.person is not None for step in team.escalation):
        return ()
    named = {step.notify.layer for step in team.escalation}
    every = shifts(team, None, start, end)
    return _uncovered([shift for shift in every if not named or shift.layer in named], start, end)


def _uncovered(found: Sequence[Shift], start: datetime, end: datetime) -> tuple[Gap, ...]:
    """What the shifts leave of [start, end)."""
    covered = union((shift.start, shift.end) for shift in found)
    left = subtract((start.astimezone(UTC), end.astimezone(UTC)), covered)
    return tuple(Gap(start=begin, end=until) for begin, until in left)


def _layer_shifts(on_call: OnCall, layer: Layer, begin: datetime, end: datetime) -> Iterator[Shift]:
    """The layer's shifts that have an instant in [begin, end): turns without the overrides, and the overrides."""
    zone = ZoneInfo(on_call.timezone)
    taken = override_spans(on_call, layer)
    holes = union(span for spans in taken.values() for span in spans)
    windows = None
    if layer.hours is not None and not layer.hours.always:
        windows = duty(layer.hours, zone, begin, end)
    pieces: list[tuple[Span, str, bool]] = []
    for turn_begin, turn_end, who in turns(layer, zone, begin, end):
        pieces += [(span, who, False) for span in subtract((turn_begin, turn_end), holes)]
    for number, spans in taken.items():
        pieces += [(span, on_call.overrides[number].who, True) for span in spans]
    for piece, who, override in pieces:
        for span in [piece] if windows is None else intersect(piece, windows):
            if span[0] < end and span[1] > begin:
                yield Shift(start=span[0], end=span[1], layer=layer.name, who=who, override=override)


def override_spans(on_call: OnCall, layer: Layer) -> dict[int, list[Span]]:
    """When each override of the layer holds, by its number in the file: without what later ones take, hours aside."""
    zone = ZoneInfo(on_call.timezone)
    earliest = first_handoff(layer, zone)
    later: list[Span] = []
    found: dict[int, list[Span]] = {}
    for number, override in reversed(list(enumerate(on_call.overrides))):
        if override.layer == layer.name:
            span = (max(resolve(override.from_, zone), earliest), resolve(override.to, zone))
            found[number] = list(subtract(span, later)) if span[0] < span[1] else []
            later = union([*later, span])
    return found
