"""An incident as a GitHub issue: title, the bot's part of the body, labels, assignees. Pure.

All text from outside is escaped by `bots.words.markdown`; what does not fit is left out, and the page says so.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from alerting.github.labels import DRILL, INCIDENT, priority_label, service_label, state_label, team_label
from alerting.model.policy import Policy
from bots.directory import member
from bots.github.markers import enclosed
from bots.incident import History
from bots.people.roster import Duty, roster
from bots.timeline.alert_state import AlertState
from bots.timeline.event import BOT
from bots.timeline.state import Incident, Status, incident_name
from bots.words import markdown
from bots.words.links import help_links
from bots.words.phrases import duration, moment, phrase, weekday

LINK: Final = "github_issue"
"""The relation by which the record in git knows the issue."""
MAX_BODY: Final = 65_536
MAX_TITLE: Final = 256
"""What GitHub accepts, in characters."""
_MANAGED: Final = ("priority: ", "state: ", "service: ", "team: ")
_ROWS: Final = ((100, 100), (50, 60), (25, 40), (10, 20), (5, 10), (1, 3))
"""Rows of alerts and of the timeline that are tried, until the page fits."""
_CELL: Final = 300
_LONGEST_URL: Final = 500
_HELP: Final = (
    "Comment `/ack`, `/assign @login`, `/priority P1`, `/mitigate`, `/resolve`, `/close VERDICT`, `/handoff`, "
    "`/runbook run NAME` to work on it; every other comment becomes a note in the timeline. "
    "What is written between here and the heading is the bot's and is overwritten; the rest is yours."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """What an issue should be."""

    title: str
    section: str
    """The bot's part of the body, without its markers."""
    key: str
    """What the markers hold."""
    labels: tuple[str, ...]
    """The bot's own."""
    assignees: tuple[str, ...]
    """Logins."""
    open: bool

    @property
    def body(self) -> str:
        """The body of a new issue."""
        return enclosed(self.section, self.key)

    @property
    def digest(self) -> str:
        """Changes with the bot's part."""
        return hashlib.sha256(self.section.encode("utf-8", "replace")).hexdigest()


def issue_of(history: History, policy: Policy, public_url: str, now: datetime, *, room: int = MAX_BODY) -> Issue:
    """The issue of an incident; `room` is what its part of the body may take with the markers.

    Raises ValueError if not even the shortest part fits, which cannot be unless people have filled the body.
    """
    state = history.state
    key = history.events[0].id
    frame = len(enclosed("", key))
    section = _section(history, policy, public_url, now, room - frame)
    return Issue(
        title=title(state),
        section=section,
        key=key,
        labels=labels_of(state),
        assignees=logins(policy, (state.assignee,)),
        open=state.status.active,
    )


def title(state: Incident) -> str:
    """`INC-7 P1 checkout: …`; a title is not Markdown, but it stands in mails and lists."""
    drill = " (drill)" if state.drill else ""
    head = f"{state.name} {state.priority}{drill}: "
    return head + markdown.plain(state.title, limit=MAX_TITLE - len(head))


def labels_of(state: Incident) -> tuple[str, ...]:
    """The labels that say what it is."""
    found = [
        INCIDENT,
        priority_label(state.priority),
        state_label(state.status.value),
        service_label(state.service),
        team_label(state.team),
    ]
    # GitHub makes a label that is not there yet, but a comma or a line end in its name it does not take.
    plain = [markdown.plain(label.replace(",", " "), limit=50) for label in found if not label.endswith(": ")]
    return tuple([*plain, DRILL] if state.drill else plain)


def managed(label: str) -> bool:
    """Whether a label is the bot's to change; all others are people's."""
    return label.startswith(_MANAGED) or label in (INCIDENT, DRILL)


def logins(policy: Policy, names: Iterable[str]) -> tuple[str, ...]:
    """The accounts of members, as far as they have one."""
    found = (member(policy, name) for name in names if name)
    return tuple(dict.fromkeys(one.github for one in found if one is not None and one.github))


def _section(history: History, policy: Policy, public_url: str, now: datetime, room: int) -> str:
    state = history.state
    page = f"{public_url}/incidents/{state.name}"
    head = [*_head(state), *_facts(history, policy, now), *_links(state, policy, page)]
    for alerts, timeline in _ROWS:
        lines = [*head, *_alerts(state, alerts, page), *_timeline(history, timeline, page), f"<sub>{_HELP}</sub>"]
        text = "\n".join(lines)
        if len(text) <= room:
            return text
    short = "\n".join([*_head(state), f"There is no room here for more: {markdown.link('all of it', page)}."])
    if len(short) > room:
        raise ValueError(f"{len(short)} characters do not fit beside what people wrote in the body")
    return short


def _head(state: Incident) -> list[str]:
    drill = " (drill)" if state.drill else ""
    heading = f"### {state.name}: {markdown.text(state.title, limit=200)}{drill}"
    return [heading, ""]


def _facts(history: History, policy: Policy, now: datetime) -> list[str]:
    state = history.state
    meaning = {str(key): value.means for key, value in policy.severity.priorities.items()}.get(state.priority, "")
    rows = [
        ["State", _status(state)],
        ["Priority", f"**{state.priority}**" + (f": {markdown.text(meaning)}" if meaning else "")],
        ["Service", f"{markdown.text(state.service)}, of team {markdown.text(state.team)}"],
        ["Started", moment(state.started_at)],
    ]
    if state.verdict:
        rows.append(["Verdict", f"**{markdown.text(state.verdict)}**"])
    if state.inputs.duplicate_of:
        rows.append(["Duplicate of", incident_name(state.inputs.duplicate_of)])
    rows.append(["Responders", _responders(state) or "nobody yet"])
    if duties := roster(policy.teams.get(state.team), now):
        rows.append(["On call", ", ".join(_on_call(duty) for duty in duties)])
    return [*markdown.table(["", ""], rows), ""]


def _status(state: Incident) -> str:
    told = [f"**{state.status.value}**"]
    marks = (
        ("acknowledged", state.acknowledged_at, state.acknowledged_by),
        ("mitigated", state.mitigated_at, state.mitigated_by),
        ("resolved", state.resolved_at, state.resolved_by),
        ("closed", state.closed_at if state.status is Status.CLOSED else None, state.closed_by),
    )
    for word, at, by in marks:
        if at is not None:
            who = f" by {markdown.text(by)}" if by and by != BOT else ""
            told.append(f"{word} after {duration(at - state.started_at)}{who}")
    reopened = len(state.phases) - 1
    if reopened > 0:
        told.append(f"reopened {reopened}×")
    return "; ".join(told)


def _responders(state: Incident) -> str:
    roles: dict[str, list[str]] = {}
    if state.assignee:
        roles.setdefault(state.assignee, []).append("assigned")
    for role, who in sorted(state.inputs.roles.items()):
        roles.setdefault(who, []).append(role)
    return ", ".join(f"{markdown.text(who)} ({markdown.text(', '.join(words))})" for who, words in roles.items())


def _on_call(duty: Duty) -> str:
    layer, then = markdown.text(duty.layer), markdown.text(duty.then)
    if duty.who:
        return f"{layer}: {markdown.text(duty.who)}"
    if duty.rests:
        return f"{layer} is off duty; {then} comes {weekday(duty.begins)} UTC"
    return f"{layer}: nobody" + (f"; {then} from {weekday(duty.begins)} UTC" if duty.begins else "")


def _links(state: Incident, policy: Policy, page: str) -> list[str]:
    found = [markdown.link("Everything about it", page)]
    here = {link.url for link in state.inputs.links if link.relation == LINK}
    links = (one for one in help_links(state, policy) if one.url not in here and len(one.url) <= _LONGEST_URL)
    found += [markdown.link(one.text, one.url) for one in links]
    return [" · ".join(found), "", *_waiting(state)]


def _waiting(state: Incident) -> Iterator[str]:
    for attempt in state.inputs.remediations:
        if attempt.waits and state.status.active:
            number, action = attempt.attempt, markdown.text(attempt.action)
            yield f"**{action} waits for somebody to approve it**: comment `/approve {number}` or `/reject {number}`."
            yield ""


def _alerts(state: Incident, most: int, page: str) -> list[str]:
    alerts = sorted(state.alerts_in_order, key=lambda alert: not alert.firing)
    if not alerts:
        return []
    firing = len(state.firing)
    lines = [f"#### Alerts: {firing} firing, {len(alerts) - firing} resolved", ""]
    rows = [_alert(alert) for alert in alerts[:most]]
    lines += markdown.table(["Alert", "Priority", "State", "Since", "Summary"], rows)
    if more := len(alerts) - len(rows):
        lines += ["", f"{more} more alerts are not shown here: {markdown.link('all of them', page)}."]
    return [*lines, ""]


def _alert(alert: AlertState) -> list[str]:
    return [
        markdown.text(alert.name, limit=120),
        f"{markdown.text(alert.priority)} {markdown.text(alert.severity)}",
        "**firing**" if alert.firing else f"resolved {moment(alert.ended_at)}",
        moment(alert.started_at),
        markdown.text(alert.annotations.get("summary", ""), limit=_CELL),
    ]


def _timeline(history: History, most: int, page: str) -> list[str]:
    # That the incident has an issue is no news there.
    rows = [event for event in history.rows if event.data.get("relation") != LINK]
    first = min(most // 4 + 1, len(rows))
    shown = rows if len(rows) <= most else (*rows[:first], *rows[-(most - first) :])
    lines = [[moment(event.at), markdown.text(event.by), phrase(event)] for event in shown]
    if more := len(rows) - len(shown):
        lines.insert(first, ["…", "", f"{more} more entries are not shown here: {markdown.link('all of them', page)}"])
    return ["#### Timeline (UTC)", "", *markdown.table(["When", "Who", "What"], lines), ""]
