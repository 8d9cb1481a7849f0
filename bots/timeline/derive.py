"""From what the events said to what the incident is: status, priority, times.

Everything here is a function of the set of facts and of what people did and when, never of the order of arrival.
"""

from datetime import datetime

from bots.timeline.alert_state import AlertState
from bots.timeline.event import BOT, Kind
from bots.timeline.phases import Course, course
from bots.timeline.state import Incident, Inputs, Mark, Phase, Status

LOWEST = "P4"


def derive(inputs: Inputs) -> Incident:
    """The incident that these inputs make."""
    path = incident_course(inputs)
    first_ack = _first(inputs, Kind.ACKNOWLEDGED, Kind.MITIGATED)
    first_mitigation = _first(inputs, Kind.MITIGATED)
    status = _status(inputs, path)
    ended = None if status.active else _last_end(inputs, path)
    return Incident(
        inputs=inputs,
        status=status,
        priority=_priority(inputs, active=status.active),
        paged=has_paged(inputs),
        title=_title(inputs),
        phases=path.phases,
        started_at=path.phases[0].start if path.phases else inputs.opened_at,
        acknowledged_at=first_ack.at if first_ack else None,
        acknowledged_by=first_ack.by if first_ack else "",
        mitigated_at=first_mitigation.at if first_mitigation else None,
        mitigated_by=first_mitigation.by if first_mitigation else "",
        resolved_at=ended[0] if ended else None,
        resolved_by=ended[1] if ended else "",
        closed_at=path.closed.at if path.closed else None,
        closed_by=path.closed.by if path.closed else "",
    )


def has_paged(inputs: Inputs) -> bool:
    """Whether any of its alerts is a page."""
    return any(alert.severity == "page" for alert in inputs.alerts.values())


def holding(inputs: Inputs) -> tuple[AlertState, ...]:
    """The alerts that keep it active: its pages, or all of them if it never paged.

    None if a person declared it and it never paged: that is more than a ticket that happens to fire beside it, so a
    person resolves it.
    """
    if has_paged(inputs):
        return tuple(alert for alert in inputs.alerts.values() if alert.severity == "page")
    return () if inputs.declared else tuple(inputs.alerts.values())


def ranking(inputs: Inputs) -> tuple[AlertState, ...]:
    """The alerts that give it its priority and its title."""
    return holding(inputs) or tuple(inputs.alerts.values())


def incident_course(inputs: Inputs) -> Course:
    """When it was active."""
    spans = [(alert.fingerprint, span) for alert in holding(inputs) for span in alert.spans]
    by_hand = inputs.declared or not (spans or inputs.duplicate_of)
    declared = (inputs.opened_at, inputs.opened_by) if by_hand else None
    return course(spans, inputs.marks, declared=declared)


def _status(inputs: Inputs, path: Course) -> Status:
    if path.closed is not None:
        return Status.CLOSED
    if not path.active:
        return Status.RESOLVED
    phase = path.phases[-1]
    first = len(path.phases) == 1
    if _within(inputs, phase, first, Kind.MITIGATED):
        return Status.MITIGATED
    if _within(inputs, phase, first, Kind.ACKNOWLEDGED):
        return Status.ACKNOWLEDGED
    return Status.OPEN


def _within(inputs: Inputs, phase: Phase, first: bool, kind: Kind) -> bool:
    """Whether somebody did this in the phase; clocks differ, so in the first phase whatever its time."""
    return any(mark.kind == kind and (first or mark.at >= phase.start) for mark in inputs.marks)


def _first(inputs: Inputs, *kinds: Kind) -> Mark | None:
    found = [mark for mark in inputs.marks if mark.kind in kinds]
    return min(found, key=lambda mark: mark.at) if found else None


def _last_end(inputs: Inputs, path: Course) -> tuple[datetime, str]:
    if path.phases:
        last = path.phases[-1]
        return (last.end or inputs.opened_at, last.ended_by)
    return (inputs.opened_at, BOT)


def _priority(inputs: Inputs, *, active: bool) -> str:
    """The highest of the firing alerts while it is active, the highest it had afterwards.

    What a person set holds until a more severe alert starts after that.
    """
    manual = next((mark for mark in reversed(inputs.marks) if mark.kind == Kind.PRIORITY_CHANGED), None)
    alerts = ranking(inputs)
    if manual is not None:
        alerts = tuple(alert for alert in alerts if alert.spans[-1].start > manual.at)
    known = [alert.priority for alert in alerts]
    firing = [alert.priority for alert in alerts if alert.firing]
    candidates = firing if active and firing else known
    if manual is not None:
        candidates = [*candidates, manual.value]
    return min(candidates, default=LOWEST)


def _title(inputs: Inputs) -> str:
    if inputs.title:
        return inputs.title
    alerts = ranking(inputs)
    if not alerts:
        return f"trouble with {inputs.service}"
    lead = min(alerts, key=lambda alert: (alert.priority, alert.started_at, alert.name, alert.fingerprint))
    return f"{lead.name} on {inputs.service}"
