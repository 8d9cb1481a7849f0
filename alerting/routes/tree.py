"""Alertmanager's routing tree: who is notified of which alert.

The bot comes first and everything goes on from there. Each service then has a node of its own, with one node per
severity, with one route per channel. A channel is a route of its own so that one that is down delays no other.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from alerting import names
from alerting.model.document_model import Severity
from alerting.model.matcher import Matcher, none_of, one_of
from alerting.model.policy import PLATFORM, Policy
from alerting.model.quantities import Duration
from alerting.model.routing import Channel, DeadMansSwitch
from alerting.model.service import Service
from alerting.routes.mute import Place, muted
from alerting.routes.severities import is_severity, words

GROUP_BY: Final = (names.TEAM, names.SERVICE)
PAGE_GROUP_BY: Final = (names.TEAM, names.SERVICE, names.ALERTNAME)
BOT_MATCHERS: Final = ('severity=~"page|ticket"',)
CHANNELS: Final[tuple[Channel, ...]] = ("pagerduty", "slack", "email")

Route = dict[str, Any]


def route_tree(policy: Policy) -> Route:
    """The root route, of a policy that has the service `platform`; raises RoutingError for too many mute windows."""
    routing = policy.routing
    services = [policy.services[name] for name in sorted(policy.services)]
    return {
        "receiver": names.NOBODY_RECEIVER,
        "group_by": list(GROUP_BY),
        "group_wait": str(routing.group_wait),
        "group_interval": str(routing.group_interval),
        "repeat_interval": str(routing.repeat_interval),
        "routes": [
            _bot(BOT_MATCHERS),
            _watchdog(routing.dead_mans_switch),
            _bot([str(_foreign(policy))]),
            *_info(policy),
            *(_service(policy, service, [f'{names.SERVICE}="{service.service}"']) for service in services),
            _service(policy, policy.services[PLATFORM], []),
        ],
    }


def _bot(matchers: Iterable[str]) -> Route:
    """Tells the bot at once, and goes on: people hear of it in parallel."""
    return {
        "matchers": list(matchers),
        "receiver": names.BOT_RECEIVER,
        "group_by": list(GROUP_BY),
        "group_wait": "0s",
        "group_interval": "10s",
        "continue": True,
    }


def _foreign(policy: Policy) -> Matcher:
    """Alerts of other tools, whose severities are words that the first route does not know."""
    return none_of(names.SEVERITY, ["page", "ticket", *words(policy.severity, "info")])


def _watchdog(switch: DeadMansSwitch) -> Route:
    """Sends every `every`: Alertmanager looks each `group_interval` whether `repeat_interval` has passed."""
    return {
        "matchers": [f'{names.ALERTNAME}="{names.WATCHDOG}"'],
        "receiver": names.DEAD_MANS_SWITCH_RECEIVER,
        "group_by": [names.ALERTNAME],
        "group_wait": "0s",
        "group_interval": str(Duration(max(1, switch.every.ms // 2))),
        # A little early, or the look at exactly `every` might come a moment before its time and wait for the next one.
        "repeat_interval": str(Duration(max(1, switch.every.ms * 3 // 4))),
    }


def _info(policy: Policy) -> list[Route]:
    """What asks nothing of anybody stays visible in Alertmanager, unless the policy gives it a channel."""
    if policy.routing.channels.get("info"):
        return []
    return [{"matchers": [str(is_severity(policy.severity, "info"))], "receiver": names.NOBODY_RECEIVER}]


def _service(policy: Policy, service: Service, matchers: list[str]) -> Route:
    """The alerts of one service; without matchers those that no other route took."""
    severities: list[Severity] = (
        ["page", "info", "ticket"] if policy.routing.channels.get("info") else ["page", "ticket"]
    )
    routes = [_severity(policy, service, severity) for severity in severities]
    return {**({"matchers": matchers} if matchers else {}), "routes": routes}


def _severity(policy: Policy, service: Service, severity: Severity) -> Route:
    """The channels of one severity; ticket comes last and takes every word that is left."""
    *others, last = list(_channels(policy, service, severity)) or [{"receiver": names.NOBODY_RECEIVER}]
    last.pop("continue", None)
    return {
        **({} if severity == "ticket" else {"matchers": [str(is_severity(policy.severity, severity))]}),
        **({"group_by": list(PAGE_GROUP_BY)} if severity == "page" else {}),
        **({"routes": [*others, last]} if others or "matchers" in last else last),
    }


def _channels(policy: Policy, service: Service, severity: Severity) -> Iterator[Route]:
    """A route per channel: first those that some priorities have in addition, then those of the severity."""
    windows, usual = policy.routing.mute_windows, policy.routing.channels.get(severity, ())
    for channel in CHANNELS if severity != "info" else ():
        priorities = _in_addition(policy, service, severity, channel)
        if priorities:
            place = Place(service=service, severity=severity, priorities=priorities)
            route: Route = {
                "matchers": [str(one_of(names.PRIORITY, priorities))],
                "receiver": receiver(channel, service),
            }
            yield muted({**route, "continue": True}, windows, place, policy.severity)
    for channel in CHANNELS:
        if channel in usual:
            route = {"receiver": receiver(channel, service), "continue": True}
            yield muted(route, windows, Place(service=service, severity=severity), policy.severity)


def _in_addition(policy: Policy, service: Service, severity: Severity, channel: Channel) -> list[str]:
    """The priorities that have a channel which their severity lacks; the empty text stands for a missing label."""
    routing = policy.routing
    if channel in routing.channels.get(severity, ()):
        return []
    found: list[str] = sorted(each for each, channels in routing.priority_channels.items() if channel in channels)
    # An alert without a priority has the one that its severity and the service's tier give it.
    return [*found, ""] if policy.severity.priority(severity, service.tier) in found else found


def receiver(channel: Channel, service: Service) -> str:
    """The receiver of a channel for a service."""
    if channel == "pagerduty":
        return names.pagerduty_receiver(service.service)
    return names.slack_receiver(service.owner) if channel == "slack" else names.EMAIL_RECEIVER
