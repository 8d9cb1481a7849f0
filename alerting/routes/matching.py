"""Asks a compiled routing tree as Alertmanager does: depth first, left to right, `continue` or stop.

How Alertmanager does it: https://prometheus.io/docs/alerting/latest/configuration/#route
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from alerting.model.matcher import Matcher, match_all, parse_all
from alerting.routes.golang import quoted

_OPERATORS: Final = ("=", "!=", "=~", "!~")
"""In the order in which Alertmanager sorts them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A route with everything that it inherits."""

    matchers: tuple[Matcher, ...]
    goes_on: bool
    """Whether an alert that matches here also tries the routes after this one."""
    key: str
    """The route's part of a group key."""
    settings: Mapping[str, Any]
    """`receiver`, `group_by` and the three intervals, inherited where the route does not say."""
    mute_time_intervals: tuple[str, ...]
    """Not inherited."""
    children: tuple["Node", ...]

    def ends(self, labels: Mapping[str, str]) -> Iterator["Node"]:
        """The routes at which an alert with these labels ends."""
        if not match_all(self.matchers, labels):
            return
        found = False
        for child in self.children:
            ended = list(child.ends(labels))
            yield from ended
            found = found or bool(ended)
            if ended and not child.goes_on:
                break
        if not found:
            yield self

    def group_key(self, labels: Mapping[str, str]) -> str:
        """The key of the group that an alert belongs to; its sha256 is PagerDuty's key."""
        shown = {label: labels[label] for label in sorted(self.settings["group_by"]) if labels.get(label)}
        return f"{self.key}:{{{', '.join(f'{label}={quoted(value)}' for label, value in shown.items())}}}"


_INHERITED: Final = ("receiver", "group_by", "group_wait", "group_interval", "repeat_interval")


def tree(route: Mapping[str, Any], parent: Node | None = None) -> Node:
    """The tree of a compiled `route`."""
    matchers = tuple(sorted(parse_all(route.get("matchers", ())), key=_order))
    own_key = f"{{{','.join(str(matcher) for matcher in matchers)}}}"
    own = {name: route[name] for name in _INHERITED if name in route}
    node = Node(
        matchers=matchers,
        goes_on=route.get("continue", False),
        key=own_key if parent is None else f"{parent.key}/{own_key}",
        settings=own if parent is None else {**parent.settings, **own},
        mute_time_intervals=tuple(route.get("mute_time_intervals", ())),
        children=(),
    )
    children = tuple(tree(child, node) for child in route.get("routes", ()))
    return Node(
        matchers=node.matchers,
        goes_on=node.goes_on,
        key=node.key,
        settings=node.settings,
        mute_time_intervals=node.mute_time_intervals,
        children=children,
    )


def _order(matcher: Matcher) -> tuple[str, str, int]:
    return matcher.label, matcher.value, _OPERATORS.index(matcher.operator)
