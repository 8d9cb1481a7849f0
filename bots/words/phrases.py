"""Events and times in the words in which people read them. Text from outside is escaped by `bots.words.markdown`."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from bots.timeline.event import Event, Kind
from bots.timeline.state import incident_name
from bots.words import markdown


def moment(at: datetime | None) -> str:
    """`2026-01-05 10:00:00` in UTC; a dash where there is none."""
    return "–" if at is None else f"{at:%Y-%m-%d %H:%M:%S}"


def weekday(at: datetime | None) -> str:
    """`Mon 5 Jan 10:00` in UTC; a dash where there is none."""
    return "–" if at is None else f"{at.astimezone(UTC):%a %-d %b %H:%M}"


def duration(span: timedelta) -> str:
    """`4 min 10 s`: the two largest units."""
    seconds = round(abs(span.total_seconds()))
    units = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")]
    parts = []
    for size, unit in units:
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {unit}")
    sign = "-" if span < timedelta(0) and parts else ""
    return sign + (" ".join(parts[:2]) or "0 s")


def phrase(event: Event) -> str:
    """What happened, as a sentence without its subject; Markdown."""
    said = _PHRASES[event.kind](event.data)
    note = event.data.get("note")
    return f"{said}: {markdown.text(str(note), limit=2_000)}" if note else said


def _bold(value: Any) -> str:
    return f"**{markdown.text(str(value))}**"


def _alert(verb: str) -> Callable[[Mapping[str, Any]], str]:
    def said(data: Mapping[str, Any]) -> str:
        summary = data.get("annotations", {}).get("summary", "")
        told = f": {markdown.text(summary)}" if summary and verb == "fires" else ""
        severity = f" ({markdown.text(str(data['severity']))}, {markdown.text(str(data['priority']))})"
        return f"{_bold(data['alert'])}{severity if verb == 'fires' else ''} {verb}{told}"

    return said


def _opened(data: Mapping[str, Any]) -> str:
    how = "declared" if data.get("declared") else "opened"
    drill = ", a drill" if data.get("drill") else ""
    formerly = f", formerly {incident_name(data['formerly'])}" if "formerly" in data else ""
    return f"{how} for {_bold(data.get('service', ''))}{drill}{formerly}"


def _resolved(data: Mapping[str, Any]) -> str:
    verdict = f" as {_bold(data['verdict'])}" if "verdict" in data else ""
    return f"resolved{verdict}" if not data.get("derived") else "resolved: no alert holds it open any more"


def _closed(data: Mapping[str, Any]) -> str:
    other = f", of {incident_name(data['duplicate_of'])}" if "duplicate_of" in data else ""
    return f"closed as {_bold(data['verdict'])}{other}"


def _linked(data: Mapping[str, Any]) -> str:
    if data["relation"] == "duplicate" and "incident" in data:
        return f"{incident_name(data['incident'])} is a duplicate of this"
    if data["relation"] == "duplicate_of" and "incident" in data:
        return f"this is a duplicate of {incident_name(data['incident'])}"
    where = incident_name(data["incident"]) if "incident" in data else str(data.get("title") or data.get("url", ""))
    return f"linked {markdown.text(str(data['relation']))} {markdown.link(where, str(data.get('url', '')))}"


def _requested(data: Mapping[str, Any]) -> str:
    how = "asked for" if not data.get("automatic") else "started by itself:"
    target = ", ".join(f"{markdown.text(k)} {markdown.text(v)}" for k, v in data.get("target", {}).items())
    on = f" on {target}" if target else ""
    dry = " as a dry run" if data.get("dry_run") else ""
    waits = "; somebody else has to approve it" if data.get("approval") else ""
    return f"{how} {_bold(data['action'])}{on}{dry} (attempt {data['attempt']}){waits}"


_ENDS: Final = {
    "ran": "ran; whether it helped is being watched",
    "verified": "helped",
    "not_verified": "is not seen to have helped",
    "rejected": "was rejected",
}


def _finished(data: Mapping[str, Any]) -> str:
    detail = f": {markdown.text(str(data['detail']))}" if data.get("detail") else ""
    of = f" at {_bold(data.get('action', ''))} of {incident_name(data['incident'])}" if "incident" in data else ""
    end = _ENDS.get(data["outcome"], f"ended, {markdown.text(str(data['outcome']))}")
    return f"attempt {data['attempt']}{of} {end}{detail}"


def _assigned(data: Mapping[str, Any]) -> str:
    if not data["to"]:
        return "assigned it to nobody"
    if not data.get("handoff"):
        return f"assigned it to {_bold(data['to'])}"
    roles = f" as {', '.join(markdown.text(role) for role in data['roles'])} too" if data.get("roles") else ""
    return f"handed it over to {_bold(data['to'])}{roles}"


def _noted(data: Mapping[str, Any]) -> str:
    began = f" (it began at {markdown.text(str(data['began_at']))})" if "began_at" in data else ""
    return f"noted: {markdown.text(str(data['text']), limit=2_000)}{began}"


def _amended(data: Mapping[str, Any]) -> str:
    count = len(data["amends"])
    plural = "entry" if count == 1 else "entries"
    if "moved_to" in data:
        return f"{count} {plural} about alerts belong to {incident_name(data['moved_to'])}"
    # The entry itself says what holds now.
    return f"corrected {count} {plural} above" if data.get("text") else f"took back {count} {plural} above"


def _redacted(data: Mapping[str, Any]) -> str:
    count = len(data["redacts"])
    return f"hid text in {count} {'entry' if count == 1 else 'entries'}: {markdown.text(str(data['reason']))}"


def _denied(data: Mapping[str, Any]) -> str:
    return f"was denied {_bold(data['command'])}: {markdown.text(str(data['reason']))}"


_PHRASES: Final[Mapping[Kind, Callable[[Mapping[str, Any]], str]]] = {
    Kind.OPENED: _opened,
    Kind.ALERT_FIRED: _alert("fires"),
    Kind.ALERT_RESOLVED: _alert("resolved"),
    Kind.ACKNOWLEDGED: lambda data: "acknowledged",
    Kind.ASSIGNED: _assigned,
    Kind.ROLE_ASSIGNED: lambda data: f"made {_bold(data['to'])} {markdown.text(str(data['role']))}",
    Kind.NOTED: _noted,
    Kind.PRIORITY_CHANGED: lambda data: f"set the priority to {_bold(data['priority'])}",
    Kind.MITIGATED: lambda data: "mitigated",
    Kind.RESOLVED: _resolved,
    Kind.REOPENED: lambda data: "an alert came back: reopened" if data.get("derived") else "reopened",
    Kind.CLOSED: _closed,
    Kind.LINKED: _linked,
    Kind.REMEDIATION_REQUESTED: _requested,
    Kind.REMEDIATION_APPROVED: lambda data: f"approved attempt {data['attempt']}",
    Kind.REMEDIATION_STARTED: lambda data: f"attempt {data['attempt']} runs",
    Kind.REMEDIATION_FINISHED: _finished,
    Kind.AMENDED: _amended,
    Kind.REDACTED: _redacted,
    Kind.DENIED: _denied,
}
