"""A page that nobody acknowledges in time reaches the next person, and the record says so.

PagerDuty has a clock of its own; this one holds whatever becomes of it, for incidents that people declared, and for
drills. The first person was told by the page. When the time of the priority is over the next step of the team's
escalation is due, and after each step's own wait the one that follows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from alerting.model.policy import Policy
from alerting.model.quantities import Duration
from alerting.model.team import EscalationStep, Recipient, Team
from alerting.oncall import DEFAULT_WAIT, on_call
from bots.clock import View
from bots.incident import History
from bots.timeline.event import BOT, Kind
from bots.timeline.intake import Command
from bots.timeline.state import Incident, Status

TOPIC: Final = "escalation"
COMMAND: Final = "escalate"
SOURCE: Final = "clock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One step that is due."""

    step: int
    """Its number in the team's escalation, from 1."""
    at: datetime
    """When it became due."""
    layer: str | None
    """The layer that the step names; None when it names a person."""
    who: str | None
    """The member; None when nobody is left to be told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalated:
    """One step that is on the record."""

    step: int
    at: datetime
    to: str
    """The member who was told; empty if nobody was left."""


def escalations(history: History) -> tuple[Escalated, ...]:
    """Those of the phase that goes on, in order; none once the incident is over."""
    phases = history.state.phases
    if not phases or not history.state.status.active:
        return ()
    first = len(phases) == 1
    return tuple(
        Escalated(step=int(event.data.get("step", 0)), at=event.at, to=str(event.data.get("to", "")))
        for event in history.events
        if event.kind == Kind.NOTED and event.data.get("topic") == TOPIC and (first or event.at >= phases[-1].start)
    )


def rungs(team: Team, since: datetime, within: Duration, until: datetime) -> tuple[Rung, ...]:
    """The steps after the first that are due by `until`, for a page at `since` that has `within` to be acknowledged.

    A layer that has nobody at its time is passed at once. A team with one step has nobody left: one rung says so.
    """
    found: list[Rung] = []
    at = since + _span(within)
    steps = _steps(team)
    for number, step in enumerate(steps[1:], start=2):
        if at > until:
            return tuple(found)
        layer = step.notify.layer
        who = step.notify.person if layer is None else on_call(team, at).get(layer)
        if who is None:
            continue
        found.append(Rung(step=number, at=at, layer=layer, who=who))
        at += _span(step.wait or DEFAULT_WAIT)
    if not found and at <= until:
        found.append(Rung(step=max(len(steps), 1), at=at, layer=None, who=None))
    return tuple(found)


def due(view: View, policy: Policy, now: datetime) -> Iterable[Command]:
    """The escalations of every page that nobody acknowledged in time. Pure; each has its own key."""
    for history in view.active():
        yield from _of(history, policy, now)


def _of(history: History, policy: Policy, now: datetime) -> Iterable[Command]:
    state = history.state
    team = policy.teams.get(state.team)
    meaning = policy.severity.priorities.get(state.priority)  # type: ignore[call-overload]  # a word of P0..P4
    if state.status is not Status.OPEN or not _pages(state) or team is None or meaning is None:
        return
    within = meaning.acknowledge_within
    if within is None:
        return
    since = asked_at(history)
    reached = max((one.step for one in escalations(history)), default=0)
    if now < since + _span(within) or reached >= max(len(_steps(team)), 1):
        # Most of the time: who was on call when need not be found out.
        return
    for rung in rungs(team, since, within, now):
        if rung.step > reached:
            yield _command(history, rung, since, within, now)


def _command(history: History, rung: Rung, since: datetime, within: Duration, now: datetime) -> Command:
    args = {"step": rung.step, "to": rung.who, "layer": rung.layer, "text": _text(rung, since, within)}
    return Command(
        key=f"escalation:{history.number}:{since.isoformat()}:{rung.step}",
        received_at=now,
        name=COMMAND,
        by=BOT,
        incident=history.number,
        args={name: value for name, value in args.items() if value is not None},
        source=SOURCE,
    )


def _text(rung: Rung, since: datetime, within: Duration) -> str:
    if rung.who is None:
        return f"Nobody acknowledged within {within}, and nobody is left to escalate to"
    whom = rung.who if rung.layer is None else f"{rung.who} ({rung.layer})"
    waited = Duration(int((rung.at - since) / timedelta(milliseconds=1)))
    return f"Nobody acknowledged within {waited}: escalated to {whom}"


def paged_at(history: History) -> datetime:
    """Since when somebody is asked to act: since the phase began, or since the bot heard of it, if that was later.

    What reaches the bot late, after an outage of its own, gives people their time from then on.
    """
    state = history.state
    start = state.phases[-1].start if state.phases else state.inputs.opened_at
    return max(start, state.inputs.opened_at) if len(state.phases) <= 1 else start


def asked_at(history: History) -> datetime:
    """Since when the time of its priority runs: it was not asked for before the incident had that priority."""
    state = history.state
    began = paged_at(history)
    mark = next((one for one in reversed(state.inputs.marks) if one.kind == Kind.PRIORITY_CHANGED), None)
    if mark is not None and mark.value == state.priority:
        return max(began, mark.at)
    starts = [one.spans[-1].start for one in state.alerts.values() if one.firing and one.priority == state.priority]
    return max(began, min(starts, default=began))


def _pages(state: Incident) -> bool:
    return state.paged or state.inputs.declared


def _steps(team: Team) -> Sequence[EscalationStep]:
    if team.escalation or team.on_call is None:
        return team.escalation
    return tuple(EscalationStep(notify=Recipient(layer=layer.name)) for layer in team.on_call.layers)


def _span(value: Duration) -> timedelta:
    return timedelta(milliseconds=value.ms)
