"""On call: layers, overrides and escalation name what exists."""

from collections.abc import Iterator
from datetime import datetime

from alerting.checks.given import Given
from alerting.model.team import EscalationStep, OnCall, Team
from alerting.oncall import idle_overrides, overlapping_overrides
from alerting.problem import Problem
from alerting.sources import TEAM


def _on_call(given: Given) -> Iterator[tuple[str, Team, OnCall, frozenset[str]]]:
    """Every team that has layers, with its name and those of its members."""
    for name, team in given.policy.teams.items():
        if team.on_call is not None:
            yield name, team, team.on_call, frozenset(member.name for member in team.members)


def layers_are_unique(given: Given) -> Iterator[Problem]:
    """Each layer of a team has a name of its own."""
    for name, _, on_call, _ in _on_call(given):
        for at, layer in enumerate(on_call.layers):
            if any(other.name == layer.name for other in on_call.layers[:at]):
                yield given.error(
                    TEAM,
                    name,
                    ("on_call", "layers", at, "name"),
                    f"another layer is called {layer.name} too",
                    "expected each name once",
                    "rename one of them",
                )


def order_is_of_members(given: Given) -> Iterator[Problem]:
    """The people of a layer are members of the team."""
    for name, _, on_call, members in _on_call(given):
        for at, layer in enumerate(on_call.layers):
            for turn, who in enumerate(layer.order):
                if who not in members:
                    path = ("on_call", "layers", at, "order", turn)
                    yield given.unknown(TEAM, name, path, "member", who, members)


def overrides_are_known(given: Given) -> Iterator[Problem]:
    """An override names a layer and a member of the team."""
    for name, _, on_call, members in _on_call(given):
        layers = frozenset(layer.name for layer in on_call.layers)
        for at, override in enumerate(on_call.overrides):
            path = ("on_call", "overrides", at)
            if override.layer not in layers:
                yield given.unknown(TEAM, name, (*path, "layer"), "layer", override.layer, layers)
            if override.who not in members:
                yield given.unknown(TEAM, name, (*path, "who"), "member", override.who, members)


def overrides_have_an_effect(given: Given) -> Iterator[Problem]:
    """An override puts somebody on call; one outside the layer's hours, before its start or under others does not."""
    for name, team, _, _ in _on_call(given):
        for at in idle_overrides(team):
            yield given.error(
                TEAM,
                name,
                ("on_call", "overrides", at),
                "it never puts anyone on call",
                "expected `to` after `from`, within the layer's hours, and no later override over all of it",
                "correct its times, or remove it",
            )


def overrides_do_not_overlap(given: Given) -> Iterator[Problem]:
    """Two overrides of one layer overlap: the later one in the file wins, which may be meant; a warning."""
    for name, team, on_call, _ in _on_call(given):
        for first, second in overlapping_overrides(team):
            one, other = on_call.overrides[first], on_call.overrides[second]
            yield given.warning(
                TEAM,
                name,
                ("on_call", "overrides", second),
                f"{other.who} takes {other.layer} from {_time(other.from_)} to {_time(other.to)} "
                f"while {one.who} has it from {_time(one.from_)} to {_time(one.to)}",
                "expected one person at a time; the later one in the file wins",
                "shorten one of them",
            )


def escalation_is_known(given: Given) -> Iterator[Problem]:
    """Each step notifies exactly one layer or person, and the team has it."""
    for name, team in given.policy.teams.items():
        members = frozenset(member.name for member in team.members)
        layers = frozenset(layer.name for layer in team.on_call.layers) if team.on_call else frozenset()
        for at, step in enumerate(team.escalation):
            yield from _step(given, name, at, step, members, layers)


def _step(
    given: Given, team: str, at: int, step: EscalationStep, members: frozenset[str], layers: frozenset[str]
) -> Iterator[Problem]:
    """What is wrong with one step."""
    path = ("escalation", at, "notify")
    layer, person = step.notify.layer, step.notify.person
    if (layer is None) == (person is None):
        got = "got both" if layer is not None else "got neither"
        yield given.error(TEAM, team, path, got, "expected either `layer` or `person`", "write a step for each")
    if layer is not None and layer not in layers:
        yield given.unknown(TEAM, team, (*path, "layer"), "layer", layer, layers)
    if person is not None and person not in members:
        yield given.unknown(TEAM, team, (*path, "person"), "member", person, members)


def _time(moment: datetime) -> str:
    """A moment as it stands in the file."""
    return moment.isoformat(timespec="minutes")
