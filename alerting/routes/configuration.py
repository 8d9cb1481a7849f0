"""The whole configuration of Alertmanager, 0.26 or later, as one value."""

from typing import Any, Final

from alerting import names
from alerting.errors import RoutingError
from alerting.model.document_model import Tier
from alerting.model.policy import PLATFORM, Policy
from alerting.model.routing import Channel
from alerting.routes import receivers
from alerting.routes.inhibitions import inhibit_rules
from alerting.routes.mute import time_intervals
from alerting.routes.severities import SEVERITIES
from alerting.routes.templates import template_files
from alerting.routes.tree import route_tree

FILE: Final = "alertmanager/alertmanager.yml"
TEMPLATE_FOLDER: Final = "templates"
TIERS: Final[tuple[Tier, ...]] = (1, 2, 3)


def alertmanager_config(policy: Policy, template_folder: str = TEMPLATE_FOLDER) -> dict[str, Any]:
    """What `alertmanager.yml` holds; `template_folder` is relative to that file, or a path. Raises RoutingError."""
    _refuse_unsound(policy)
    config: dict[str, Any] = {
        "global": receivers.global_settings(policy.routing),
        "templates": [f"{template_folder}/*.tmpl"],
        "route": route_tree(policy),
        "inhibit_rules": inhibit_rules(policy),
    }
    if policy.routing.mute_windows:
        config["time_intervals"] = time_intervals(policy.routing.mute_windows)
    return {**config, "receivers": _receivers(policy)}


def files(policy: Policy) -> dict[str, Any]:
    """What `tocsin render` writes under `rendered/`: the configuration, and templates as text; raises RoutingError."""
    templates = {f"alertmanager/{TEMPLATE_FOLDER}/{name}": text for name, text in template_files(policy).items()}
    return {FILE: alertmanager_config(policy), **templates}


def _refuse_unsound(policy: Policy) -> None:
    """Raises RoutingError, one line a mistake, for what `tocsin check` would have said."""
    wrong = [
        f"policies/services/{name}.yaml: owner {service.owner} is not a team; expected the name of a file under "
        "policies/teams/; run `tocsin check`"
        for name, service in sorted(policy.services.items())
        if service.owner not in policy.teams
    ]
    wrong += [
        f"policies/severity.yaml: matrix: no priority for {severity} of tier {tier}; expected one for each tier of "
        "1, 2, 3; run `tocsin check`"
        for severity in SEVERITIES
        for tier in TIERS
        if tier not in policy.severity.matrix.get(severity, {})
    ]
    if PLATFORM not in policy.services:
        wrong.append(
            f"policies/services/{PLATFORM}.yaml: no such file; expected the service that alerts of no known service "
            "belong to; write it, with the team that takes them as its owner"
        )
    if wrong:
        raise RoutingError("\n".join(wrong))


def _receivers(policy: Policy) -> list[dict[str, Any]]:
    """Every receiver that a route names, and no other."""
    routing = policy.routing
    used = {channel for channels in routing.channels.values() for channel in channels}
    used |= {channel for channels in routing.priority_channels.values() for channel in channels}
    teams = sorted({service.owner for service in policy.services.values()})
    per_channel: dict[Channel, list[dict[str, Any]]] = {
        "pagerduty": [receivers.pagerduty(routing, service) for service in sorted(policy.services)],
        "slack": [receivers.slack(policy, team) for team in teams],
        "email": [receivers.email(routing)],
    }
    return [
        receivers.bot(routing),
        receivers.dead_mans_switch(routing),
        {"name": names.NOBODY_RECEIVER},
        *(each for channel, built in per_channel.items() if channel in used for each in built),
    ]
