"""Every alert that a policy's compiled rules can raise, as label sets."""

from collections.abc import Iterator
from typing import Any

from alerting import names
from alerting.model.policy import Policy
from alerting.routes import completed
from alerting.rules.catalog import catalog_groups
from alerting.rules.slo import service_groups
from alerting.timescale import REAL


def groups(policy: Policy) -> list[dict[str, Any]]:
    """All compiled rule groups."""
    found = [group.to_dict() for group in catalog_groups(policy, REAL)]
    found += [
        group.to_dict() for service in policy.services.values() for group in service_groups(policy, service, REAL)
    ]
    return found


def example_alerts(policy: Policy) -> list[dict[str, str]]:
    """Label sets without repeats; an alert whose labels are templates once for each service, and once for none."""
    rules = [rule for group in groups(policy) for rule in group["rules"] if "alert" in rule]
    unique = {tuple(sorted(labels.items())): labels for rule in rules for labels in _instances(policy, rule)}
    return list(unique.values())


def _instances(policy: Policy, rule: dict[str, Any]) -> Iterator[dict[str, str]]:
    labels = {"alertname": rule["alert"], **rule["labels"]}
    if "{{" not in labels[names.SERVICE]:
        yield labels
        return
    fixed = {name: value for name, value in labels.items() if "{{" not in value}
    for service in policy.services:
        yield completed(policy, {**fixed, names.SERVICE: service})
    yield completed(policy, fixed)
