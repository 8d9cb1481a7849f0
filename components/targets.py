"""What is scraped and probed for the services of the policy."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pulumi

from alerting.model.service import Service
from alerting.model.target import ClusterScrape, StaticScrape
from components.component import Component
from components.scraping import Endpoint, Owner, probe, scrape_config, service_monitor

KINDS: Final = ("Probe", "ScrapeConfig", "ServiceMonitor")


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetsArgs:
    """The services, and who asks."""

    namespace: str
    services: Mapping[str, Service]
    shards: Mapping[str, int]
    """The shard of each service."""
    prober: str
    """Host and port of the blackbox exporter."""


class Targets(Component):
    """A ServiceMonitor, ScrapeConfig or Probe for each thing that is scraped or probed."""

    def __init__(
        self,
        name: str,
        args: TargetsArgs,
        opts: pulumi.ResourceOptions | None = None,
        after: Iterable[pulumi.Resource] = (),
    ) -> None:
        """Registers all of them."""
        super().__init__("Targets", name, opts, after)
        for service in args.services.values():
            self.place_all(objects(service, args))
        self.finish()


def objects(service: Service, args: TargetsArgs) -> Iterator[dict[str, Any]]:
    """Everything of one service; a second thing of one kind is numbered."""
    shard = args.shards[service.service]
    interval = max(round(service.scrape_interval.seconds), 1)
    for at, scrape in enumerate(service.scrape):
        own = f"service-{service.service}" + (f"-{at + 1}" if at else "")
        if isinstance(scrape, ClusterScrape):
            yield _in_cluster(own, service, scrape, Owner(service=service.service, shard=shard), interval, args)
        else:
            owner = Owner(service=service.service, shard=shard, labels=scrape.labels)
            yield _outside(own, service, scrape, owner, interval, args)
    for asked in service.probes:
        yield probe(
            f"service-{service.service}-{asked.name}",
            args.namespace,
            Owner(service=service.service, shard=shard),
            asked.url,
            job=f"probe-{asked.name}",
            prober=args.prober,
            module=asked.module,
            interval_s=interval,
        )


def _in_cluster(
    name: str, service: Service, scrape: ClusterScrape, owner: Owner, interval: int, args: TargetsArgs
) -> dict[str, Any]:
    return service_monitor(
        name,
        args.namespace,
        owner,
        scrape.labels or {"app.kubernetes.io/name": service.service},
        [Endpoint(port=scrape.port, path=scrape.path, scheme=scrape.scheme, interval_s=interval)],
        job=service.service,
        target_namespace=scrape.namespace,
    )


def _outside(
    name: str, service: Service, scrape: StaticScrape, owner: Owner, interval: int, args: TargetsArgs
) -> dict[str, Any]:
    return scrape_config(
        name,
        args.namespace,
        owner,
        scrape.addresses,
        job=service.service,
        path=scrape.path,
        scheme=scrape.scheme,
        interval_s=interval,
    )
