"""Events in the form in which PagerDuty documents them: https://developer.pagerduty.com/docs/webhooks-overview"""

import json
from typing import Any

ACME = "https://acme.pagerduty.com"
API = "https://api.pagerduty.com"


def reference(kind: str, name: str, summary: str) -> dict[str, Any]:
    """A reference with every documented key."""
    folder = {"user": "users", "service": "services", "team": "teams", "incident": "incidents"}.get(kind, f"{kind}s")
    return {
        "html_url": f"{ACME}/{folder}/{name}",
        "id": name,
        "self": f"{API}/{folder}/{name}",
        "summary": summary,
        "type": f"{kind}_reference",
    }


INCIDENT: dict[str, Any] = {
    "id": "PGR0VU2",
    "type": "incident",
    "self": f"{API}/incidents/PGR0VU2",
    "html_url": f"{ACME}/incidents/PGR0VU2",
    "number": 2,
    "status": "triggered",
    "incident_key": "d3640fbd41094207a1c11e58e46b1662",
    "created_at": "2020-04-09T15:16:27Z",
    "title": "A little bump in the road",
    "incident_type": {"name": "major"},
    "service": reference("service", "PF9KMXH", "API Service"),
    "assignees": [reference("user", "PTUXL6G", "User 123")],
    "escalation_policy": reference("escalation_policy", "PUS0KTE", "Default"),
    "teams": [reference("team", "PFCVPS0", "Engineering")],
    "priority": reference("priority", "PSO75BM", "P1"),
    "urgency": "high",
    "conference_bridge": {"conference_number": "+1 1234123412,,987654321#", "conference_url": "https://example.com"},
    "resolve_reason": None,
}
ABOUT = reference("incident", "PGR0VU2", "A little bump in the road")
SERVICE: dict[str, Any] = {
    **reference("service", "PF9KMXH", "testing service updates"),
    "alert_creation": "create_alerts_and_incidents",
    "teams": [reference("team", "PFCVPS0", "Engineering")],
    "type": "service",
}
DATA: dict[str, dict[str, Any]] = {
    "incident.acknowledged": {**INCIDENT, "status": "acknowledged"},
    "incident.annotated": {
        "incident": ABOUT,
        "id": "P2LA89X",
        "content": "It is the database again",
        "trimmed": False,
        "type": "incident_note",
    },
    "incident.conference_bridge.updated": {
        "incident": ABOUT,
        "conference_numbers": [{"label": "", "number": "+1-555-555-5555"}],
        "conference_url": "https://example.com",
        "type": "incident_conference_bridge",
    },
    "incident.custom_field_values.updated": {"incident": ABOUT, "custom_fields": [], "type": "incident_field_values"},
    "incident.delegated": INCIDENT,
    "incident.escalated": INCIDENT,
    "incident.incident_type.changed": INCIDENT,
    "incident.priority_updated": INCIDENT,
    "incident.reassigned": INCIDENT,
    "incident.reopened": INCIDENT,
    "incident.resolved": {**INCIDENT, "status": "resolved", "assignees": []},
    "incident.responder.added": {
        "incident": ABOUT,
        "user": reference("user", "PVMGSML", "Maeve"),
        "escalation_policy": reference("escalation_policy", "PJFWPEP", "The Policy"),
        "message": "Please help",
        "state": "pending",
        "type": "incident_responder",
    },
    "incident.responder.replied": {
        "incident": ABOUT,
        "user": reference("user", "PVMGSML", "Maeve"),
        "state": "accepted",
        "type": "incident_responder",
    },
    "incident.service_updated": INCIDENT,
    "incident.status_update_published": {
        "incident": ABOUT,
        "id": "P2LA89X",
        "message": "A fix is on its way",
        "trimmed": False,
        "type": "incident_status_update",
    },
    "incident.triggered": INCIDENT,
    "incident.unacknowledged": INCIDENT,
    "incident.workflow.started": {"id": "P3SNKQS", "type": "incident_workflow_instance", "incident": ABOUT},
    "incident.workflow.completed": {"id": "P3SNKQS", "type": "incident_workflow_instance", "incident": ABOUT},
    "service.created": SERVICE,
    "service.deleted": SERVICE,
    "service.updated": SERVICE,
}


def body(kind: str, **changes: Any) -> bytes:
    """The body of a webhook of that type."""
    event = {
        "id": "5ac64822-4adc-4fda-ade0-410becf0de4f",
        "event_type": kind,
        "resource_type": kind.partition(".")[0],
        "occurred_at": "2020-10-02T18:45:22.169Z",
        "agent": reference("user", "PLH1HKV", "Tenex Engineer"),
        "client": {"name": "PagerDuty"},
        "data": DATA[kind],
    }
    return json.dumps({"event": event | changes}).encode()


PING = json.dumps(
    {
        "event": {
            "id": "01FKZOXA868SHYEE4DVNWB5P9W",
            "event_type": "pagey.ping",
            "resource_type": "pagey",
            "occurred_at": "2025-04-07T03:00:55.532Z",
            "agent": {"id": "PVE0ZR9", "type": "user_reference"},
            "client": None,
            "data": {"message": "Hello from your friend Pagey!", "type": "ping"},
        }
    },
    separators=(",", ":"),
).encode()
