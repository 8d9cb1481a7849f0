"""Where facts about alerts belong: the incident that has the alert, the one that is going on, or a new one.

From the moment that a person or a remediation works on an incident, the bot moves nothing out of it any more; what
nobody has worked on is kept by `bots.belonging.settle`.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bots.belonging.gathering import Gathering
from bots.belonging.partition import clusters, minus, plus, pooled
from bots.belonging.settle import Settling, as_fact, by_time
from bots.incident import History
from bots.rulebook import Place
from bots.timeline.event import Event, Kind, parse_time
from bots.timeline.span import FOREVER, Span
from bots.timeline.state import Incident, Status


def attach(
    gathering: Gathering, place: Place, facts: Sequence[Event], *, reopen_within: timedelta, received_at: datetime
) -> tuple[int, ...]:
    """Records facts of one place; returns the incidents that they are part of, known ones included."""
    ordered = sorted({fact.key: fact for fact in facts}.values(), key=by_time)
    start = parse_time(ordered[0].data["starts_at"])
    until = max(_span(fact).until for fact in ordered)
    fingerprints = [str(fact.data["fingerprint"]) for fact in ordered]
    cases = gathering.near(place, start, until, fingerprints, reopen_within)
    used: set[int] = set()
    loose: list[Event] = []
    for fact in ordered:
        holders = [case.number for case in cases if fact.key in case.keys]
        owner = None if holders else _owner(cases, fact, reopen_within)
        if holders:
            used.update(holders)
        elif owner is None:
            loose.append(fact)
        else:
            gathering.add(owner, (fact,))
            used.add(owner)
    if loose:
        settling = Settling(gathering=gathering, place=place, reopen_within=reopen_within, received_at=received_at)
        used |= settling.settle(_concerned(gathering, place, cases, loose, reopen_within), loose)
    return tuple(sorted(used))


def _concerned(
    gathering: Gathering, place: Place, cases: Sequence[History], loose: Sequence[Event], reopen_within: timedelta
) -> Sequence[History]:
    """The incidents that nobody worked on and that new facts may change: those near, those near to them, and so on."""
    while True:
        free = [case for case in cases if not case.state.inputs.touched]
        known = [alert for case in free for alert in case.state.alerts.values()]
        spans = [span for alert in pooled(known, map(as_fact, loose)) for span in alert.spans]
        start, until = min(span.start for span in spans), max(span.until for span in spans)
        further = gathering.near(place, start, until, (), reopen_within)
        if {case.number for case in further} <= {case.number for case in cases}:
            return free
        cases = sorted({case.number: case for case in (*cases, *further)}.values(), key=lambda case: case.number)


def _span(fact: Event) -> Span:
    known = as_fact(fact)[1]
    return Span(known.start, known.end)


def _owner(cases: Sequence[History], fact: Event, reopen_within: timedelta) -> int | None:
    """The incident that somebody has worked on and that the fact belongs to; None if it belongs to no such one."""
    worked_on = [case for case in cases if case.state.inputs.touched]
    matching = [case for case in worked_on if _continues(case.state, fact)]
    if matching:
        active = [case for case in matching if case.state.status.active]
        return (active or matching)[-1].number
    span = _span(fact)
    taking = [case.number for case in worked_on if _takes(case.state, span, reopen_within)]
    older = [case.number for case in cases if not case.state.inputs.touched and _goes_on(case, span, reopen_within)]
    return min(taking) if taking and min(taking) < min(older, default=taking[0] + 1) else None


def _goes_on(case: History, span: Span, reopen_within: timedelta) -> bool:
    """Whether an incident that nobody worked on is going on when the alert starts."""
    last = clusters(case.state.alerts.values(), reopen_within)[-1:]
    return case.state.started_at <= span.start and any(cluster.accepts(span, reopen_within) for cluster in last)


def _continues(incident: Incident, fact: Event) -> bool:
    """Whether the fact is about a time in which the incident's own alert of that fingerprint fired."""
    alert = incident.alerts.get(str(fact.data["fingerprint"]))
    if alert is None:
        return False
    told = _span(fact)
    if fact.kind == Kind.ALERT_RESOLVED:
        return any(span.start <= told.until and told.start <= span.until for span in alert.spans)
    last = alert.spans[-1]
    if last.end is None and any(last.start <= cut < told.start for cut in alert.cuts):
        # Somebody resolved the incident since, so that the alert starts anew.
        return any(span.holds(told.start) for span in alert.spans[:-1])
    return any(span.holds(told.start) for span in alert.spans)


def _takes(incident: Incident, span: Span, reopen_within: timedelta) -> bool:
    """Whether an alert that the incident does not know yet becomes part of it."""
    if incident.inputs.duplicate_of is not None:
        return False
    closed_at = incident.closed_at
    if incident.status is Status.CLOSED and (span.end is None or (closed_at and span.start > closed_at)):
        # Closed is final for the bot: what fires now needs an incident that people see.
        return False
    return any(
        minus(span.start, reopen_within) <= (phase.end or FOREVER) and plus(span.until, reopen_within) >= phase.start
        for phase in incident.phases
    )
