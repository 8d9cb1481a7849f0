"""The message of a commit on `records`: what happened to which incident, in words of ours only."""

from collections.abc import Sequence
from typing import Final

from bots.belonging.change import Change, Decision
from bots.timeline.state import incident_name

_NAMED: Final = 5
"""Incidents that the first line names."""


def commit_message(decision: Decision) -> str:
    """`incidents: INC-12 opened, alert_fired`, then trailers: a line per incident."""
    subjects = []
    if decision.changes:
        named = "; ".join(_said(change) for change in decision.changes[:_NAMED])
        more = len(decision.changes) - _NAMED
        subjects.append(f"incidents: {named}" + (f"; {more} more" if more > 0 else ""))
    if decision.audit:
        count = len(decision.audit)
        subjects.append(f"audit: {count} denied")
    trailers = [f"Incident: {incident_name(change.number)} {change.after.state.status}" for change in decision.changes]
    return "; ".join(subjects) + "\n\n" + "\n".join(trailers or ["Incident: none"]) + "\n"


def _said(change: Change) -> str:
    return f"{incident_name(change.number)} {', '.join(kinds(change))}"


def kinds(change: Change) -> Sequence[str]:
    """The kinds of a change's events, each once."""
    return list(dict.fromkeys(event.kind.value for event in change.events))
