"""Whether an action may run now: a pure function of what was tried, how much is ill, the limits and the time."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bots.guards.attempted import PENDING, RAN, VERIFIED, Attempted, changes
from bots.guards.freeze import Freeze
from bots.guards.limits import Limits
from bots.timeline.event import time_text
from bots.timeline.state import incident_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be run."""

    incident: int
    service: str
    alert: str
    severity: str
    action: str
    target: str
    """As `bots.guards.attempted.aim` words it."""
    automatic: bool = False
    dry_run: bool = False
    attempt: int | None = None
    """Its number, where it has one already: it does not stand in its own way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What there is besides."""

    attempts: tuple[Attempted, ...] = ()
    """Of all incidents, as far back as any limit looks."""
    ill: frozenset[str] = frozenset()
    """Targets of actions that are bound to alerts that fire now."""
    frozen: Freeze | None = None
    """The switch of the night."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """Nothing stands in its way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """It must not run."""

    rail: str
    """Which guard rail stopped it, in a word."""
    reason: str
    """A sentence for people, without its subject's name."""


ALLOWED: Final = Allowed()


def may_run(wanted: Wanted, around: Surroundings, limits: Limits, now: datetime) -> Allowed | Stopped:
    """The first guard rail that says no, or that it may run. Pure, and defined for every history in any order."""
    others = [one for one in around.attempts if (one.incident, one.attempt) != (wanted.incident, wanted.attempt)]
    return next(_stops(wanted, others, around, limits, now), ALLOWED)


def _stops(
    wanted: Wanted, others: list[Attempted], around: Surroundings, limits: Limits, now: datetime
) -> Iterator[Stopped]:
    for switch in (limits.frozen, around.frozen):
        if switch is not None and switch.holds(now):
            yield Stopped(rail="frozen", reason=str(switch))
    mine = [one for one in others if one.incident == wanted.incident and one.action == wanted.action]
    if any(one.outcome == PENDING for one in mine):
        yield Stopped(
            rail="unfinished",
            reason=f"{incident_name(wanted.incident)} has an attempt at {wanted.action} that has not ended yet",
        )
    if wanted.dry_run:
        return
    yield from _too_often(wanted, mine, others, limits, now)
    if wanted.automatic and changes(wanted.action):
        yield from _too_soon(wanted, others, around, limits, now)


def _too_often(
    wanted: Wanted, mine: list[Attempted], others: list[Attempted], limits: Limits, now: datetime
) -> Iterator[Stopped]:
    tried = [one for one in mine if not one.dry_run and one.outcome not in ("refused", "rejected")]
    if len(tried) >= limits.per_incident:
        yield Stopped(
            rail="per_incident",
            reason=f"{incident_name(wanted.incident)} has had {len(tried)} attempts at {wanted.action}, the most that "
            "are made; a person has to look",
        )
    if not changes(wanted.action):
        return
    lately = [one for one in others if one.counts and now - one.at < limits.hour]
    here = [one for one in lately if one.target == wanted.target]
    if len(here) >= limits.per_target:
        yield Stopped(
            rail="per_target",
            reason=f"{wanted.target} has had {len(here)} attempts within an hour, the most that are made; "
            f"{_again(here, limits.per_target, limits.hour)}, or a person has to look",
        )
    if len(lately) >= limits.per_hour:
        yield Stopped(
            rail="per_hour",
            reason=f"there have been {len(lately)} attempts within an hour, the most that are made; "
            f"{_again(lately, limits.per_hour, limits.hour)}, or a person has to look",
        )


def _again(attempts: Iterable[Attempted], most: int, hour: timedelta) -> str:
    """When there will be room for one more."""
    newest = sorted((one.at for one in attempts), reverse=True)
    return f"it may be tried again at {time_text(newest[most - 1] + hour)}"


def _too_soon(
    wanted: Wanted, others: list[Attempted], around: Surroundings, limits: Limits, now: datetime
) -> Iterator[Stopped]:
    """What holds only for actions that run by themselves."""
    ill = around.ill | {wanted.target}
    if len(ill) > limits.most_ill:
        yield Stopped(
            rail="too_many_ill",
            reason=f"{len(ill)} targets are ill at once, more than {limits.most_ill}: the cause is somewhere else, and "
            "nothing runs by itself; a person has to look",
        )
    here = [one for one in others if one.target == wanted.target and one.counts]
    for one in here:
        if one.outcome in (PENDING, RAN):
            doing = "has not ended yet" if one.outcome == PENDING else "has run, and whether it helped is not known yet"
            yield Stopped(rail="unjudged", reason=f"{one.name} on {wanted.target} {doing}")
    quiet = limits.quiet_for(wanted.service, wanted.alert, wanted.severity)
    helped = [one for one in here if one.outcome == VERIFIED and one.judged_at is not None]
    last = max(helped, key=lambda one: one.judged_at or now, default=None)
    if last is not None and last.judged_at is not None and now < last.judged_at + quiet:
        yield Stopped(
            rail="quiet",
            reason=f"{last.name} on {wanted.target} has helped, and nothing runs by itself there until "
            f"{time_text(last.judged_at + quiet)}; a person has to look",
        )
