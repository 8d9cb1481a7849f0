"""Routes: every page reaches a channel, and nothing mutes more than it says."""

from collections.abc import Iterator
from typing import Final, get_args

from alerting import names
from alerting.checks.given import Given
from alerting.checks.severity import matrix_is_complete
from alerting.errors import RoutingError
from alerting.model.document_model import Severity
from alerting.model.policy import PLATFORM
from alerting.problem import Problem
from alerting.sources import ROUTING

_SEVERITIES: Final[tuple[Severity, ...]] = get_args(Severity)
_SURELY_FEW: Final = 3
"""So few windows never make too many routes."""
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


def mute_windows_are_few(given: Given) -> Iterator[Problem]:
    """Mute windows that mute only some alerts of a service double its routes: only so many are possible."""
    if len(given.policy.routing.mute_windows) <= _SURELY_FEW or PLATFORM not in given.policy.services:
        return
    if _incomplete(given):
        return
    # Imported here, since routes bring a template engine with them, which `tocsin check` seldom needs.
    from alerting.routes.tree import route_tree

    try:
        route_tree(given.policy)
    except RoutingError as error:
        _, _, complaint = str(error).partition("mute_windows: ")
        yield given.complaint(ROUTING, "", ("mute_windows",), complaint or str(error))


def _incomplete(given: Given) -> bool:
    """Whether routes cannot be made yet, for a mistake that has a message of its own."""
    return any(True for check in (matrix_is_complete, channels_are_complete) for _ in check(given))


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
