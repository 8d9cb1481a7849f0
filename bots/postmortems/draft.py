"""The draft of a postmortem: what the machine knows, under the headings of `postmortems/TEMPLATE.md`. Pure.

Prose, causes and follow-ups are for people; where they go, the draft says what is wanted.
"""

from typing import Final

from bots import markdown
from bots.event import time_text
from bots.incident import History
from bots.phrases import duration, moment, phrase
from bots.record_text import emit
from bots.state import Incident, incident_name

HEADINGS: Final = (
    "Summary",
    "Impact",
    "Timeline",
    "What the machine did",
    "Contributing factors",
    "What went well",
    "Follow-ups",
)
_MAX_ROWS: Final = 500


def draft_path(incident: Incident) -> str:
    """`postmortems/2026/INC-7.md`."""
    return f"postmortems/{incident.inputs.opened_at:%Y}/{incident.name}.md"


def branch(number: int) -> str:
    """The branch of the main repository that a draft is on."""
    return f"postmortem/{incident_name(number)}"


def draft(history: History) -> bytes:
    """The draft's text: the same for the same history."""
    state = history.state
    sections = {
        "Summary": _summary(state),
        "Impact": ["*Who noticed what, for how long; requests and error budget lost.*"],
        "Timeline": _timeline(history),
        "What the machine did": _machine(state),
        "Contributing factors": ["*What came together so that this could happen. No names of persons as causes.*"],
        "What went well": ["*What kept it from being worse.*"],
        "Follow-ups": ["*What will be done, by whom, until when: in the lines between the two `---` above.*"],
    }
    lines = [f"# {state.name}: {markdown.text(state.title, limit=200)}", ""]
    for heading in HEADINGS:
        lines += [f"## {heading}", "", *sections[heading], ""]
    return b"---\n" + emit(_front_matter(state)) + b"---\n\n" + "\n".join(lines).encode()


def _front_matter(state: Incident) -> dict[str, object]:
    found: dict[str, object] = {
        "incident": state.name,
        "title": state.title,
        "service": state.service,
        "team": state.team,
        "priority": state.priority,
        "drill": state.drill,
        "status": "draft",
        "started_at": time_text(state.started_at),
    }
    if state.resolved_at is not None:
        found["resolved_at"] = time_text(state.resolved_at)
    return found | {"follow_ups": []}


def _summary(state: Incident) -> list[str]:
    rows = [
        ["Service", markdown.text(state.service)],
        ["Priority", state.priority],
        ["Detected", _detected(state)],
        ["Acknowledged", _after(state, "acknowledged")],
        ["Mitigated", _after(state, "mitigated")],
        ["Resolved", _after(state, "resolved")],
        ["Reopened", f"{len(state.phases) - 1}×" if len(state.phases) > 1 else "never"],
    ]
    return [*markdown.table(["", ""], rows), "", "*What happened, in three sentences for somebody who was not there.*"]


def _detected(state: Incident) -> str:
    began = state.inputs.began_at
    if began is None:
        return f"{moment(state.started_at)} (nobody has recorded when it began)"
    return f"{moment(state.started_at)}, {duration(state.started_at - began)} after it began"


def _after(state: Incident, what: str) -> str:
    at, by = getattr(state, f"{what}_at"), getattr(state, f"{what}_by")
    if at is None:
        return "–"
    return f"{moment(at)}, {duration(at - state.started_at)} after detection, by {markdown.text(by)}"


def _timeline(history: History) -> list[str]:
    rows = history.rows
    shown = rows[:_MAX_ROWS]
    lines = [[moment(event.at), markdown.text(event.by), phrase(event)] for event in shown]
    more = len(rows) - len(shown)
    tail = ["", f"{more} more entries are in the incident's `timeline.yaml`."] if more else []
    return ["Times are in UTC.", "", *markdown.table(["When", "Who", "What"], lines), *tail]


def _machine(state: Incident) -> list[str]:
    attempts = state.inputs.remediations
    if not attempts:
        return ["No remediation was run."]
    rows = []
    for attempt in attempts:
        took = "–"
        if attempt.started_at and attempt.finished_at:
            took = duration(attempt.finished_at - attempt.started_at)
        action = markdown.text(attempt.action)
        rows.append([str(attempt.attempt), action, markdown.text(attempt.requested_by), took, attempt.outcome or "–"])
    return markdown.table(["Attempt", "Action", "Asked by", "Took", "Outcome"], rows)
