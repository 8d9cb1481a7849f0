"""One incident: any event in any state gives a state and effects. Their diagram is in `bots.timeline.state`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final

from bots.guards.attempted import RAN
from bots.timeline.corrections import as_read
from bots.timeline.derive import derive
from bots.timeline.effect import DraftPostmortem, Effect, JudgeRemediation, Notify, RemediationDue, RunRemediation
from bots.timeline.event import BOT, FACTS, Event, Kind, key_of
from bots.timeline.fold import apply, with_facts
from bots.timeline.state import Incident, Inputs, Status, incident_name, incident_number

DRAFTED: Final = ("P0", "P1")
"""Priorities whose incidents get a draft of a postmortem when they are resolved."""
POSTMORTEM: Final = "postmortem"
"""The topic of a note by which somebody asks for a draft."""
_OLD: Final = timedelta(days=1)
"""An alert that has fired for longer is not even looked at; why a younger one is not remedied is noted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What an event makes of an incident."""

    incident: Incident
    effects: tuple[Effect, ...]


def step(incident: Incident | None, event: Event, now: datetime) -> Step:
    """The incident after an event, and what has to happen outside. Pure, and defined for every event in every state.

    An event that is already part of the incident's facts changes nothing and has no effects; telling apart the
    repetitions of other events is the history's job (`History.fresh`).
    """
    after = derive(apply(incident.inputs if incident else None, event))
    return Step(incident=after, effects=effects(incident, after, (event,), now))


def advance(incident: Incident | None, events: Sequence[Event]) -> Incident | None:
    """The incident after many events; None only if there is none before and no event."""
    inputs = incident.inputs if incident else None
    facts: list[Event] = []
    for event in events:
        if inputs is not None and event.kind in FACTS:
            facts.append(event)
            continue
        inputs = apply(_flushed(inputs, facts), event)
    inputs = _flushed(inputs, facts)
    return None if inputs is None else derive(inputs)


def _flushed(inputs: Inputs | None, facts: list[Event]) -> Inputs | None:
    if inputs is not None and facts:
        inputs = with_facts(inputs, facts)
        facts.clear()
    return inputs


def effects(before: Incident | None, after: Incident, events: Sequence[Event], now: datetime) -> tuple[Effect, ...]:
    """What has to happen outside because these events led from one state to the other."""
    if not events:
        return ()
    last = events[-1].key
    told = list(_told(before, after, events))
    found: list[Effect] = [Notify(incident=after.number, what=what, event_key=key) for what, key in told]
    ended = not after.status.active and (before is None or before.status.active)
    if ended and after.priority in DRAFTED and after.inputs.duplicate_of is None:
        found.append(DraftPostmortem(incident=after.number, event_key=last))
    asked = next((event.key for event in events if event.data.get("topic") == POSTMORTEM), None)
    if asked is not None and not ended:
        found.append(DraftPostmortem(incident=after.number, event_key=asked))
    found += _due(before, after, events, now)
    found += _runs(after, events)
    found += _judgements(after, events)
    return tuple(found)


def _told(before: Incident | None, after: Incident, events: Sequence[Event]) -> Iterable[tuple[str, str]]:
    """What people may want to hear, each with the event that caused it."""
    last = events[-1].key
    if before is None:
        yield "opened", events[0].key
    was_active = before is None or before.status.active
    if was_active and after.status is Status.RESOLVED:
        yield "resolved", last
    if before is not None and not was_active and after.status.active:
        yield "reopened", last
    if before is not None and before.priority != after.priority:
        yield "priority_changed", last
    if any(event.kind in FACTS for event in events):
        yield "alerts_changed", last
    said_already = FACTS | {Kind.OPENED, Kind.RESOLVED, Kind.REOPENED, Kind.PRIORITY_CHANGED}
    for event in events:
        if event.kind not in said_already:
            yield event.kind.value, event.key


def _due(before: Incident | None, after: Incident, events: Sequence[Event], now: datetime) -> Iterable[Effect]:
    if not after.status.active or after.inputs.duplicate_of is not None:
        return
    seen: set[str] = set()
    for event in events:
        fingerprint = str(event.data.get("fingerprint", ""))
        alert = after.alerts.get(fingerprint)
        if event.kind != Kind.ALERT_FIRED or fingerprint in seen or alert is None or not alert.firing:
            continue
        known = before.alerts.get(fingerprint) if before else None
        if (known is None or not known.firing) and now - alert.spans[-1].start <= _OLD:
            seen.add(fingerprint)
            yield RemediationDue(
                incident=after.number,
                event_key=event.key,
                service=after.service,
                alert=alert.name,
                fingerprint=fingerprint,
            )


def _runs(after: Incident, events: Sequence[Event]) -> Iterable[Effect]:
    wanted = (Kind.REMEDIATION_REQUESTED, Kind.REMEDIATION_APPROVED)
    asked = {event.data["attempt"]: event.key for event in events if event.kind in wanted}
    for attempt in after.inputs.remediations:
        if attempt.inherited_from is not None or attempt.attempt not in asked or attempt.waits:
            continue
        if attempt.started_at is None and not attempt.outcome:
            yield RunRemediation(
                incident=after.number,
                event_key=asked[attempt.attempt],
                attempt=attempt.attempt,
                action=attempt.action,
                target=attempt.target,
                parameters=attempt.parameters,
                alert=attempt.alert,
                service=after.service,
                dry_run=attempt.dry_run,
            )


def _judgements(after: Incident, events: Sequence[Event]) -> Iterable[Effect]:
    for event in events:
        if event.kind == Kind.REMEDIATION_FINISHED and event.data["outcome"] == RAN and "incident" not in event.data:
            yield JudgeRemediation(incident=after.number, event_key=event.key, attempt=event.data["attempt"])


@dataclass(frozen=True)
class History:
    """An incident with its events: what one folder of the records holds."""

    events: tuple[Event, ...]
    state: Incident

    @classmethod
    def of(cls, events: Sequence[Event]) -> "History":
        """The history that events make; raises ValueError if there are none."""
        state = advance(None, events)
        if state is None:
            raise ValueError("a history needs at least one event")
        return cls(tuple(events), state)

    @cached_property
    def keys(self) -> frozenset[str]:
        """The keys of its events."""
        return frozenset(event.key for event in self.events)

    @property
    def number(self) -> int:
        """7 for INC-7."""
        return self.state.number

    @property
    def path(self) -> str:
        """Its folder on the branch `records`."""
        return folder(self.number, self.state.inputs.opened_at)

    def fresh(self, events: Iterable[Event]) -> tuple[Event, ...]:
        """Those that are not part of it yet, each once."""
        found = {event.key: event for event in events if event.key not in self.keys}
        return tuple(found.values())

    def extended(self, events: Sequence[Event]) -> "History":
        """The history with more events at its end; those that it has already are left out."""
        fresh = self.fresh(events)
        if not fresh:
            return self
        state = advance(self.state, fresh)
        assert state is not None
        return History((*self.events, *fresh), state)

    @cached_property
    def rows(self) -> tuple[Event, ...]:
        """The events, and the transitions that follow from them, by time: what people read; notes as they hold now."""
        found = [*as_read(self.events), *transitions(self.state)]
        return tuple(sorted(found, key=lambda event: event.at))


def transitions(state: Incident) -> tuple[Event, ...]:
    """Resolutions and reopenings that nobody did: they follow from the alerts. Not part of the timeline's file."""
    found: list[Event] = []
    for order, phase in enumerate(state.phases):
        if order and phase.started_by == BOT:
            found.append(_transition(state, Kind.REOPENED, phase.start))
        if phase.end is not None and phase.ended_by == BOT:
            found.append(_transition(state, Kind.RESOLVED, phase.end))
    return tuple(found)


def _transition(state: Incident, kind: Kind, at: datetime) -> Event:
    key = key_of("derived", str(state.number), kind, at.isoformat())
    return Event(kind=kind, at=at, by=BOT, key=key, data={"derived": True})


def folder(number: int, opened_at: datetime) -> str:
    """`incidents/2026/01/INC-7`."""
    return f"incidents/{opened_at:%Y}/{opened_at:%m}/{incident_name(number)}"


__all__ = [
    "DRAFTED",
    "History",
    "Incident",
    "Status",
    "Step",
    "advance",
    "effects",
    "folder",
    "incident_name",
    "incident_number",
    "step",
    "transitions",
]
