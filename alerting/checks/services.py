"""Services: owners, dependencies, scrape intervals, and the one service that must exist."""

from collections.abc import Iterator, Mapping
from typing import Final

from alerting.checks.given import Given
from alerting.model.policy import PLATFORM
from alerting.model.quantities import Duration
from alerting.model.service import Service
from alerting.names import CATALOG_FILE
from alerting.problem import Problem
from alerting.sources import SERVICE, TEAM

_SHORTEST_SCRAPE: Final = Duration(1_000)
# Prometheus forgets a series after 5 minutes without a sample; two missed scrapes must not look like an outage.
# https://prometheus.io/docs/prometheus/latest/querying/basics/#staleness
_LONGEST_SCRAPE: Final = Duration(120_000)


def name_is_free(given: Given) -> Iterator[Problem]:
    """No service is called `catalog`: its rules would be written over those of the catalogue."""
    if CATALOG_FILE in given.policy.services:
        yield given.error(
            SERVICE,
            CATALOG_FILE,
            ("service",),
            f"rendered/prometheus/{CATALOG_FILE}.yaml holds the rules of the catalogue",
            "expected another name",
            "rename the service and its file, such as to product-catalog",
        )


def owner_exists(given: Given) -> Iterator[Problem]:
    """The owner of a service is a team."""
    teams = given.known(TEAM)
    for name, service in given.policy.services.items():
        if service.owner not in teams:
            yield given.unknown(SERVICE, name, ("owner",), "team", service.owner, TEAM)


def dependencies_exist(given: Given) -> Iterator[Problem]:
    """A service depends on services that exist, on each once, and not on itself."""
    known = given.known(SERVICE)
    for name, service in given.policy.services.items():
        seen: set[str] = set()
        for at, other in enumerate(service.dependencies):
            path = ("dependencies", at)
            if other == name:
                yield given.error(
                    SERVICE, name, path, f"{name} depends on itself", "expected other services", "remove it"
                )
            elif other not in known:
                yield given.unknown(SERVICE, name, path, "service", other, SERVICE)
            elif other in seen:
                yield given.error(
                    SERVICE, name, path, f"{other} is here twice", "expected each service once", "remove one"
                )
            seen.add(other)


def dependencies_have_no_cycle(given: Given) -> Iterator[Problem]:
    """No service depends on itself through others: in a cycle each would mute the tickets of all."""
    graph = {name: service.dependencies for name, service in given.policy.services.items()}
    for cycle in _cycles(graph):
        first = min(cycle)
        at = cycle.index(first)
        way = [*cycle[at:], *cycle[:at], first]
        yield given.error(
            SERVICE,
            first,
            ("dependencies", graph[first].index(way[1])),
            f"the dependencies form a cycle: {' → '.join(way)}",
            "expected none, since each would mute the tickets of all",
            "remove the dependency that is the weakest",
        )


def platform_exists(given: Given) -> Iterator[Problem]:
    """The service `platform` exists: alerts that name no service belong to it."""
    if PLATFORM not in given.known(SERVICE):
        yield given.error(
            SERVICE,
            PLATFORM,
            (),
            "the file is missing",
            f"expected the service {PLATFORM}, which alerts without a service label belong to",
            "write it, with its owner and tier",
        )


def scrape_interval_is_sane(given: Given) -> Iterator[Problem]:
    """A service is scraped every second at most, and every two minutes at least."""
    for name, service in given.policy.services.items():
        if not _SHORTEST_SCRAPE <= service.scrape_interval <= _LONGEST_SCRAPE:
            yield given.error(
                SERVICE,
                name,
                ("scrape_interval",),
                f"got {service.scrape_interval}",
                f"expected {_SHORTEST_SCRAPE} to {_LONGEST_SCRAPE}, since Prometheus forgets a series after 5m",
                "write what Prometheus's scrape_interval is for this service, such as 15s",
            )


def metrics_come_from_somewhere(given: Given) -> Iterator[Problem]:
    """Where services say what is scraped, each one with objectives does: its alerts never fire without metrics.

    Not where no service says it: there Prometheus has a configuration of its own.
    """
    services = given.policy.services
    if not any(map(_has_metrics, services.values())):
        return
    for name, service in services.items():
        if service.slos and not _has_metrics(service) and "scrape" not in service.model_fields_set:
            yield given.warning(
                SERVICE,
                name,
                ("slos",),
                "it has objectives, and nothing here scrapes, probes or asks it for the metrics",
                "expected `scrape`, `probes` or `database`, as other services have",
                "write where its metrics are, such as `scrape: [{namespace: shop, port: metrics}]`, "
                "or `scrape: []` if somebody else sees to it",
            )


def _has_metrics(service: Service) -> bool:
    return bool(service.scrape or service.probes or service.database)


def _cycles(graph: Mapping[str, tuple[str, ...]]) -> Iterator[list[str]]:
    """One cycle for each group of services that reach each other; a service that names itself aside."""
    done: set[str] = set()
    for start in graph:
        if start in done:
            continue
        way: dict[str, Iterator[str]] = {start: iter(graph[start])}
        while way:
            last = next(reversed(way))
            step = next(way[last], None)
            if step is None:
                done.add(last)
                del way[last]
            elif step in way and step != last:
                names = [*way]
                yield names[names.index(step) :]
                # What the cycle consists of is reported; the rest of the way to it is still to be looked at.
                done.update(names[names.index(step) :])
                for name in names[names.index(step) :]:
                    del way[name]
            elif step in graph and step not in done and step != last:
                way[step] = iter(graph[step])
