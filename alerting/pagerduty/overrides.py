"""What must change so that PagerDuty's overrides are equal to the files. Nothing here changes anything.

PagerDuty keeps no text with an override, so whose one is can be told only by what it says: it is ours if some version
of the team's file, now or in git's history, asks for it. Every other was made by people there and is never touched.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from alerting.model.team import OnCall, Team
from alerting.names import pagerduty_schedule
from alerting.oncall import shifts
from alerting.oncall.localtime import resolve


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Override:
    """One person takes one schedule for a while."""

    schedule: str
    """Its name in PagerDuty."""
    start: datetime
    """UTC."""
    end: datetime
    """UTC; the first instant after it."""
    email: str
    """By which the person is known in both, in lower case."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Held:
    """An override that PagerDuty has and that is not over."""

    schedule: str
    start: datetime
    end: datetime
    email: str | None
    """None for somebody whom no file names."""
    id: str
    who: str
    """The person's name there, for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Create:
    """The files ask for one that PagerDuty lacks."""

    override: Override


@dataclass(frozen=True, slots=True, kw_only=True)
class Remove:
    """One of ours that no file asks for any more."""

    held: Held
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """One that is as the files say."""

    held: Held


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """One that people made in PagerDuty."""

    held: Held


Action = Create | Remove | Keep | Leave


def wanted(team: Team, now: datetime) -> tuple[Override, ...]:
    """What a team's file asks for from now on, in pieces of one person each.

    PagerDuty's overrides know no hours and the one that was made last wins, so pieces keep within the layer's hours
    and never overlap.
    """
    if team.on_call is None:
        return ()
    emails = {member.name: member.email.lower() for member in team.members}
    layers = {layer.name for layer in team.on_call.layers}
    found = []
    for layer, until in _last_ends(team.on_call).items():
        if layer in layers and until > now:
            found += [
                Override(
                    schedule=pagerduty_schedule(team.team, layer),
                    start=shift.start,
                    end=shift.end,
                    email=emails[shift.who],
                )
                for shift in shifts(team, layer, now, until)
                if shift.override and shift.who in emails
            ]
    return tuple(sorted(found))


def plan(
    files: Iterable[Override], history: Iterable[Override], held: Iterable[Held], now: datetime
) -> tuple[Action, ...]:
    """The actions, by schedule and time; new ones come first, so that nobody's place is empty in between."""
    asked = sorted(set(files))
    ours = {*history, *asked}
    missing = {_rest(one, now) for one in asked}
    kept: list[Keep] = []
    others: list[Remove | Leave] = []
    for one in sorted(held):
        if one.end <= now:
            continue
        same = _rest(_as_override(one), now) if one.email is not None else None
        if same is not None and same in missing:
            missing.discard(same)
            kept.append(Keep(held=one))
        else:
            others.append(_surplus(one, same, asked, ours, now))
    return (*(Create(override=one) for one in sorted(missing)), *others, *kept)


def _surplus(
    one: Held, same: Override | None, asked: Sequence[Override], ours: Iterable[Override], now: datetime
) -> Remove | Leave:
    """What becomes of one that is not needed."""
    if not any(_made_from(one, origin, now) for origin in ours):
        return Leave(held=one)
    twice = same is not None and any(_rest(each, now) == same for each in asked)
    return Remove(held=one, why="there are two of it" if twice else "no file asks for it any more")


def _made_from(one: Held, origin: Override, now: datetime) -> bool:
    """Whether one was made because of that piece of a file; one that had begun already was made with a later start."""
    if (one.schedule, one.end, one.email) != (origin.schedule, origin.end, origin.email):
        return False
    return one.start == origin.start or origin.start < one.start <= now


def _as_override(one: Held) -> Override:
    assert one.email is not None
    return Override(schedule=one.schedule, start=one.start, end=one.end, email=one.email)


def _rest(one: Override, now: datetime) -> Override:
    """What is left of it: PagerDuty makes none in the past."""
    return replace(one, start=max(one.start, now))


def _last_ends(on_call: OnCall) -> dict[str, datetime]:
    """By layer, when the last of its overrides ends."""
    zone = ZoneInfo(on_call.timezone)
    return {layer: end for end, layer in sorted((resolve(one.to, zone), one.layer) for one in on_call.overrides)}
