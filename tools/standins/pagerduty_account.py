"""A PagerDuty account in memory: people, priorities, incidents, and the webhooks that what happens to them makes."""

import hashlib
import hmac
import json
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from tools.standins.pagerduty_incident import API, INTEGRATION, ORIGIN, Incident, Refused, Webhook, stamp


class Account:
    """Several threads may use it."""

    def __init__(self, users: Mapping[str, str], *, priorities: Sequence[str] = ("P1", "P2", "P3", "P4", "P5")) -> None:
        """`users` are addresses by id."""
        self.users = dict(users)
        self.priorities = {name: f"PPRI{number}" for number, name in enumerate(priorities, start=1)}
        self.incidents: list[Incident] = []
        self.keyless = False
        """Whether incidents carry no key of their own, only their alerts do: so it is with services that make both."""
        self.grouping = False
        """Whether a further alert becomes part of the incident that is open."""
        self.secrets: tuple[str, ...] = ()
        """The signing secrets of the subscription; two while one is being changed."""
        self.on_webhook: Callable[[Webhook], None] = lambda webhook: None
        """Where a subscription delivers; nobody by default."""
        self.on_event: Callable[[Mapping[str, Any]], None] = lambda event: None
        """Called with every event of the Events API that was taken."""
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.levels = 3
        """Of its escalation policies."""
        self.lock = threading.RLock()

    # what monitoring says

    def event(self, action: str, key: str, title: str) -> None:
        """The Events API: triggers, acknowledges or resolves the alert with a key."""
        with self.lock:
            found = next((one for one in self.incidents if one.status != "resolved" and key in one.alerts), None)
            if action == "trigger" and found is None:
                self._trigger(key, title)
            elif action == "trigger" and found is not None:
                found.alerts[key] = "triggered"
            elif action == "resolve" and found is not None:
                self._alert_over(found, key, INTEGRATION)

    def _trigger(self, key: str, title: str) -> None:
        going = [one for one in self.incidents if one.status != "resolved"]
        if self.grouping and going:
            going[-1].alerts[key] = "triggered"
            going[-1].log.append(f"further alert: {title}")
            return
        number = len(self.incidents) + 1
        made = Incident(
            id=f"PGR{number:04}", number=number, alerts={key: "triggered"}, title=title, created_at=self.now()
        )
        made.assignees = list(self.users)[:1]
        self.incidents.append(made)
        made.log.append("triggered")
        self.tell("incident.triggered", made, INTEGRATION)

    def _alert_over(self, one: Incident, key: str, agent: Mapping[str, Any]) -> None:
        """An incident ends with its last alert."""
        one.alerts[key] = "resolved"
        if all(status == "resolved" for status in one.alerts.values()):
            self._change(one, "resolved", agent)

    # what people do in the app

    def get(self, name: str) -> Incident:
        """One by its id; raises Refused."""
        for one in self.incidents:
            if one.id == name:
                return one
        raise Refused(404, "Not Found", code=2100)

    def act(self, name: str, doing: str, user: str, value: str = "") -> None:
        """A person acknowledges, resolves, reassigns, escalates, notes, changes the priority, or reopens."""
        with self.lock:
            one, agent = self.get(name), self.user(user)
            if doing in ("acknowledged", "resolved"):
                self._change(one, doing, agent)
            elif doing in ("reassigned", "delegated", "escalated"):
                self._assign(one, value, agent, doing)
            elif doing == "priority_updated":
                one.priority = value
                self._log(one, f"priority {value}", agent)
                self.tell("incident.priority_updated", one, agent)
            elif doing == "annotated":
                self._log(one, f"note: {value}", agent)
                self.tell("incident.annotated", one, agent, self.note(one, value))
            elif doing in ("reopened", "unacknowledged"):
                one.status = "triggered"
                self._log(one, doing, agent)
                self.tell(f"incident.{doing}", one, agent)
            else:
                raise ValueError(doing)

    def merge(self, name: str, into: str, user: str) -> None:
        """A person merges an incident into another one, which gets its alerts."""
        with self.lock:
            one, other = self.get(name), self.get(into)
            other.alerts |= one.alerts
            one.merged_into = into
            self._change(one, "resolved", self.user(user))
            one.alerts = {}

    def _assign(self, one: Incident, user: str, agent: Mapping[str, Any], how: str = "reassigned") -> None:
        """Whoever gets it and has not acknowledged it is called."""
        one.assignees = [user]
        if one.status == "acknowledged" and user not in one.acknowledgers:
            one.status = "triggered"
        self._log(one, f"{how} to {self.users.get(user, user)}", agent)
        self.tell(f"incident.{how}", one, agent)

    def time_out(self, name: str) -> None:
        """An acknowledgment runs out; nobody did it."""
        with self.lock:
            one = self.get(name)
            one.status = "triggered"
            one.log.append("acknowledgment ran out")
            self.tell("incident.unacknowledged", one, None)

    # what the REST API changes

    def update(self, wish: Mapping[str, Any], sender: str) -> Incident:
        """One entry of `PUT /incidents`; raises Refused."""
        with self.lock:
            one, agent = self.get(str(wish["id"])), self.user(self._user_by_email(sender))
            status = wish.get("status")
            if one.status == "resolved":
                raise Refused(400, "Incident Already Resolved", code=1001)
            if "escalation_level" in wish and (one.urgency == "low" or int(wish["escalation_level"]) > self.levels):
                raise Refused(400, "Cannot Escalate", code=1006)
            if status is not None and status != one.status:
                self._change(one, str(status), agent)
            if "priority" in wish:
                one.priority = next(name for name, id_ in self.priorities.items() if id_ == wish["priority"]["id"])
                self._log(one, f"priority {one.priority}", agent)
                self.tell("incident.priority_updated", one, agent)
            if "escalation_level" in wish:
                one.level = int(wish["escalation_level"])
                self._log(one, f"escalated to level {one.level}", agent)
                self.tell("incident.escalated", one, agent)
            for assignment in wish.get("assignments", ()):
                user = assignment["assignee"]["id"]
                if user not in self.users:
                    raise Refused(400, "Assigned To User Not Found", code=1007)
                self._assign(one, user, agent)
            return one

    def resolve_alerts(self, name: str, keys: Sequence[str], sender: str) -> Incident:
        """`PUT /incidents/{id}/alerts`; raises Refused."""
        with self.lock:
            one, agent = self.get(name), self.user(self._user_by_email(sender))
            for key in keys:
                self._log(one, f"alert {list(one.alerts).index(key) + 1} resolved", agent)
                self._alert_over(one, key, agent)
            return one

    def _user_by_email(self, email: str) -> str:
        for user, address in self.users.items():
            if address.lower() == email.lower():
                return user
        raise Refused(400, "Requester User Not Found", code=1008)

    def _change(self, one: Incident, status: str, agent: Mapping[str, Any]) -> None:
        if one.status == status:
            return
        one.status = status
        if status == "acknowledged":
            one.acknowledgers.append(str(agent["id"]))
        if status == "resolved" and not one.merged_into:
            one.alerts = dict.fromkeys(one.alerts, "resolved")
        self._log(one, status, agent)
        self.tell(f"incident.{status}", one, agent)

    def _log(self, one: Incident, what: str, agent: Mapping[str, Any]) -> None:
        one.log.append(f"{what} by {agent['summary']}")

    # how it says so

    def user(self, user: str) -> dict[str, Any]:
        """A reference to a person."""
        return {
            "id": user,
            "type": "user_reference",
            "summary": self.users.get(user, user).partition("@")[0].capitalize(),
            "self": f"{API}/users/{user}",
            "html_url": f"{ORIGIN}/users/{user}",
        }

    def reference(self, one: Incident) -> dict[str, Any]:
        """A reference to an incident."""
        return {
            "id": one.id,
            "type": "incident_reference",
            "summary": one.title,
            "self": f"{API}/incidents/{one.id}",
            "html_url": f"{ORIGIN}/incidents/{one.id}",
        }

    def priority(self, one: Incident) -> dict[str, Any] | None:
        """A reference to its priority."""
        if not one.priority:
            return None
        return {
            "id": self.priorities.get(one.priority, "POTHER"),
            "type": "priority_reference",
            "summary": one.priority,
        }

    def note(self, one: Incident, text: str) -> dict[str, Any]:
        """The data of an event about a note."""
        about = {"incident": self.reference(one), "id": "PNOTE", "content": text, "trimmed": False}
        return {**about, "type": "incident_note"}

    def _reason(self, one: Incident) -> dict[str, Any] | None:
        if not one.merged_into:
            return None
        return {"type": "merge_resolve_reason", "incident": self.reference(self.get(one.merged_into))}

    def tell(
        self, kind: str, one: Incident, agent: Mapping[str, Any] | None, data: Mapping[str, Any] | None = None
    ) -> None:
        """Delivers an event to the subscription."""
        whole = {
            **self.reference(one),
            "type": "incident",
            "number": one.number,
            "status": one.status,
            "incident_key": None if self.keyless else one.key,
            "created_at": stamp(one.created_at),
            "title": one.title,
            "service": {"id": "PF9KMXH", "type": "service_reference", "summary": "checkout"},
            "assignees": [] if one.status == "resolved" else [self.user(user) for user in one.assignees],
            "priority": self.priority(one),
            "urgency": one.urgency,
            "resolve_reason": self._reason(one),
        }
        event = {
            "id": str(uuid.uuid4()),
            "event_type": kind,
            "resource_type": "incident",
            "occurred_at": stamp(self.now()),
            "agent": None if agent is None else dict(agent),
            "client": None,
            "data": whole if data is None else dict(data),
        }
        body = json.dumps({"event": event}).encode()
        self.on_webhook(Webhook(body=body, headers={"X-PagerDuty-Signature": self.signature(body)}))

    def signature(self, body: bytes) -> str:
        """One `v1=` for each secret: https://developer.pagerduty.com/docs/verifying-signatures"""
        made = (hmac.new(secret.encode(), body, hashlib.sha256).hexdigest() for secret in self.secrets)
        return ",".join(f"v1={one}" for one in made)
