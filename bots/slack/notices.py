"""What is said because time has passed: that an update is due, and how things stand in the morning. Pure.

`bots.clock` asks; what it is given has keys of its own, so each is said once.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from alerting.model.policy import Policy
from alerting.model.team import Team
from bots.clock import View
from bots.incident import History
from bots.outbox import Errand
from bots.slack import controls, people, rich
from bots.slack.markup import escaped
from bots.slack.message import Message
from bots.slack.rich import Element
from bots.timeline.event import BOT, Event, Kind, parse_time, time_text
from bots.timeline.state import Incident
from bots.timeline.summary import Summary
from bots.words.phrases import duration

DESTINATION: Final = "slack"
_MORNING: Final = time(9)
_LATE: Final = timedelta(hours=3)
"""A digest that could not be posted by then is no digest of the morning any more."""
_MOST: Final = 8
"""Incidents of one list."""
_NEWS: Final = frozenset(
    {
        Kind.NOTED,
        Kind.ACKNOWLEDGED,
        Kind.ASSIGNED,
        Kind.ROLE_ASSIGNED,
        Kind.PRIORITY_CHANGED,
        Kind.MITIGATED,
        Kind.REOPENED,
    }
)
"""What people do that those who wait hear of."""


def reminders_due(view: View, policy: Policy, now: datetime) -> Iterable[Errand]:
    """One for every `update_every` (policies/severity.yaml) that has passed without news from a person."""
    for history in view.active():
        every = _every(history.state, policy)
        if every is None or history.state.inputs.duplicate_of is not None:
            continue
        since, last = last_news(history)
        periods = (now - since) // every
        if periods >= 1:
            key = f"slack remind {history.state.name} {last} {periods}"
            yield Errand(
                destination=DESTINATION,
                key=key,
                line=key,
                incident=history.number,
                event_key=history.state.inputs.opened_key,
                payload={
                    "remind": last,
                    "incident": history.number,
                    "due_at": time_text(since + periods * every),
                    "periods": periods,
                },
            )


def last_news(history: History) -> tuple[datetime, str]:
    """When a person last said how it stands, and the event's id; else when the incident (or its last phase) began."""
    state = history.state
    found: Event | None = None
    for event in history.events:
        if event.kind in _NEWS and event.by not in (BOT, "alertmanager") and (found is None or event.at >= found.at):
            found = event
    begun = max(state.phases[-1].start if state.phases else state.inputs.opened_at, state.inputs.opened_at)
    if found is None or found.at < begun:
        return begun, f"phase {len(state.phases)}"
    return found.at, found.id


def _every(incident: Incident, policy: Policy) -> timedelta | None:
    meaning = policy.severity.priorities.get(incident.priority)  # type: ignore[call-overload]  # a word of P0..P4
    return timedelta(milliseconds=meaning.update_every.ms) if meaning and meaning.update_every else None


def reminder(history: History, payload: Mapping[str, Any], policy: Policy, now: datetime, key: str) -> Message | None:
    """The reminder; None if somebody said something meanwhile, if it is over, or if the next one is due already."""
    state = history.state
    every = _every(state, policy)
    since, last = last_news(history)
    if not state.status.active or every is None or last != payload["remind"]:
        return None
    if now - parse_time(str(payload["due_at"])) > every:
        return None
    silence = duration(timedelta(minutes=(now - since) // timedelta(minutes=1)))
    said = f" of {state.name} is due: nobody has said how it stands for {silence}, and {state.priority} "
    tail = f"asks for news every {duration(every)}."
    who = [people.shown(policy, name) for name in _asked(state, policy, now)]
    elements: list[Element] = [*who, rich.own(" an update" if who else "An update"), rich.own(said + tail)]
    return Message(
        text=escaped(f"An update{said}{tail}", 300),
        blocks=(rich.block([rich.section(elements)]), controls.note_button(state)),
        marker={"what": "remind", "key": key},
    )


def _asked(incident: Incident, policy: Policy, now: datetime) -> Sequence[str]:
    """Whose turn it is: communications, the commander, whoever works on it, whoever is on call."""
    roles = incident.inputs.roles
    named = (roles.get("communications"), roles.get("commander"), incident.assignee, incident.acknowledged_by)
    duty = people.on_duty(policy, incident.team, now).values()
    return [next((name for name in (*named, *duty) if name), "")] if any((*named, *duty)) else []


def digests_due(view: View, policy: Policy, now: datetime) -> Iterable[Errand]:
    """On working days at nine in the morning of each team: what goes on, and what ended since the last one."""
    for name, team in sorted(policy.teams.items()):
        morning = _morning(team, now)
        if morning is None:
            continue
        since = _earlier(morning)
        open_now = [
            _row(one.state) for one in view.active() if _fits(one.state.team, one.state.inputs.opened_at, name, morning)
        ]
        over = [one for one in view.ended(since) if _fits(one.team, one.opened_at, name, morning)]
        open_then = [_summary(one) for one in over if one.ended_at and one.ended_at > morning]
        ended = [_summary(one) for one in over if one.ended_at and one.ended_at <= morning]
        if open_now or open_then or ended:
            key = f"slack digest {name} {morning:%Y-%m-%d}"
            yield Errand(
                destination=DESTINATION,
                key=key,
                line=key,
                incident=None,
                event_key=key,
                payload={
                    "digest": {"team": name, "at": time_text(morning), "open": [*open_now, *open_then], "ended": ended},
                    "channel": team.slack,
                },
            )


def _fits(team: str, opened_at: datetime, wanted: str, morning: datetime) -> bool:
    return team == wanted and opened_at <= morning


def _morning(team: Team, now: datetime) -> datetime | None:
    """Nine o'clock of the team's working day, if it was just now."""
    zone = ZoneInfo(str(team.on_call.timezone) if team.on_call else "UTC")
    local = now.astimezone(zone)
    at = datetime.combine(local.date(), _MORNING, zone)
    return at if at.weekday() < 5 and timedelta(0) <= now - at < _LATE else None


def _earlier(morning: datetime) -> datetime:
    """The working day's morning before."""
    return morning - timedelta(days=3 if morning.weekday() == 0 else 1)


def _row(incident: Incident) -> Mapping[str, Any]:
    return {
        "id": incident.name,
        "priority": incident.priority,
        "service": incident.service,
        "status": incident.status.value,
        "title": incident.title,
        "assignee": incident.assignee,
        "verdict": incident.verdict,
        "drill": incident.drill,
    }


def _summary(one: Summary) -> Mapping[str, Any]:
    return {
        "id": one.name,
        "priority": one.priority,
        "service": one.service,
        "status": one.status.value,
        "title": one.title,
        "assignee": one.assignee,
        "verdict": one.verdict,
        "drill": one.drill,
    }


def stale(payload: Mapping[str, Any], now: datetime) -> bool:
    """Whether a digest comes too late to be one."""
    return now - parse_time(str(payload["at"])) > _LATE


def digest_message(payload: Mapping[str, Any], policy: Policy, public_url: str, key: str) -> Message:
    """The digest of a team."""
    team, at = str(payload["team"]), parse_time(str(payload["at"]))
    duty = people.on_duty(policy, team, at)
    parts: list[Element] = []
    if duty:
        row: list[Element] = [rich.own("On call: ", bold=True)]
        for number, (layer, who) in enumerate(duty.items()):
            row += [rich.own(", " if number else ""), rich.text(layer), rich.own(" "), people.shown(policy, who)]
        parts.append(rich.section([one for one in row if one["type"] != "text" or one["text"]]))
    for title, rows in (("Going on", payload["open"]), ("Ended since the last digest", payload["ended"])):
        if rows:
            parts.append(rich.section([rich.own(f"{title}: {len(rows)}", bold=True)]))
            parts.append(rich.bullets([_line(one, policy, public_url) for one in rows[:_MOST]]))
            if len(rows) > _MOST:
                more = rich.link("and the others", f"{public_url}/incidents")
                parts.append(rich.section([more]))
    counted = f"{len(payload['open'])} going on, {len(payload['ended'])} ended since the last digest"
    return Message(
        text=escaped(f"{team}: {counted}"),
        blocks=(rich.header(f"Incidents of {team}"), rich.block(parts)),
        marker={"what": "digest", "key": key},
    )


def _line(one: Mapping[str, Any], policy: Policy, public_url: str) -> list[Element]:
    row = [
        rich.link(str(one["id"]), f"{public_url}/incidents/{one['id']}"),
        rich.own(f" {one['priority']} {'drill, ' if one['drill'] else ''}{one['status']}: ", bold=True),
        rich.text(f"{one['service']}: {one['title']}", limit=120),
    ]
    if one["status"] == "resolved" and not one["verdict"]:
        row.append(rich.own(" · needs a verdict"))
    if one["assignee"]:
        row += [rich.own(" · "), people.shown(policy, str(one["assignee"]))]
    return row
