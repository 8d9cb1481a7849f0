"""An incident as one message of Slack: its state at a glance, and what can be done about it. Pure."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from alerting.model.policy import Policy
from bots.incident import History
from bots.rulebook import Rules
from bots.slack import controls, people, rich
from bots.slack.markup import escaped
from bots.slack.rich import Block, Element
from bots.timeline.alert_state import AlertState
from bots.timeline.state import Incident, Remediation, Status, incident_name
from bots.words.links import Link, help_links
from bots.words.phrases import duration

EVENT_TYPE: Final = "tocsin"
"""The type of the metadata by which our own messages are found again:
https://docs.slack.dev/messaging/message-metadata"""
_SIGNS: Final[Mapping[Status, str]] = {
    Status.OPEN: "🔴",
    Status.ACKNOWLEDGED: "🟠",
    Status.MITIGATED: "🟡",
    Status.RESOLVED: "🟢",
    Status.CLOSED: "⚪",
}
LONGEST: Final = 11_000
"""Characters of a message's blocks; beyond some 12,000 Slack refuses it: https://github.com/slackapi/bolt-js/issues/2867"""
_ROOMS: Final = ((8, 6), (5, 4), (3, 2))
"""Alerts and links that are shown, as far as there is room."""
_LONGEST_URL: Final = 600
_TITLE: Final = 110


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What `chat.postMessage` and `chat.update` take."""

    text: str
    """For notifications and for readers of screens; escaped."""
    blocks: tuple[Block, ...]
    marker: Mapping[str, Any] = field(default_factory=dict)
    """What the metadata say; JSON values."""
    page: str = ""
    """Where the same can be read."""

    def arguments(self) -> dict[str, Any]:
        """Nothing in it is taken for a name, a link or formatting that is not one in the blocks."""
        found: dict[str, Any] = {
            "text": self.text,
            "blocks": list(self.blocks),
            "parse": "none",
            "link_names": False,
        }
        if self.marker:
            found["metadata"] = {"event_type": EVENT_TYPE, "event_payload": dict(self.marker)}
        return found

    def plainly(self) -> dict[str, Any]:
        """The same without blocks, and where there is more."""
        found = {**self.arguments(), "text": f"{self.text}: <{self.page}>" if self.page else self.text}
        del found["blocks"]
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What a message needs to know beside the incident."""

    policy: Policy
    rules: Rules
    public_url: str
    now: datetime
    room: str = ""
    """The incident's own channel, where it has one."""
    in_room: bool = False
    """Whether the message stands in that channel."""


def incident_message(history: History, scene: Scene) -> Message:
    """The message that stays up to date."""
    incident = history.state
    blocks = next((found for room in _ROOMS if _size(found := _blocks(incident, scene, *room)) <= LONGEST), None)
    return Message(
        text=escaped(f"{headline(incident)} is {incident.status}", 300),
        blocks=tuple(blocks or _blocks(incident, scene, 0, 0)),
        marker={"incident": incident.name, "what": "room" if scene.in_room else "incident", "key": _key(incident)},
        page=page_of(incident, scene),
    )


def _size(blocks: Sequence[Block]) -> int:
    return len(json.dumps(blocks, ensure_ascii=False))


def _blocks(incident: Incident, scene: Scene, alerts: int, links: int) -> list[Block]:
    """With so many alerts and links at most."""
    blocks: list[Block] = [
        rich.header(f"{_SIGNS[incident.status]} {headline(incident)}"),
        rich.block(_facts(incident, scene, links), "tocsin:facts"),
    ]
    if incident.alerts:
        blocks.append(rich.block(_alerts(incident, alerts), "tocsin:alerts"))
    attempts = incident.inputs.remediations[-3:]
    if attempts:
        rows = [[rich.text(attempt_line(attempt))] for attempt in attempts]
        blocks.append(rich.block([rich.bullets(rows)], "tocsin:attempts"))
    return [*blocks, *controls.buttons(incident, scene.rules)]


def headline(incident: Incident) -> str:
    """`INC-7 P0 checkout: too many errors`."""
    drill = "DRILL " if incident.drill else ""
    title = incident.title[:_TITLE]
    return f"{drill}{incident.name} {incident.priority} {incident.service}: {title}"


def page_of(incident: Incident, scene: Scene) -> str:
    """The address of the incident's page."""
    return f"{scene.public_url}/incidents/{incident.name}"


def _key(incident: Incident) -> str:
    """Tells incidents of one number in two different folders of state apart."""
    return incident.inputs.opened_key[:16]


def _facts(incident: Incident, scene: Scene, most_links: int) -> list[Element]:
    meaning = scene.policy.severity.priorities.get(incident.priority)  # type: ignore[call-overload]  # a word of P0..P4
    status = [rich.own(incident.status.value.capitalize(), bold=True), *_since(incident, scene)]
    if meaning:
        status += [rich.own(" · "), rich.text(f"{incident.priority}: {meaning.means}")]
    rows = [status]
    who = _who(incident, scene)
    if who:
        rows.append(who)
    links = _links(incident, scene, most_links)
    if links:
        rows.append(links)
    return [rich.section(_lines(rows))]


def _lines(rows: Sequence[Sequence[Element]]) -> Iterable[Element]:
    for number, row in enumerate(rows):
        if number:
            yield rich.own("\n")
        yield from row


def _since(incident: Incident, scene: Scene) -> list[Element]:
    by = {
        Status.ACKNOWLEDGED: incident.acknowledged_by,
        Status.MITIGATED: incident.mitigated_by,
        Status.RESOLVED: incident.resolved_by,
        Status.CLOSED: incident.closed_by,
    }.get(incident.status, "")
    said: list[Element] = [rich.own(" by "), people.shown(scene.policy, by)] if by and by != "tocsin" else []
    if incident.verdict:
        said.append(rich.text(f", {incident.verdict}"))
    started = incident.inputs.began_at or incident.started_at
    if incident.ended_at is None:
        return [*said, rich.own(" · since "), rich.moment(started)]
    lasted = duration(incident.ended_at - started)
    return [*said, rich.own(f" · lasted {lasted}, from "), rich.moment(started)]


def _who(incident: Incident, scene: Scene) -> list[Element]:
    pairs = [("assignee", incident.assignee)] if incident.assignee else []
    pairs += sorted(incident.inputs.roles.items())
    if incident.status.active:
        pairs += [(f"on call, {layer}", who) for layer, who in on_call(incident, scene).items()]
    found: list[Element] = []
    for number, (what, who) in enumerate(pairs):
        if number:
            found.append(rich.own(" · "))
        found += [rich.text(what.capitalize(), limit=80), rich.own(": "), people.shown(scene.policy, who)]
    return found


def on_call(incident: Incident, scene: Scene) -> Mapping[str, str]:
    """Who is on call for the incident's team now, by layer."""
    return people.on_duty(scene.policy, incident.team, scene.now)


def _links(incident: Incident, scene: Scene, most: int) -> list[Element]:
    found: list[Element] = []
    if scene.room and not scene.in_room:
        found += [rich.own("Worked on in "), rich.channel(scene.room), rich.own(" · ")]
    found.append(rich.link("Incident page", page_of(incident, scene)))
    shown = [one for one in help_links(incident, scene.policy) if _worth_showing(one)]
    for one in shown[:most]:
        found += [rich.own(" · "), rich.link(one.text, one.url)]
    if incident.inputs.duplicate_of:
        found += [rich.own(" · duplicate of "), rich.own(incident_name(incident.inputs.duplicate_of))]
    return found


def _worth_showing(link: Link) -> bool:
    """Not where we are already, and not an address as long as a page."""
    return not link.text.lower().startswith("slack ") and len(link.url) <= _LONGEST_URL


def _alerts(incident: Incident, most: int) -> list[Element]:
    ordered = sorted(incident.alerts_in_order, key=lambda alert: not alert.firing)
    found: list[Element] = [rich.bullets([_alert(alert) for alert in ordered[:most]])] if most else []
    more = ordered[most:]
    if more:
        firing = sum(alert.firing for alert in more)
        found.append(rich.section([rich.own(f"and {len(more)} more alerts, {firing} of them firing")]))
    return found


def _alert(alert: AlertState) -> list[Element]:
    summary = alert.annotations.get("summary", "")
    row = [
        rich.own("fires: " if alert.firing else "resolved: "),
        rich.text(alert.name, bold=True, limit=120),
        rich.text(f" ({alert.severity})"),
    ]
    return [*row, rich.text(f" {summary}", limit=240)] if summary else row


def attempt_line(attempt: Remediation) -> str:
    """`restart_deployment, attempt 2: succeeded`; plain text."""
    if attempt.outcome:
        state = attempt.outcome.replace("_", " ") + (f": {attempt.detail}" if attempt.detail else "")
    elif attempt.started_at is not None:
        state = "runs"
    elif attempt.waits:
        state = f"asked for by {attempt.requested_by}; somebody else has to approve it"
    else:
        state = "asked for by " + attempt.requested_by
    dry = ", dry run" if attempt.dry_run else ""
    return f"{attempt.action}, attempt {attempt.attempt}{dry}: {state}"
