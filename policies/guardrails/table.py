"""All guardrails, and the function that runs them over the resources of a stack."""

from collections.abc import Iterator, Sequence
from typing import Final

from alerting.model.policy import Policy
from policies.guardrails import alerts, leaks, retention, rights, thanos, workloads
from policies.guardrails.registered import Resource
from policies.guardrails.rule import ResourceRule, StackRule, Violation

RULES: Final[tuple[ResourceRule | StackRule, ...]] = (
    *workloads.RULES,
    *alerts.RULES,
    *thanos.RULES,
    *retention.RULES,
    *leaks.RULES,
    *rights.RULES,
)


def violations(resources: Sequence[Resource], policy: Policy) -> tuple[Violation, ...]:
    """Everything that any rule forbids, in the order of the rules."""
    return tuple(_all(resources, policy))


def _all(resources: Sequence[Resource], policy: Policy) -> Iterator[Violation]:
    for rule in RULES:
        if isinstance(rule, ResourceRule):
            for one in resources:
                for message in rule.check(one, policy):
                    yield Violation(rule=rule.name, urn=one.urn, message=message)
        else:
            for about, message in rule.check(resources, policy):
                yield Violation(rule=rule.name, urn=about.urn if about is not None else "", message=message)
