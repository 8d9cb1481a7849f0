"""README.md of an incident: what people read. Follows from the timeline alone, byte for byte."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from bots.incident import History
from bots.timeline.alert_state import AlertState
from bots.timeline.event import BOT, FACTS
from bots.timeline.state import Incident, Remediation, Status, incident_name
from bots.words import markdown
from bots.words.phrases import duration, moment, phrase

_MAX_ROWS: Final = 500
"""Rows of the timeline and of the table of alerts that are shown; the rest is in timeline.yaml."""


def readme(history: History) -> bytes:
    """The page of an incident."""
    state = history.state
    drill = " (drill)" if state.drill else ""
    lines = [f"# {state.name}: {markdown.text(state.title, limit=200)}{drill}", ""]
    lines += _facts(state)
    lines += _alerts(state.alerts_in_order)
    lines += _people(history)
    lines += _remediations(state)
    lines += _links(state)
    lines += _timeline(history)
    lines += ["", "Times are in UTC. This page follows from `timeline.yaml`; what is changed here is overwritten.", ""]
    return "\n".join(lines).encode()


def _facts(state: Incident) -> list[str]:
    rows = [
        ["Status", _status(state)],
        ["Priority", state.priority],
        ["Service", markdown.text(state.service)],
        ["Team", markdown.text(state.team)],
    ]
    if state.verdict:
        rows.append(["Verdict", markdown.text(state.verdict)])
    if state.assignee:
        rows.append(["Assigned to", markdown.text(state.assignee)])
    if state.inputs.duplicate_of:
        rows.append(["Duplicate of", incident_name(state.inputs.duplicate_of)])
    if state.inputs.duplicates:
        rows.append(["Duplicates", ", ".join(map(incident_name, state.inputs.duplicates))])
    rows += _times(state)
    return [*markdown.table(["", ""], rows), ""]


def _status(state: Incident) -> str:
    word = state.status.value
    reopened = len(state.phases) - 1
    return f"**{word}**" + (f", reopened {reopened}×" if reopened > 0 else "")


def _times(state: Incident) -> Iterable[list[str]]:
    began = state.inputs.began_at
    started = state.started_at
    if began is not None:
        yield ["Began", moment(began)]
    since_began = f" (detected after {duration(started - began)})" if began is not None else ""
    yield ["Started", moment(started) + since_began]
    yield from _since("Acknowledged", state.acknowledged_at, state.acknowledged_by, started)
    yield from _since("Mitigated", state.mitigated_at, state.mitigated_by, started)
    yield from _since("Resolved", state.resolved_at, state.resolved_by, started)
    if state.status is Status.CLOSED:
        yield ["Closed", f"{moment(state.closed_at)}, by {markdown.text(state.closed_by)}"]


def _since(name: str, at: datetime | None, by: str, started: datetime) -> Iterable[list[str]]:
    if at is not None:
        who = f", by {markdown.text(by)}" if by and by != BOT else ""
        yield [name, f"{moment(at)} (after {duration(at - started)}){who}"]


def _alerts(alerts: tuple[AlertState, ...]) -> list[str]:
    if not alerts:
        return []
    head = ["Alert", "Severity", "Priority", "Status", "Started", "Ended", "Summary", "Links"]
    rows = [
        [
            markdown.text(alert.name),
            markdown.text(alert.severity),
            markdown.text(alert.priority),
            "firing" if alert.firing else "resolved",
            moment(alert.started_at),
            moment(alert.ended_at),
            markdown.text(alert.annotations.get("summary", "")),
            _alert_links(alert),
        ]
        for alert in alerts[:_MAX_ROWS]
    ]
    more = len(alerts) - len(rows)
    tail = ["", f"{more} more alerts are in `timeline.yaml`."] if more else []
    return ["## Alerts", "", *markdown.table(head, rows), *tail, ""]


def _alert_links(alert: AlertState) -> str:
    named = [
        ("runbook", alert.annotations.get("runbook_url", "")),
        ("dashboard", alert.annotations.get("dashboard_url", "")),
        ("expression", alert.generator_url),
    ]
    return ", ".join(found for name, url in named if (found := markdown.link(name, url)) != name)


def _people(history: History) -> list[str]:
    roles = dict(history.state.inputs.roles)
    acted = {event.by for event in history.events if event.kind not in FACTS} - {BOT, "alertmanager"}
    names = sorted(acted | set(roles.values()) | ({history.state.assignee} - {""}))
    if not names:
        return []
    rows = [[markdown.text(name), _roles(name, history.state, roles)] for name in names]
    return ["## Responders", "", *markdown.table(["Who", "Role"], rows), ""]


def _roles(name: str, state: Incident, roles: dict[str, str]) -> str:
    found = [markdown.text(role) for role, who in sorted(roles.items()) if who == name]
    if state.assignee == name:
        found.insert(0, "assigned")
    return ", ".join(found)


def _remediations(state: Incident) -> list[str]:
    attempts = state.inputs.remediations
    if not attempts:
        return []
    head = ["Attempt", "Action", "For", "Asked by", "Asked", "Ended", "Outcome"]
    rows = [
        [
            str(attempt.attempt) + (f" of {incident_name(attempt.inherited_from)}" if attempt.inherited_from else ""),
            markdown.text(attempt.action) + (" (dry run)" if attempt.dry_run else ""),
            markdown.text(attempt.alert),
            markdown.text(attempt.requested_by),
            moment(attempt.requested_at),
            moment(attempt.finished_at),
            markdown.text(attempt.outcome) or ("waits for approval" if attempt.waits else "–"),
        ]
        for attempt in attempts
    ]
    found = [attempt for attempt in attempts if attempt.output]
    outputs = [line for attempt in found for line in _output(attempt)]
    return ["## Remediation", "", *markdown.table(head, rows), "", *outputs]


def _output(attempt: Remediation) -> list[str]:
    """What an attempt found out, folded away."""
    title = f"Attempt {attempt.attempt}, {markdown.text(attempt.action)}: what it found"
    return [f"<details><summary>{title}</summary>", "", *markdown.block(attempt.output), "", "</details>", ""]


def _links(state: Incident) -> list[str]:
    rows = []
    for link in state.inputs.links:
        where = incident_name(link.incident) if link.incident else markdown.link(link.title or link.url, link.url)
        rows.append([markdown.text(link.relation), where])
    return ["## Links", "", *markdown.table(["What", "Where"], rows), ""] if rows else []


def _timeline(history: History) -> list[str]:
    rows = history.rows
    shown = rows if len(rows) <= _MAX_ROWS else (*rows[: _MAX_ROWS // 2], *rows[-_MAX_ROWS // 2 :])
    lines = [[moment(event.at), markdown.text(event.by), phrase(event)] for event in shown]
    if len(shown) < len(rows):
        lines.insert(_MAX_ROWS // 2, ["…", "", f"{len(rows) - len(shown)} more entries are in `timeline.yaml`"])
    return ["## Timeline", "", *markdown.table(["When", "Who", "What"], lines)]
