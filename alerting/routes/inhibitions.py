"""Inhibition rules: which alert mutes which, with the guards that Alertmanager's own reading of them needs."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from alerting import names
from alerting.model.matcher import Matcher, one_of, parse_all
from alerting.model.policy import Policy
from alerting.model.routing import Inhibition
from alerting.routes.severities import is_severity, translated

# Should the Watchdog ever be muted, the dead man's switch would raise an alarm about a monitoring that is well.
_NEVER: Final = Matcher(label=names.ALERTNAME, value=names.WATCHDOG, operator="!=")


def inhibit_rules(policy: Policy) -> list[dict[str, Any]]:
    """The rules of the routing file, then one for every service that others depend on."""
    written = [_compiled(policy, rule) for rule in policy.routing.inhibitions]
    return written + (_dependents(policy) if policy.routing.mute_dependents else [])


def _compiled(policy: Policy, rule: Inhibition) -> dict[str, Any]:
    """A rule in which a label of `equal` that both alerts lack does not count as equal, as it does for Alertmanager."""
    source = [translated(policy.severity, matcher) for matcher in parse_all(rule.source)]
    target = [translated(policy.severity, matcher) for matcher in parse_all(rule.target)]
    return _rule(_present(source, rule.equal), _present(target, rule.equal), rule.equal)


def _present(matchers: Sequence[Matcher], labels: Iterable[str]) -> list[Matcher]:
    """The matchers, and for each of the labels one that it is there."""
    asked = {matcher.label for matcher in matchers if not matcher.accepts("")}
    guards = [Matcher(label=label, value="", operator="!=") for label in labels if label not in asked]
    return [*matchers, *guards]


def _dependents(policy: Policy) -> list[dict[str, Any]]:
    """While a service pages, the tickets of what depends on it are its echo. By name, so nothing can lack a label."""
    dependents: dict[str, set[str]] = {}
    for service in policy.services.values():
        for dependency in service.dependencies:
            if dependency != service.service:
                dependents.setdefault(dependency, set()).add(service.service)
    page, ticket = is_severity(policy.severity, "page"), is_severity(policy.severity, "ticket")
    return [
        _rule(
            [Matcher(label=names.SERVICE, value=dependency), page],
            [one_of(names.SERVICE, sorted(dependents[dependency])), ticket],
            (),
        )
        for dependency in sorted(dependents)
    ]


def _rule(source: Iterable[Matcher], target: Iterable[Matcher], equal: Sequence[str]) -> dict[str, Any]:
    return {
        "source_matchers": [str(matcher) for matcher in source],
        "target_matchers": [str(matcher) for matcher in [*target, _NEVER]],
        **({"equal": list(equal)} if equal else {}),
    }
