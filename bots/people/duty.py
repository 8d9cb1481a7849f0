"""Who a page of a team reaches first, and when that changes: the shift change, in whatever layers a team has it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerting.model.policy import Policy
from alerting.model.team import Team
from alerting.oncall import on_call, shifts


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One person goes and another one comes."""

    at: datetime
    """UTC."""
    leaves: str | None
    """None where nobody was there."""
    comes: str | None
    """None where nobody is there now."""
    layer: str | None
    """The layer in which the new one is on call."""


def responder(team: Team, at: datetime, but: str = "") -> tuple[str, str] | None:
    """Whom a page reaches first, and in which layer; `but` is not meant. None where no layer has anybody else."""
    duty = on_call(team, at)
    for layer in _order(team):
        who = duty.get(layer)
        if who is not None and who != but:
            return who, layer
    return None


def reached_first(policy: Policy, teams: Iterable[str], at: datetime) -> Mapping[str, str]:
    """Whom a page of each team reaches first; teams that have nobody, or that no file describes, are left out."""
    found = {name: responder(policy.teams[name], at) for name in set(teams) & policy.teams.keys()}
    return {name: who[0] for name, who in found.items() if who is not None}


def last_change(team: Team, since: datetime, until: datetime) -> Change | None:
    """The latest time in (since, until] at which a page began to reach somebody else first, or nobody any more.

    None if there is none.
    """
    found = shifts(team, None, since, until + timedelta.resolution)
    instants = {at for shift in found for at in (shift.start, shift.end) if since < at <= until}
    for at in sorted(instants, reverse=True):
        before, after = responder(team, at - timedelta.resolution), responder(team, at)
        leaves, comes = before[0] if before else None, after[0] if after else None
        if leaves != comes:
            return Change(at=at, leaves=leaves, comes=comes, layer=after[1] if after else None)
    return None


def last_turn(team: Team, since: datetime, until: datetime) -> datetime | None:
    """The latest time in (since, until] at which anybody in any layer came or went; None if nobody did."""
    instants = {at for one in shifts(team, None, since, until + timedelta.resolution) for at in (one.start, one.end)}
    for at in sorted((at for at in instants if since < at <= until), reverse=True):
        if on_call(team, at - timedelta.resolution) != on_call(team, at):
            return at
    return None


def _order(team: Team) -> tuple[str, ...]:
    """Layers in the order in which a page reaches them; those that the escalation does not name come last."""
    layers = [layer.name for layer in team.on_call.layers] if team.on_call else []
    named = [step.notify.layer for step in team.escalation if step.notify.layer in layers]
    return tuple(dict.fromkeys([name for name in named if name is not None] + layers))
