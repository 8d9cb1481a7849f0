"""Which service a Kubernetes object belongs to, as relabelings of metrics about objects.

One rule for each label that names an object, however many services there are: Prometheus runs every rule for every
series, and a rule for each of 300 services would cost more than the scrape.
"""

from collections.abc import Iterable
from typing import Any, Final

from alerting.model.service import Service
from alerting.model.target import ClusterScrape

_EXACT: Final = ("deployment", "statefulset", "daemonset", "cronjob")
_BEGINNING: Final = ("pod", "job_name", "persistentvolumeclaim")


def relabelings(services: Iterable[Service]) -> list[dict[str, Any]]:
    """Gives the series of objects called like a service, in the namespace where that is scraped, its label."""
    places = sorted(
        {
            (scrape.namespace, service.service)
            for service in services
            for scrape in service.scrape
            if isinstance(scrape, ClusterScrape)
        }
    )
    if not places:
        return []
    by_namespace: dict[str, list[str]] = {}
    for namespace, service in places:
        by_namespace.setdefault(namespace, []).append(service)
    found = []
    for label in (*_EXACT, *_BEGINNING):
        found += [_rule(namespace, names, label) for namespace, names in by_namespace.items()]
    return found


def _rule(namespace: str, names: list[str], label: str) -> dict[str, Any]:
    """The longest names first: `cart-db-0` is of cart-db rather than of cart."""
    choice = "|".join(sorted(names, key=lambda one: (-len(one), one)))
    rest = "(-.*)?" if label in _BEGINNING else ""
    before = "(.*-)?" if label == "persistentvolumeclaim" else ""
    group = "$2" if before else "$1"
    return {
        "action": "replace",
        "sourceLabels": ["namespace", label],
        "regex": f"{namespace};{before}({choice}){rest}",
        "targetLabel": "service",
        "replacement": group,
    }
