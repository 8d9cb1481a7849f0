"""An event as one line for people; plain text, escaped by whoever shows it."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from bots.timeline.event import Event, Kind

_VERBS: Final = {
    Kind.ACKNOWLEDGED: "Acknowledged",
    Kind.MITIGATED: "Mitigated: users are no longer hurt",
    Kind.RESOLVED: "Resolved",
    Kind.REOPENED: "Reopened",
    Kind.CLOSED: "Closed",
}
_ENDS: Final = {
    "succeeded": "ran to its end",
    "ran": "ran; whether it helped is being watched",
    "verified": "helped",
    "not_verified": "is not seen to have helped",
    "rejected": "was rejected",
    "failed": "failed",
    "timed_out": "took too long and was ended",
    "refused": "was refused",
    "dry_run": "was only tried (dry run)",
}


def words(event: Event) -> str:
    """What happened, without who and when."""
    special = _SPECIAL.get(event.kind)
    if special:
        return special(event.data)
    text = _VERBS.get(event.kind, event.kind.value.replace("_", " ").capitalize())
    if event.data.get("derived"):
        text += " by itself: its alerts ended" if event.kind == Kind.RESOLVED else ": an alert came back"
    if event.data.get("verdict"):
        text += f", verdict {event.data['verdict']}"
    if event.data.get("duplicate_of"):
        text += f", a duplicate of INC-{event.data['duplicate_of']}"
    note = event.data.get("note") or event.data.get("reason")
    return f"{text}: {note}" if note else text


def _opened(data: Mapping[str, Any]) -> str:
    if data.get("declared"):
        return f"Declared: {data.get('title') or 'no title'}"
    return "Opened by an alert"


def _fired(data: Mapping[str, Any]) -> str:
    summary = data.get("annotations", {}).get("summary", "")
    return f"{data['alert']} fires ({data['severity']})" + (f": {summary}" if summary else "")


def _ended(data: Mapping[str, Any]) -> str:
    return f"{data['alert']} resolved ({data['severity']})"


def _assigned(data: Mapping[str, Any]) -> str:
    note = f": {data['note']}" if data.get("note") else ""
    if not data["to"]:
        return f"Assigned to nobody{note}"
    if not data.get("handoff"):
        return f"Assigned to {data['to']}{note}"
    before = f" from {data['from']}" if data.get("from") not in (None, data["to"]) else ""
    summary = f"\n{data['summary']}" if data.get("summary") else ""
    return f"Handed over{before} to {data['to']}{note}{summary}"


def _priority(data: Mapping[str, Any]) -> str:
    reason = data.get("note", "")
    return f"Priority is {data['priority']} now" + (f": {reason}" if reason else "")


def _requested(data: Mapping[str, Any]) -> str:
    alert = data.get("alert", "")
    dry = " as a dry run" if data.get("dry_run") else ""
    waits = "; somebody else has to approve it" if data.get("approval") else ""
    because = f" because of {alert}" if alert else ""
    return f"{data['action']} asked for{dry}{because} (attempt {data['attempt']}){waits}"


def _finished(data: Mapping[str, Any]) -> str:
    end = _ENDS.get(data["outcome"], data["outcome"])
    detail = data.get("detail", "")
    inherited = f" of INC-{data['incident']}" if "incident" in data else ""
    return f"Attempt {data['attempt']}{inherited} {end}" + (f": {detail}" if detail else "")


def _approved(data: Mapping[str, Any]) -> str:
    return f"Attempt {data['attempt']} approved" + (f": {data['note']}" if data.get("note") else "")


def _amended(data: Mapping[str, Any]) -> str:
    if "moved_to" in data:
        return "An earlier entry was corrected"
    return f"A note was corrected: {data['text']}" if data.get("text") else "A note was taken back"


def _linked(data: Mapping[str, Any]) -> str:
    if data["relation"] == "duplicate" and data.get("incident"):
        return f"INC-{data['incident']} was merged into this one"
    target = data.get("title") or data.get("url") or (f"INC-{data['incident']}" if data.get("incident") else "")
    return f"Linked ({data['relation'].replace('_', ' ')}): {target}"


_SPECIAL: Final[Mapping[Kind, Callable[[Mapping[str, Any]], str]]] = {
    Kind.OPENED: _opened,
    Kind.ALERT_FIRED: _fired,
    Kind.ALERT_RESOLVED: _ended,
    Kind.ASSIGNED: _assigned,
    Kind.ROLE_ASSIGNED: lambda data: f"{data['to']} is {data['role']}",
    Kind.NOTED: lambda data: str(data["text"]),
    Kind.PRIORITY_CHANGED: _priority,
    Kind.LINKED: _linked,
    Kind.REMEDIATION_REQUESTED: _requested,
    Kind.REMEDIATION_APPROVED: _approved,
    Kind.REMEDIATION_STARTED: lambda data: f"Attempt {data['attempt']} runs",
    Kind.REMEDIATION_FINISHED: _finished,
    Kind.AMENDED: _amended,
    Kind.REDACTED: lambda data: f"An earlier entry was hidden: {data['reason']}",
}
