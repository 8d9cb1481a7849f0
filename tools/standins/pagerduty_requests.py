"""What PagerDuty demands of a request: https://developer.pagerduty.com/api-reference"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from fastapi import Request

from tools.standins.pagerduty_account import Account
from tools.standins.pagerduty_incident import Refused

TOKEN: Final = "stand-in-token"
_CHANGES: Final = frozenset({"id", "type", "status", "priority", "escalation_level", "title", "assignments"})
_SEVERITIES: Final = ("critical", "error", "warning", "info")


def event_problems(event: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with an event of the Events API: https://developer.pagerduty.com/docs/send-alert-event"""
    if not event.get("routing_key"):
        yield "'routing_key' is missing or blank"
    if event.get("event_action") not in ("trigger", "acknowledge", "resolve"):
        yield "'event_action' is invalid"
    if len(event.get("dedup_key") or "") > 255:
        yield "'dedup_key' is too long"
    if event.get("event_action") != "trigger":
        return
    payload = event.get("payload") or {}
    for name in ("summary", "source"):
        if not payload.get(name):
            yield f"'payload.{name}' is missing or blank"
    if len(payload.get("summary") or "") > 1024:
        yield "'payload.summary' is too long"
    if payload.get("severity") not in _SEVERITIES:
        yield "'payload.severity' is invalid (must be one of the following: 'critical', 'warning', 'error' or 'info')"


def check_change(account: Account, wish: Mapping[str, Any]) -> None:
    """One entry of `PUT /incidents`; raises Refused."""
    problems = []
    if set(wish) - _CHANGES:
        problems.append(f"unknown fields {sorted(set(wish) - _CHANGES)}")
    if wish.get("type") not in ("incident", "incident_reference"):
        problems.append("Type must be incident_reference")
    if wish.get("status", "acknowledged") not in ("acknowledged", "resolved"):
        problems.append("Status must be acknowledged or resolved")
    priority = wish.get("priority")
    if priority is not None and priority.get("id") not in account.priorities.values():
        problems.append("Priority is invalid")
    level = wish.get("escalation_level", 1)
    if not isinstance(level, int) or level < 1:
        problems.append("Escalation level is invalid")
    if sum(name in wish for name in ("status", "escalation_level", "assignments")) > 1:
        problems.append("Status, escalation level and assignments may not be given together")
    for one in wish.get("assignments", ()):
        if set(one) != {"assignee"} or set(one["assignee"]) != {"id", "type"}:
            problems.append("Assignments must be references to users")
    if problems:
        raise Refused(400, "Invalid Input Provided", *problems)


def let_in(request: Request) -> None:
    """The key and the version; raises Refused."""
    if request.headers.get("authorization") != f"Token token={TOKEN}":
        raise Refused(401, "Unauthorized", code=2006)
    if request.headers.get("accept") != "application/vnd.pagerduty+json;version=2":
        raise Refused(406, "Not Acceptable", code=2015)


def sender(request: Request) -> str:
    """In whose name it is asked; raises Refused."""
    found = request.headers.get("from", "")
    if not found:
        raise Refused(400, "Invalid Input Provided", "From header is missing", code=2001)
    return found
