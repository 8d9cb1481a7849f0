"""How one event changes the inputs of an incident. Total: an event that says nothing new changes nothing."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from bots.timeline.alert_state import AlertState, Fact
from bots.timeline.event import BOT, FACTS, Event, Kind, parse_time
from bots.timeline.event_fields import JUDGEMENTS
from bots.timeline.state import Inputs, Link, Mark, Remediation

_UNTOUCHED: Final = FACTS | {Kind.OPENED, Kind.LINKED, Kind.AMENDED, Kind.REDACTED, Kind.DENIED}
_ENDINGS: Final = frozenset({Kind.RESOLVED, Kind.CLOSED})
_DUPLICATE_OF: Final = "duplicate_of"
_DUPLICATE: Final = "duplicate"


def apply(inputs: Inputs | None, event: Event) -> Inputs:
    """The inputs after an event. The first event of a timeline is `opened`; another one begins a nameless incident."""
    if inputs is None:
        return _opened(event)
    told_by_bot = event.kind == Kind.NOTED and event.by == BOT
    inherited = event.kind == Kind.REMEDIATION_FINISHED and "incident" in event.data
    if event.kind not in _UNTOUCHED and not told_by_bot and not inherited and not inputs.touched:
        inputs = replace(inputs, touched=True)
    change = _CHANGES.get(event.kind)
    return inputs if change is None else change(inputs, event)


def _opened(event: Event) -> Inputs:
    data = event.data
    begun = Inputs(
        number=int(data.get("incident", 1)),
        team=str(data.get("team", "")),
        service=str(data.get("service", "")),
        drill=bool(data.get("drill", False)),
        declared=bool(data.get("declared", False)),
        title=str(data.get("title", "")),
        opened_at=event.at,
        opened_by=event.by,
        opened_key=event.key,
        touched=bool(data.get("declared", False)),
    )
    if "priority" in data:
        begun = replace(begun, marks=(_mark(event, Kind.PRIORITY_CHANGED, str(data["priority"])),))
    return begun if event.kind == Kind.OPENED else apply(begun, event)


def _mark(event: Event, kind: Kind | None = None, value: str = "") -> Mark:
    alerts = event.data.get("alerts")
    dismissed = None if alerts is None else frozenset(alerts)
    return Mark(kind=(kind or event.kind).value, at=event.at, by=event.by, value=value, dismissed=dismissed)


def _fact(inputs: Inputs, event: Event) -> Inputs:
    return with_facts(inputs, (event,))


def with_facts(inputs: Inputs, events: Iterable[Event]) -> Inputs:
    """The inputs with facts added, those already known left out; cheaper than one by one."""
    alerts = dict(inputs.alerts)
    for event in events:
        data = event.data
        fingerprint = str(data["fingerprint"])
        known = alerts.get(fingerprint)
        end = parse_time(data["ends_at"]) if event.kind == Kind.ALERT_RESOLVED else None
        fact = Fact(event.id, parse_time(data["starts_at"]), end, data)
        if fact.id in inputs.moved:
            continue
        if known is None:
            alerts[fingerprint] = AlertState(fingerprint, (fact,), _cuts(inputs.marks))
        elif all(other.id != fact.id for other in known.facts):
            alerts[fingerprint] = replace(known, facts=(*known.facts, fact))
    return replace(inputs, alerts=alerts)


def _cuts(marks: Iterable[Mark]) -> tuple[datetime, ...]:
    return tuple(mark.at for mark in marks if mark.kind in _ENDINGS)


def _marked(inputs: Inputs, event: Event) -> Inputs:
    verdict = str(event.data.get("verdict", "")) or inputs.verdict
    if event.kind == Kind.REOPENED:
        verdict = ""
    value = str(event.data.get("priority", ""))
    duplicate_of = event.data.get("duplicate_of", inputs.duplicate_of)
    if event.kind == Kind.REOPENED:
        duplicate_of = None
    marks = (*inputs.marks, _mark(event, value=value))
    alerts = inputs.alerts
    if event.kind in _ENDINGS:
        alerts = {name: replace(alert, cuts=_cuts(marks)) for name, alert in alerts.items()}
    return replace(inputs, marks=marks, alerts=alerts, verdict=verdict, duplicate_of=duplicate_of)


def _acknowledged(inputs: Inputs, event: Event) -> Inputs:
    assignee = inputs.assignee or event.by
    return replace(_marked(inputs, event), assignee=assignee)


def _assigned(inputs: Inputs, event: Event) -> Inputs:
    to = str(event.data["to"])
    passed = dict.fromkeys(event.data.get("roles", ()), to)
    return replace(inputs, assignee=to, roles={**inputs.roles, **passed})


def _role_assigned(inputs: Inputs, event: Event) -> Inputs:
    return replace(inputs, roles={**inputs.roles, str(event.data["role"]): str(event.data["to"])})


def _noted(inputs: Inputs, event: Event) -> Inputs:
    if "began_at" not in event.data:
        return inputs
    return replace(inputs, began_at=parse_time(event.data["began_at"]))


def _linked(inputs: Inputs, event: Event) -> Inputs:
    data = event.data
    other = data.get("incident")
    if data["relation"] == _DUPLICATE_OF and other:
        return replace(inputs, duplicate_of=int(other))
    if data["relation"] == _DUPLICATE and other:
        return replace(inputs, duplicates=tuple(sorted({*inputs.duplicates, int(other)})))
    link = Link(
        relation=str(data["relation"]),
        incident=int(other) if other else None,
        url=str(data.get("url", "")),
        title=str(data.get("title", "")),
    )
    return inputs if link in inputs.links else replace(inputs, links=(*inputs.links, link))


def _amended(inputs: Inputs, event: Event) -> Inputs:
    """Facts that turned out to belong to another incident no longer count here, until they are moved back."""
    if "moved_to" not in event.data:
        return inputs
    named = set(event.data["amends"])
    back = event.data["moved_to"] == inputs.number
    facts = {fact.id: (name, fact) for name, alert in inputs.alerts.items() for fact in alert.facts} | dict(
        inputs.moved
    )
    away = {fact_id for fact_id in inputs.moved if not (back and fact_id in named)}
    if not back:
        away |= named & facts.keys()
    by_alert: dict[str, list[Fact]] = {}
    for fact_id, (name, fact) in facts.items():
        if fact_id not in away:
            by_alert.setdefault(name, []).append(fact)
    cuts = _cuts(inputs.marks)
    alerts = {name: AlertState(name, tuple(kept), cuts) for name, kept in by_alert.items()}
    return replace(inputs, alerts=alerts, moved={fact_id: facts[fact_id] for fact_id in away})


def _requested(inputs: Inputs, event: Event) -> Inputs:
    data: Mapping[str, Any] = event.data
    number = int(data["attempt"])
    attempt = Remediation(
        attempt=number,
        action=str(data["action"]),
        alert=str(data.get("alert", "")),
        target=dict(data.get("target", {})),
        parameters=dict(data.get("parameters", {})),
        automatic=bool(data.get("automatic", False)),
        dry_run=bool(data.get("dry_run", False)),
        approval=bool(data.get("approval", False)),
        requested_by=event.by,
        requested_at=event.at,
    )
    others = tuple(known for known in inputs.remediations if (known.inherited_from, known.attempt) != (None, number))
    return replace(inputs, remediations=(*others, attempt))


def _attempt(change: Callable[[Remediation, Event], Remediation]) -> Callable[[Inputs, Event], Inputs]:
    def changed(inputs: Inputs, event: Event) -> Inputs:
        whose = (event.data.get("incident"), event.data["attempt"])
        attempts = tuple(
            change(known, event) if (known.inherited_from, known.attempt) == whose else known
            for known in inputs.remediations
        )
        return replace(inputs, remediations=attempts)

    return changed


def _ended(inputs: Inputs, event: Event) -> Inputs:
    """An end; in a duplicate, that of an attempt of the incident it belongs to, which may be new here."""
    whose = (event.data.get("incident"), event.data["attempt"])
    known = any((one.inherited_from, one.attempt) == whose for one in inputs.remediations)
    if whose[0] is not None and not known:
        inputs = replace(inputs, remediations=(*inputs.remediations, _inherited(event)))
    return _attempt(_finished)(inputs, event)


def _inherited(event: Event) -> Remediation:
    return Remediation(
        attempt=int(event.data["attempt"]),
        action=str(event.data.get("action", "")),
        alert=str(event.data.get("alert", "")),
        target={},
        parameters={},
        automatic=False,
        dry_run=False,
        requested_by=BOT,
        requested_at=event.at,
        inherited_from=int(event.data["incident"]),
    )


def _finished(known: Remediation, event: Event) -> Remediation:
    detail = str(event.data.get("detail", ""))
    if event.data["outcome"] in JUDGEMENTS:
        return replace(known, outcome=str(event.data["outcome"]), judged_at=event.at, judgement=detail)
    output = str(event.data.get("output", ""))
    return replace(known, finished_at=event.at, outcome=str(event.data["outcome"]), detail=detail, output=output)


_CHANGES: Final[Mapping[Kind, Callable[[Inputs, Event], Inputs]]] = {
    Kind.ALERT_FIRED: _fact,
    Kind.ALERT_RESOLVED: _fact,
    Kind.ACKNOWLEDGED: _acknowledged,
    Kind.ASSIGNED: _assigned,
    Kind.ROLE_ASSIGNED: _role_assigned,
    Kind.NOTED: _noted,
    Kind.PRIORITY_CHANGED: _marked,
    Kind.MITIGATED: _marked,
    Kind.RESOLVED: _marked,
    Kind.REOPENED: _marked,
    Kind.CLOSED: _marked,
    Kind.LINKED: _linked,
    Kind.AMENDED: _amended,
    Kind.REMEDIATION_REQUESTED: _requested,
    Kind.REMEDIATION_APPROVED: _attempt(lambda known, event: replace(known, approved_by=event.by)),
    Kind.REMEDIATION_STARTED: _attempt(lambda known, event: replace(known, started_at=event.at)),
    Kind.REMEDIATION_FINISHED: _ended,
}
