"""The compiled rules as objects of the operator: one for each service, taken by the shard that owns the service."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from alerting.rules.group import RuleGroup, rule_file
from components.component import Component
from components.objects import metadata
from components.scraping import ALL, MONITORING, SHARD


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesArgs:
    """Finished rules."""

    namespace: str
    by_service: Mapping[str, tuple[RuleGroup, ...]]
    """The groups of each service that has some."""
    shards: Mapping[str, int]
    """The shard of each of these services."""
    catalog: tuple[RuleGroup, ...]
    """Rules about whatever a shard has, evaluated by all of them."""


class Rules(Component):
    """The objects."""

    def __init__(
        self,
        name: str,
        args: RulesArgs,
        opts: pulumi.ResourceOptions | None = None,
        after: Iterable[pulumi.Resource] = (),
    ) -> None:
        """Registers all of them."""
        super().__init__("Rules", name, opts, after)
        self.place(rule_object("catalog", args.namespace, ALL, args.catalog))
        for service, groups in args.by_service.items():
            self.place(rule_object(f"service-{service}", args.namespace, str(args.shards[service]), groups))
        self.finish(services=len(args.by_service))


def rule_object(name: str, namespace: str, shard: str, groups: tuple[RuleGroup, ...]) -> dict[str, Any]:
    """A PrometheusRule; `shard` is who evaluates it."""
    return {
        "apiVersion": MONITORING,
        "kind": "PrometheusRule",
        "metadata": metadata(name, namespace, {SHARD: shard}),
        "spec": rule_file(groups),
    }
