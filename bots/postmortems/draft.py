"""The draft of a postmortem: what the machine knows, under the headings of `postmortems/TEMPLATE.md`. Pure.

Prose, causes and follow-ups are for people; where they go, the draft says what is wanted.
"""

from collections.abc import Mapping
from typing import Final

from bots.incident import History
from bots.postmortems.chart import percent
from bots.postmortems.evidence import Evidence, data_link
from bots.postmortems.impact import Impact
from bots.record_text import emit
from bots.timeline.event import Event, time_text
from bots.timeline.state import Incident, incident_name
from bots.words import markdown
from bots.words.phrases import duration, moment, phrase

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
_MAX_TITLE: Final = 500


def draft_path(incident: Incident) -> str:
    """`postmortems/2026/INC-7.md`."""
    return f"postmortems/{incident.inputs.opened_at:%Y}/{incident.name}.md"


def picture_path(incident: Incident) -> str:
    """`postmortems/2026/INC-7.svg`."""
    return f"postmortems/{incident.inputs.opened_at:%Y}/{incident.name}.svg"


def files(history: History, evidence: Evidence) -> Mapping[str, bytes]:
    """Everything that a draft's branch adds, by its path."""
    found = {draft_path(history.state): draft(history, evidence)}
    if evidence.picture is not None:
        found[picture_path(history.state)] = evidence.picture
    return found


def branch(number: int) -> str:
    """The branch of the main repository that a draft is on."""
    return f"postmortem/{incident_name(number)}"


def draft(history: History, evidence: Evidence) -> bytes:
    """The draft's text: the same for the same history and evidence."""
    state = history.state
    sections = {
        "Summary": _summary(state, evidence),
        "Impact": _impact(state, evidence),
        "Timeline": _timeline(history, evidence.dashboard),
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
        # As much as the front matter takes.
        "title": state.title[:_MAX_TITLE].strip(),
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


def _summary(state: Incident, evidence: Evidence) -> list[str]:
    rows = [
        ["Service", markdown.text(state.service)],
        ["Priority", state.priority],
        ["Detected", _detected(state, evidence)],
        ["Acknowledged", _after(state, "acknowledged")],
        ["Mitigated", _after(state, "mitigated")],
        ["Resolved", _after(state, "resolved")],
        ["Reopened", f"{len(state.phases) - 1}×" if len(state.phases) > 1 else "never"],
    ]
    return [*markdown.table(["", ""], rows), "", "*What happened, in three sentences for somebody who was not there.*"]


def _detected(state: Incident, evidence: Evidence) -> str:
    began = state.inputs.began_at
    if began is not None:
        return f"{moment(state.started_at)}, {duration(state.started_at - began)} after it began"
    if evidence.began_at is not None and evidence.began_at > state.started_at:
        early = duration(evidence.began_at - state.started_at)
        return f"{moment(state.started_at)}, {early} before the SLI left its objective"
    if evidence.began_at is not None:
        late = duration(state.started_at - evidence.began_at)
        return f"{moment(state.started_at)}, {late} after the SLI left its objective"
    return f"{moment(state.started_at)} (nobody has recorded when it began)"


def _impact(state: Incident, evidence: Evidence) -> list[str]:
    wanted = "*Who noticed what, for how long; requests and error budget lost.*"
    if evidence.missing:
        return [f"What it cost is not known: {markdown.text(evidence.missing)}.", "", wanted]
    head = ["SLO", "Objective", "Failed", "Of", "Budget spent", "Of the budget", "Measured"]
    lines = markdown.table(head, [_impact_row(one) for one in evidence.impacts])
    if evidence.picture is not None:
        label = markdown.text(f"{state.service} {evidence.pictured} over the incident")
        lines += ["", f"![{label}]({state.name}.svg)"]
    return [*lines, "", wanted]


def _impact_row(one: Impact) -> list[str]:
    return [
        markdown.text(one.slo),
        percent(one.objective),
        "–" if one.failed is None else f"{one.failed:,.0f}",
        "–" if one.events is None else f"{one.events:,.0f}",
        f"{one.budget_minutes:,.1f} min",
        f"{one.budget_share * 100:,.1f} %",
        f"{one.measured_share * 100:.0f} %",
    ]


def _after(state: Incident, what: str) -> str:
    at, by = getattr(state, f"{what}_at"), getattr(state, f"{what}_by")
    if at is None:
        return "–"
    return f"{moment(at)}, {duration(at - state.started_at)} after detection, by {markdown.text(by)}"


def _timeline(history: History, dashboard: str) -> list[str]:
    rows = history.rows
    shown = rows[:_MAX_ROWS]
    lines = [[moment(event.at), markdown.text(event.by), phrase(event), *_data(dashboard, event)] for event in shown]
    more = len(rows) - len(shown)
    tail = ["", f"{more} more entries are in the incident's `timeline.yaml`."] if more else []
    head = ["When", "Who", "What", *(["Data"] if dashboard else [])]
    return ["Times are in UTC.", "", *markdown.table(head, lines), *tail]


def _data(dashboard: str, event: Event) -> list[str]:
    return [markdown.link("data", data_link(dashboard, event.at))] if dashboard else []


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
