"""Routes: every page reaches a channel, and nothing mutes more than it says."""

from collections.abc import Iterator
from typing import Final, get_args

from alerting import names
from alerting.checks.given import Given
from alerting.model.document_model import Severity
from alerting.problem import Problem
from alerting.sources import ROUTING

_SEVERITIES: Final[tuple[Severity, ...]] = get_args(Severity)
_LABELS: Final = frozenset({names.ALERTNAME, names.SERVICE, names.SLO, names.TEAM, names.SEVERITY, names.PRIORITY})


def channels_are_complete(given: Given) -> Iterator[Problem]:
    """Each severity says where it goes (nowhere is `[]`), and a page goes somewhere."""
    channels = given.policy.routing.channels
    for severity in _SEVERITIES:
        if severity not in channels:
            yield given.error(
                ROUTING,
                "",
                ("channels",),
                f"there is no row for {severity}",
                f"expected one for each of {', '.join(_SEVERITIES)}",
                f"add `{severity}: [slack]`, or `{severity}: []` for nowhere",
            )
    if channels.get("page") == ():
        yield given.error(
            ROUTING, "", ("channels", "page"), "a page goes nowhere", "expected a channel", "write [pagerduty, slack]"
        )


def channels_are_named_once(given: Given) -> Iterator[Problem]:
    """A channel is once in a list: twice would notify twice."""
    routing = given.policy.routing
    rows = [(("channels", str(key)), row) for key, row in routing.channels.items()]
    rows += [(("priority_channels", str(key)), row) for key, row in routing.priority_channels.items()]
    for path, row in rows:
        for at, channel in enumerate(row):
            if channel in row[:at]:
                yield given.error(
                    ROUTING, "", (*path, at), f"{channel} is here twice", "expected each channel once", "remove one"
                )


def names_are_unique(given: Given) -> Iterator[Problem]:
    """Each inhibition and each mute window has a name of its own."""
    routing = given.policy.routing
    for key, items in (("inhibitions", routing.inhibitions), ("mute_windows", routing.mute_windows)):
        named = [item.name for item in items]
        for at, name in enumerate(named):
            if name in named[:at]:
                yield given.error(
                    ROUTING, "", (key, at, "name"), f"{name} is here twice", "expected each name once", "rename one"
                )


def inhibitions_are_bounded(given: Given) -> Iterator[Problem]:
    """An inhibition names labels that must be equal; without, one alert would mute those of all services; a warning."""
    for at, rule in enumerate(given.policy.routing.inhibitions):
        if not rule.equal:
            yield given.warning(
                ROUTING,
                "",
                ("inhibitions", at),
                "`equal` is empty, so an alert of one service mutes those of all",
                "expected labels that both must share",
                "add `equal: [service]`, unless that is what you want",
            )
        for place, label in enumerate(rule.equal):
            if label not in _LABELS:
                yield given.warning(
                    ROUTING,
                    "",
                    ("inhibitions", at, "equal", place),
                    f"not every alert has the label {label}",
                    f"expected one of {', '.join(sorted(_LABELS))}",
                    "make sure that alerts on both sides have it",
                )
