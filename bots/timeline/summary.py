"""An incident in short: as `incident.yaml` and the API show it, and as the local index keeps it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bots.timeline.alert_state import AlertState
from bots.timeline.event import parse_time, time_text
from bots.timeline.state import Incident, Status, incident_name, incident_number


def state_dict(incident: Incident) -> dict[str, Any]:
    """The whole state in a fixed order; what is empty is left out."""
    inputs = incident.inputs
    found: dict[str, Any] = {
        "v": 1,
        "id": incident.name,
        "key": inputs.opened_key,
        "title": incident.title,
        "team": incident.team,
        "service": incident.service,
        "status": incident.status.value,
        "priority": incident.priority,
        "drill": incident.drill,
        "declared": inputs.declared,
        "paged": incident.paged,
        "touched": inputs.touched,
        "verdict": incident.verdict,
        "assignee": incident.assignee,
        "roles": dict(sorted(inputs.roles.items())),
        "opened_at": time_text(inputs.opened_at),
        "opened_by": inputs.opened_by,
        "began_at": _time(inputs.began_at),
        "started_at": time_text(incident.started_at),
        "acknowledged_at": _time(incident.acknowledged_at),
        "acknowledged_by": incident.acknowledged_by,
        "mitigated_at": _time(incident.mitigated_at),
        "mitigated_by": incident.mitigated_by,
        "resolved_at": _time(incident.resolved_at),
        "resolved_by": incident.resolved_by,
        "reopened": max(len(incident.phases) - 1, 0),
        "closed_at": _time(incident.closed_at),
        "closed_by": incident.closed_by,
        "duplicate_of": incident_name(inputs.duplicate_of) if inputs.duplicate_of else "",
        "duplicates": [incident_name(number) for number in inputs.duplicates],
        "links": [_link(link) for link in inputs.links],
        "alerts": [_alert(alert) for alert in incident.alerts_in_order],
        "remediations": [_remediation(attempt) for attempt in inputs.remediations],
    }
    always = {"v", "drill", "status"}
    return {name: value for name, value in found.items() if name in always or value not in ("", None, [], {}, False, 0)}


def _time(at: datetime | None) -> str:
    return "" if at is None else time_text(at)


def _alert(alert: AlertState) -> dict[str, Any]:
    found = {
        "alert": alert.name,
        "fingerprint": alert.fingerprint,
        "severity": alert.severity,
        "priority": alert.priority,
        "status": "firing" if alert.firing else "resolved",
        "started_at": time_text(alert.started_at),
        "ended_at": _time(alert.ended_at),
        "times": len(alert.spans),
        "summary": alert.annotations.get("summary", ""),
        "runbook_url": alert.annotations.get("runbook_url", ""),
        "dashboard_url": alert.annotations.get("dashboard_url", ""),
        "generator_url": alert.generator_url,
        "labels": dict(alert.labels),
    }
    return {name: value for name, value in found.items() if value not in ("", {})}


def _link(link: Any) -> dict[str, Any]:
    found = {
        "relation": link.relation,
        "incident": incident_name(link.incident) if link.incident else "",
        "url": link.url,
        "title": link.title,
    }
    return {name: value for name, value in found.items() if value}


def _remediation(attempt: Any) -> dict[str, Any]:
    found = {
        "attempt": attempt.attempt,
        "action": attempt.action,
        "alert": attempt.alert,
        "target": dict(attempt.target),
        "parameters": dict(attempt.parameters),
        "automatic": attempt.automatic,
        "dry_run": attempt.dry_run,
        "requested_by": attempt.requested_by,
        "requested_at": time_text(attempt.requested_at),
        "approval": attempt.approval,
        "approved_by": attempt.approved_by,
        "started_at": _time(attempt.started_at),
        "finished_at": _time(attempt.finished_at),
        "outcome": attempt.outcome,
        "detail": attempt.detail,
        "judged_at": _time(attempt.judged_at),
        "judgement": attempt.judgement,
        "inherited_from": incident_name(attempt.inherited_from) if attempt.inherited_from else "",
    }
    return {name: value for name, value in found.items() if value not in ("", {}, False)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The index entry of an incident."""

    number: int
    path: str
    """Its folder on the branch `records`."""
    team: str
    service: str
    drill: bool
    title: str
    status: Status
    priority: str
    opened_at: datetime
    started_at: datetime
    ended_at: datetime | None
    """When the last thing of it ended; None while it is active."""
    acknowledged_at: datetime | None
    resolved_at: datetime | None
    closed_at: datetime | None
    assignee: str
    verdict: str
    duplicate_of: int | None

    @property
    def name(self) -> str:
        """`INC-7`."""
        return incident_name(self.number)

    @classmethod
    def of(cls, path: str, state: Mapping[str, Any]) -> "Summary":
        """The entry for an `incident.yaml`; raises KeyError or ValueError if it is not one."""
        status = Status(state["status"])
        resolved, closed = _read_time(state, "resolved_at"), _read_time(state, "closed_at")
        return cls(
            number=incident_number(state["id"]),
            path=path,
            team=state["team"],
            service=state["service"],
            drill=state["drill"],
            title=state["title"],
            status=status,
            priority=state["priority"],
            opened_at=parse_time(state["opened_at"]),
            started_at=parse_time(state["started_at"]),
            ended_at=None if status.active else (resolved or closed),
            acknowledged_at=_read_time(state, "acknowledged_at"),
            resolved_at=resolved,
            closed_at=closed,
            assignee=state.get("assignee", ""),
            verdict=state.get("verdict", ""),
            duplicate_of=incident_number(state["duplicate_of"]) if "duplicate_of" in state else None,
        )

    def to_dict(self) -> dict[str, Any]:
        """What a list of incidents shows."""
        found = {
            "id": self.name,
            "title": self.title,
            "team": self.team,
            "service": self.service,
            "status": self.status.value,
            "priority": self.priority,
            "drill": self.drill,
            "assignee": self.assignee,
            "verdict": self.verdict,
            "opened_at": time_text(self.opened_at),
            "started_at": time_text(self.started_at),
            "acknowledged_at": _time(self.acknowledged_at),
            "resolved_at": _time(self.resolved_at),
            "closed_at": _time(self.closed_at),
            "duplicate_of": incident_name(self.duplicate_of) if self.duplicate_of else "",
        }
        return {name: value or None for name, value in found.items()} | {"drill": self.drill}


def _read_time(state: Mapping[str, Any], name: str) -> datetime | None:
    return parse_time(state[name]) if name in state else None
