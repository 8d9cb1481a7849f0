"""Duplicates inherit what came of remediation in the incident that they belong to. Pure."""

from collections.abc import Iterator

from bots.belonging.gathering import Gathering
from bots.timeline.event import BOT, Event, Kind, key_of
from bots.timeline.state import Incident


def inherit(gathering: Gathering) -> None:
    """Adds to every duplicate that this decision concerns the ends of attempts that it does not know yet."""
    for number, history in sorted(gathering.changed().items()):
        inputs = history.state.inputs
        for duplicate in inputs.duplicates:
            _inherit(gathering, number, duplicate)
        if inputs.duplicate_of is not None:
            _inherit(gathering, inputs.duplicate_of, number)


def _inherit(gathering: Gathering, survivor: int, duplicate: int) -> None:
    source = gathering.get(survivor)
    ended = [] if source is None else list(ends(source.state))
    heir = gathering.get(duplicate) if ended and survivor != duplicate else None
    events = heir.fresh(ended) if heir is not None else ()
    if events:
        gathering.add(duplicate, events)


def ends(survivor: Incident) -> Iterator[Event]:
    """How the attempts of an incident ended, as its duplicates record it."""
    for attempt in survivor.inputs.remediations:
        at = attempt.judged_at or attempt.finished_at
        if at is None or attempt.inherited_from is not None or attempt.dry_run:
            continue
        data = {
            "attempt": attempt.attempt,
            "outcome": attempt.outcome,
            "incident": survivor.number,
            "action": attempt.action,
            "alert": attempt.alert,
            "detail": attempt.judgement or attempt.detail,
        }
        yield Event(
            kind=Kind.REMEDIATION_FINISHED,
            at=at,
            by=BOT,
            key=key_of("inherited", str(survivor.number), str(attempt.attempt), attempt.outcome),
            source="remediation",
            data={name: value for name, value in data.items() if value != ""},
        )
