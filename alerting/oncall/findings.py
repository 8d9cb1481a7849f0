"""What is odd about a team's overrides, for the checks."""

from itertools import combinations
from zoneinfo import ZoneInfo

from alerting.model.team import Team
from alerting.oncall.localtime import resolve
from alerting.oncall.schedule import override_spans, shifts


def overlapping_overrides(team: Team) -> tuple[tuple[int, int], ...]:
    """Pairs of numbers (from 0, in the file's order) of overrides of one layer that have an instant in common."""
    if team.on_call is None:
        return ()
    zone = ZoneInfo(team.on_call.timezone)
    spans = [(each.layer, resolve(each.from_, zone), resolve(each.to, zone)) for each in team.on_call.overrides]
    return tuple(
        (one, two)
        for (one, (layer, begin, end)), (two, (other, from_, to)) in combinations(enumerate(spans), 2)
        if layer == other and begin < to and from_ < end
    )


def idle_overrides(team: Team) -> tuple[int, ...]:
    """Numbers (from 0, in the file's order) of overrides that never put anyone on call.

    They end before they begin, lie before the layer's start or outside its hours, or later overrides take all of it.
    Overrides of layers that the team does not have are another mistake and not among them.
    """
    if team.on_call is None:
        return ()
    idle: list[int] = []
    for layer in team.on_call.layers:
        for number, spans in override_spans(team.on_call, layer).items():
            if not any(shift.override for begin, end in spans for shift in shifts(team, layer.name, begin, end)):
                idle.append(number)
    return tuple(sorted(idle))
