"""Who gets an alert: the compiled configuration asked about one alert at one time, and the people behind it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from alerting import names
from alerting.model.document_model import Priority, Severity
from alerting.model.matcher import match_all, parse_all
from alerting.model.policy import PLATFORM, Policy
from alerting.model.service import Service
from alerting.oncall import Notified, notified, on_call
from alerting.routes.configuration import alertmanager_config
from alerting.routes.matching import Node, tree
from alerting.routes.mute import holds
from alerting.routes.severities import meaning

_CHANNELS: Final = {
    "pagerduty_configs": "pagerduty",
    "slack_configs": "slack",
    "email_configs": "email",
}
_RECEIVERS: Final = {
    names.BOT_RECEIVER: ("bot", "writes the record"),
    names.DEAD_MANS_SWITCH_RECEIVER: ("dead man's switch", "expects this alert to fire always"),
    names.NOBODY_RECEIVER: ("nobody", "visible in Alertmanager only"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """One receiver that is told."""

    receiver: str
    channel: str
    """pagerduty, slack, email, bot, dead man's switch or nobody."""
    to: str
    """The Slack channel, the mail address, whose PagerDuty integration, or what the receiver is."""
    group_by: tuple[str, ...]
    group_key: str
    group_wait: str
    muted_by: tuple[str, ...]
    """The mute windows that hold at the time; the receiver is told when they end, if the alert still fires."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MutedWhile:
    """Alerts that mute this one while they fire."""

    source: tuple[str, ...]
    """Matchers of the alert that mutes, with the labels that it must share written out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnDuty:
    """Who has a layer."""

    layer: str
    who: str | None
    """None where nobody is."""
    email: str | None
    slack: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Who gets an alert with these labels."""

    labels: Mapping[str, str]
    at: datetime
    service: str
    """The service that the alert belongs to; `platform` if the label names none that is known."""
    team: str
    severity: Severity
    priority: Priority
    notes: tuple[str, ...]
    """What had to be assumed."""
    notifications: tuple[Notification, ...]
    silenced_by: tuple[str, ...]
    """Files under policies/silences/ that hold at the time; then nobody is told, the bot included."""
    muted_while: tuple[MutedWhile, ...]
    on_call: tuple[OnDuty, ...]
    escalation: tuple[Notified, ...]
    """Whom a page reaches in turn; empty if the alert does not page."""

    @property
    def reaches_people(self) -> bool:
        """Whether anyone is told at the time."""
        told = [each for each in self.notifications if each.channel in _CHANNELS.values() and not each.muted_by]
        return bool(told) and not self.silenced_by


class Router:
    """A policy's routes, compiled once to be asked often."""

    def __init__(self, policy: Policy) -> None:
        """Compiles; raises RoutingError."""
        self._policy = policy
        config = alertmanager_config(policy)
        self._tree = tree(config["route"])
        self._receivers = {receiver["name"]: receiver for receiver in config["receivers"]}
        self._intervals = {each["name"]: each["time_intervals"] for each in config.get("time_intervals", ())}
        self._inhibitions = [
            (rule["source_matchers"], parse_all(rule["target_matchers"]), rule.get("equal", ()))
            for rule in config["inhibit_rules"]
        ]

    def receivers(self, labels: Mapping[str, str]) -> tuple[str, ...]:
        """The receivers in the tree's order, as `amtool config routes test` prints them."""
        return tuple(node.settings["receiver"] for node in self._tree.ends(labels))

    def pagerduty_key(self, labels: Mapping[str, str]) -> str | None:
        """PagerDuty's `incident_key` for an alert with these labels; None for one that goes to no integration there."""
        for node in self._tree.ends(labels):
            if "pagerduty_configs" in self._receivers[node.settings["receiver"]]:
                return names.pagerduty_dedup_key(node.group_key(labels))
        return None

    def resolve(self, labels: Mapping[str, str], at: datetime) -> Answer:
        """Who gets an alert with exactly these labels; see `completed` for labels that a person typed."""
        policy = self._policy
        service = policy.services.get(labels.get(names.SERVICE, PLATFORM), policy.services[PLATFORM])
        severity = meaning(policy.severity, labels)
        priority = policy.severity.priority(severity, service.tier)
        notifications = tuple(self._notification(node, labels, at) for node in self._tree.ends(labels))
        pages = any(each.channel == "pagerduty" for each in notifications)
        return Answer(
            labels=labels,
            at=at,
            service=service.service,
            team=service.owner,
            severity=severity,
            priority=_priority(labels, priority),
            notes=_notes(policy, labels, service),
            notifications=notifications,
            silenced_by=_silences(policy, labels, at),
            muted_while=tuple(self._muted_while(labels)),
            on_call=_on_duty(policy, service, at),
            escalation=notified(policy.teams[service.owner], at) if pages else (),
        )

    def _notification(self, node: Node, labels: Mapping[str, str], at: datetime) -> Notification:
        """What one route does with the alert."""
        receiver = self._receivers[node.settings["receiver"]]
        channel, to = _target(receiver)
        return Notification(
            receiver=receiver["name"],
            channel=channel,
            to=to,
            group_by=tuple(node.settings["group_by"]),
            group_key=node.group_key(labels),
            group_wait=node.settings["group_wait"],
            muted_by=tuple(name for name in node.mute_time_intervals if holds(self._intervals[name], at)),
        )

    def _muted_while(self, labels: Mapping[str, str]) -> list[MutedWhile]:
        """The inhibition rules that the alert is a target of."""
        found = []
        for source, target, equal in self._inhibitions:
            if match_all(target, labels) and all(labels.get(label) for label in equal):
                shared = [f'{label}="{labels[label]}"' for label in equal]
                own = [text for text in source if text not in {f'{label}!=""' for label in equal}]
                found.append(MutedWhile(source=(*own, *shared)))
        return found


def resolve(policy: Policy, labels: Mapping[str, str], at: datetime) -> Answer:
    """Who gets an alert with exactly these labels; raises RoutingError. `Router` is quicker for many questions."""
    return Router(policy).resolve(labels, at)


def completed(policy: Policy, labels: Mapping[str, str]) -> dict[str, str]:
    """The labels with those that the compiled rules would have added; unchanged for a service that is not known."""
    service = policy.services.get(labels.get(names.SERVICE, PLATFORM))
    if service is None:
        return dict(labels)
    if labels.get(names.ALERTNAME) == names.WATCHDOG:
        labels = {names.SEVERITY: "info", **labels}
    severity = meaning(policy.severity, labels)
    added = {
        names.SERVICE: service.service,
        names.TEAM: service.owner,
        names.PRIORITY: policy.severity.priority(severity, service.tier),
    }
    return {**added, **labels}


def _target(receiver: Mapping[str, Any]) -> tuple[str, str]:
    """The channel of a receiver and who is at its end."""
    name = receiver["name"]
    if name in _RECEIVERS:
        return _RECEIVERS[name]
    kind = next(kind for kind in _CHANNELS if kind in receiver)
    config = receiver[kind][0]
    shown = {
        "slack_configs": config.get("channel"),
        "email_configs": config.get("to"),
        "pagerduty_configs": f"integration of {name.removeprefix('pagerduty-')}",
    }
    return _CHANNELS[kind], str(shown[kind])


def _priority(labels: Mapping[str, str], usual: Priority) -> Priority:
    """The priority that the alert says, if it says one."""
    said = labels.get(names.PRIORITY, "")
    return said if said in ("P0", "P1", "P2", "P3", "P4") else usual  # type: ignore[return-value]  # narrowed by `in`


def _notes(policy: Policy, labels: Mapping[str, str], service: Service) -> tuple[str, ...]:
    """What the routes assume about the alert."""
    notes = []
    named = labels.get(names.SERVICE, "")
    if named != service.service:
        wrong = f"no service {named!r} is known" if named else "the alert names no service"
        notes.append(f"{wrong}: it belongs to {service.service}")
    word = labels.get(names.SEVERITY, "")
    known = policy.severity.severity(word)
    if known is None:
        wrong = f"severity {word!r} is not known" if word else "the alert has no severity"
        notes.append(f"{wrong}: it counts as ticket")
    elif known != word:
        notes.append(f"severity {word!r} is {known} here")
    team = labels.get(names.TEAM, service.owner)
    if team != service.owner:
        notes.append(f"{service.service} belongs to {service.owner}, which is notified whatever the label team says")
    return tuple(notes)


def _silences(policy: Policy, labels: Mapping[str, str], at: datetime) -> tuple[str, ...]:
    return tuple(
        name
        for name, silence in sorted(policy.silences.items())
        if silence.active(at) and match_all(parse_all(silence.matchers), labels)
    )


def _on_duty(policy: Policy, service: Service, at: datetime) -> tuple[OnDuty, ...]:
    team = policy.teams[service.owner]
    members = {member.name: member for member in team.members}
    people = {layer: (who, members.get(who or "")) for layer, who in on_call(team, at).items()}
    return tuple(
        OnDuty(layer=layer, who=who, email=member.email if member else None, slack=member.slack if member else None)
        for layer, (who, member) in people.items()
    )
