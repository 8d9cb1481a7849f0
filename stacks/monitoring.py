"""Settings → the finished values that the components of the monitoring take."""

from collections.abc import Mapping
from functools import cached_property
from urllib.parse import urlsplit

from alerting.model.policy import PLATFORM, Policy
from alerting.model.service import Service
from alerting.model.target import Database, StaticScrape
from alerting.retention import least_retention
from alerting.routes import alertmanager_config, template_files
from alerting.rules.catalog import catalog_groups, group_name
from alerting.rules.group import RuleGroup
from alerting.rules.slo import service_groups
from alerting.sharding import shard_of
from components import flavours, ownership
from components.alertmanager import NAME as ALERTMANAGER
from components.alertmanager import SECRETS, TEMPLATE_FOLDER, AlertmanagerArgs
from components.blackbox_exporter import BlackboxExporterArgs, prober
from components.bucket import OBJECT_STORE
from components.container import Resources
from components.database_exporter import DatabaseExporterArgs
from components.kube_state_metrics import KubeStateMetricsArgs
from components.namespaces import NODES, NamespacesArgs
from components.node_exporter import NAME as NODE_EXPORTER
from components.node_exporter import NodeExporterArgs
from components.operator import OperatorArgs
from components.pagerduty_services import INTEGRATIONS
from components.prometheus_server import PrometheusArgs, client_tls
from components.rules import RulesArgs
from components.scraping import Owner
from components.storage import class_of
from components.targets import TargetsArgs
from components.thanos import Surroundings
from components.versions import Images
from stacks.sections.section import ResourcesSection
from stacks.settings import Settings


class Monitoring:
    """The values of one stack; each is computed when it is asked for."""

    def __init__(self, settings: Settings) -> None:
        """Computes nothing yet."""
        self.stack = settings.stack
        self.policy: Policy = settings.policy
        self.cluster = settings.stack.cluster
        self.namespace = self.cluster.namespace
        self.images = Images(self.cluster.registries)
        self.storage_class = class_of(self.cluster.flavour, self.cluster.storage_class)

    @cached_property
    def shards(self) -> Mapping[str, int]:
        """The shard of each service."""
        return {name: shard_of(name, self.stack.prometheus.shards) for name in self.policy.services}

    @cached_property
    def global_rules(self) -> tuple[RuleGroup, ...]:
        """The groups of the catalogue that the ruler evaluates; none without a bucket, as there is no ruler then."""
        if self.stack.object_store is None:
            return ()
        names = {group_name(area) for area in self.policy.catalog.values() if area.scope == "global"}
        return tuple(group for group in catalog_groups(self.policy) if group.name in names)

    @property
    def platform(self) -> Owner:
        """Whose the metrics of the monitoring itself are."""
        return Owner(service=PLATFORM, shard=self.shards[PLATFORM])

    @property
    def around(self) -> Surroundings:
        """What the programs of Thanos and those beside it share."""
        return Surroundings(namespace=self.namespace, images=self.images, platform=self.platform, tls=self.cluster.tls)

    @property
    def databases(self) -> list[tuple[Service, Database]]:
        """The services that are databases."""
        services = self.policy.services.values()
        return [(service, service.database) for service in services if service.database is not None]

    def namespaces(self) -> NamespacesArgs:
        """Of the namespaces."""
        asks = self.cluster.public_issuer is not None
        return NamespacesArgs(main=self.namespace, ingress_namespace=self.cluster.ingress_namespace if asks else None)

    def operator(self) -> OperatorArgs:
        """Of prometheus-operator."""
        return OperatorArgs(namespace=self.namespace, images=self.images, platform=self.platform)

    def kube_state_metrics(self) -> KubeStateMetricsArgs:
        """Of kube-state-metrics."""
        found = ownership.relabelings(self.policy.services.values())
        return KubeStateMetricsArgs(
            namespace=self.namespace, images=self.images, platform=self.platform, ownership=found
        )

    def node_exporter(self) -> NodeExporterArgs:
        """Of the node exporter."""
        tls = client_tls(f"{NODE_EXPORTER}.{NODES}.svc") if self.cluster.tls else None
        return NodeExporterArgs(
            namespace=NODES,
            prometheus_namespace=self.namespace,
            images=self.images,
            platform=self.platform,
            shards=self.stack.prometheus.shards,
            tls=tls,
        )

    def blackbox_exporter(self) -> BlackboxExporterArgs:
        """Of the blackbox exporter."""
        urls = [probe.url for service in self.policy.services.values() for probe in service.probes]
        return BlackboxExporterArgs(
            namespace=self.namespace,
            images=self.images,
            platform=self.platform,
            ports=frozenset(port for url in urls if (port := _port(url)) is not None),
            replicas=min(self.stack.prometheus.replicas, 2),
        )

    def database_exporter(self, service: Service, database: Database) -> DatabaseExporterArgs:
        """Of the exporters of one database."""
        name = service.service
        return DatabaseExporterArgs(
            namespace=self.namespace,
            images=self.images,
            owner=Owner(service=name, shard=self.shards[name]),
            database=database,
            interval_s=max(round(service.scrape_interval.seconds), 1),
            addresses=self.stack.databases.get(name, {}),
        )

    def prometheus(self) -> PrometheusArgs:
        """Of Prometheus."""
        section, bucket = self.stack.prometheus, self.stack.object_store
        static = [
            scrape
            for service in self.policy.services.values()
            for scrape in service.scrape
            if isinstance(scrape, StaticScrape)
        ]
        return PrometheusArgs(
            namespace=self.namespace,
            images=self.images,
            platform=self.platform,
            shards=section.shards,
            replicas=section.replicas,
            retention=section.retention or least_retention(self.policy),
            storage_gib=section.storage_gib,
            storage_class=self.storage_class,
            resources=resources(section.resources),
            external_labels={"cluster": self.cluster.name, **section.external_labels},
            alertmanager=ALERTMANAGER,
            tls=self.cluster.tls,
            object_store=None if bucket is None else OBJECT_STORE,
            identity=flavours.identity(self.cluster.flavour, None if bucket is None else bucket.identity),
            outside_ports=frozenset(int(one.rpartition(":")[2]) for scrape in static for one in scrape.addresses),
            ownership=tuple(ownership.relabelings(self.policy.services.values())),
        )

    def alertmanager(self) -> AlertmanagerArgs:
        """Of Alertmanager."""
        section, routing = self.stack.alertmanager, self.policy.routing
        return AlertmanagerArgs(
            namespace=self.namespace,
            images=self.images,
            platform=self.platform,
            replicas=section.replicas,
            storage=section.storage,
            storage_class=self.storage_class,
            resources=resources(section.resources),
            config=alertmanager_config(self.policy, template_folder=TEMPLATE_FOLDER),
            templates=template_files(self.policy),
            secrets_folder=routing.secrets.folder,
            secrets=[SECRETS] if self.stack.pagerduty is None else [SECRETS, INTEGRATIONS],
            tls=self.cluster.tls,
            outside_ports=frozenset({int(routing.email.smarthost.rpartition(":")[2])}),
        )

    def rules(self) -> RulesArgs:
        """Of the compiled rules."""
        services = {name: service for name, service in sorted(self.policy.services.items()) if service.slos}
        return RulesArgs(
            namespace=self.namespace,
            by_service={name: service_groups(self.policy, service) for name, service in services.items()},
            shards=self.shards,
            catalog=tuple(group for group in catalog_groups(self.policy) if group not in self.global_rules),
        )

    def targets(self) -> TargetsArgs:
        """Of what is scraped and probed."""
        return TargetsArgs(
            namespace=self.namespace,
            services=dict(sorted(self.policy.services.items())),
            shards=self.shards,
            prober=prober(self.namespace),
        )


def resources(section: ResourcesSection) -> Resources:
    """A section's numbers as a container's."""
    return Resources(
        cpu=section.cpu, memory=section.memory, cpu_limit=section.cpu_limit, memory_limit=section.memory_limit
    )


def _port(url: str) -> int | None:
    """The port that an address names; None for the usual one of its scheme."""
    return urlsplit(url if "://" in url else f"//{url}").port
