"""Whether somebody can be woken at every minute of the next 52 weeks."""

import itertools
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

from alerting.checks.given import Given
from alerting.model.team import Team
from alerting.oncall import Gap, gaps, unreached
from alerting.problem import Problem
from alerting.sources import TEAM

HORIZON: Final = timedelta(weeks=52)
_OFTEN: Final = 3
_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def pages_reach_somebody(given: Given) -> Iterator[Problem]:
    """For 52 weeks the escalation of a team that owns services reaches somebody at every minute.

    What the layers leave open and a person of the escalation takes is a warning.
    """
    owners = {service.owner for service in given.policy.services.values()}
    for name, team in given.policy.teams.items():
        if name not in owners or not _names_exist(team):
            continue
        if team.on_call is None:
            yield from _no_layers(given, name, team)
            continue
        blind = unreached(team, given.at, given.at + HORIZON)
        if blind:
            yield given.error(
                TEAM,
                name,
                ("on_call", "layers"),
                f"a page reaches nobody {describe(blind, team.on_call.timezone)}",
                "expected somebody at every minute of the next 52 weeks",
                "add a layer, widen `hours`, or end the escalation with a person",
            )
        known = {(gap.start, gap.end) for gap in blind}
        rest = [gap for gap in gaps(team, given.at, given.at + HORIZON) if (gap.start, gap.end) not in known]
        if rest:
            yield given.warning(
                TEAM,
                name,
                ("on_call", "layers"),
                f"no layer has anyone {describe(rest, team.on_call.timezone)}",
                "expected somebody; at those times only people named in `escalation` are notified",
                "add a layer or widen `hours`, if that is not what you want",
            )


def describe(found: Sequence[Gap], timezone: str) -> str:
    """The times in words, exactly: each one, or once for those that come back every week."""
    zone = ZoneInfo(timezone)
    by_week: dict[tuple[str, str], list[Gap]] = {}
    for gap in found:
        begin, end = gap.start.astimezone(zone), gap.end.astimezone(zone)
        key = (f"{_DAYS[begin.weekday()]} {begin:%H:%M}", f"{_DAYS[end.weekday()]} {end:%H:%M}")
        by_week.setdefault(key, []).append(gap)
    parts: list[str] = []
    for (begin_text, end_text), alike in by_week.items():
        if len(alike) >= _OFTEN and _weekly(alike):
            first, last = alike[0].start.astimezone(zone), alike[-1].start.astimezone(zone)
            parts.append(f"each week from {begin_text} to {end_text} ({first:%Y-%m-%d} to {last:%Y-%m-%d})")
        else:
            parts += [_once(gap, zone) for gap in alike]
    minutes = sum(gap.minutes for gap in found)
    return f"{', '.join(parts)} in {timezone} ({minutes} minute{'' if minutes == 1 else 's'})"


def _once(gap: Gap, zone: ZoneInfo) -> str:
    """One time in full."""
    begin, end = gap.start.astimezone(zone), gap.end.astimezone(zone)
    return f"from {begin:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M}"


def _weekly(alike: Sequence[Gap]) -> bool:
    """Whether each follows the one before by a week, give or take the hour of a clock change."""
    week, hour = timedelta(weeks=1), timedelta(hours=2)
    return all(abs(b.start - a.start - week) <= hour for a, b in itertools.pairwise(alike))


def _names_exist(team: Team) -> bool:
    """Whether the escalation and layers name what the team has; if not, that is another mistake."""
    layers = {layer.name for layer in team.on_call.layers} if team.on_call else set()
    return all(step.notify.layer is None or step.notify.layer in layers for step in team.escalation)


def _no_layers(given: Given, name: str, team: Team) -> Iterator[Problem]:
    """A team without layers: its people named in the escalation are on call for ever, or nobody is."""
    people = [step.notify.person for step in team.escalation if step.notify.person]
    words = ("expected layers, since the team owns services", "add `on_call` as docs/policy-reference.md shows")
    if people:
        always = " and ".join(people)
        yield given.warning(TEAM, name, (), f"{always} would be on call at every minute, for ever", *words)
    else:
        yield given.error(TEAM, name, (), "a page reaches nobody", *words)
