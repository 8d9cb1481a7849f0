"""The Pulumi program: reads the settings, then hands finished values to components. Only wiring."""

import pulumi
import pulumi_kubernetes

from components.alertmanager import Alertmanager
from components.blackbox_exporter import BlackboxExporter
from components.certificates import Authority, AuthorityArgs
from components.database_exporter import DatabaseExporter
from components.kube_state_metrics import KubeStateMetrics
from components.namespaces import Namespaces
from components.node_exporter import NodeExporter
from components.operator import Operator
from components.prometheus import Prometheus
from components.rules import Rules
from components.storage import Storage, StorageArgs
from components.targets import KINDS as TARGET_KINDS
from components.targets import Targets
from stacks import settings as configuration
from stacks.bot import incidents
from stacks.github import repository
from stacks.grafana import graphs
from stacks.monitoring import Monitoring
from stacks.pagerduty import paging
from stacks.secret_values import fill
from stacks.telemetry import found_in
from stacks.thanos import keep, long_term

settings = configuration.read()
stack, monitoring = settings.stack, Monitoring(settings)

# Else a changed Secret is deleted and made anew, and Alertmanager meanwhile falls back to telling nobody.
cluster = pulumi_kubernetes.Provider(
    "cluster",
    context=stack.cluster.context,
    enable_server_side_apply=True,
    enable_secret_mutable=True,
    enable_config_map_mutable=True,
)
inside = pulumi.ResourceOptions(providers=[cluster])

namespaces = Namespaces("namespaces", monitoring.namespaces(), inside)
ready: list[pulumi.Resource] = [namespaces]
if stack.cluster.tls:
    ready.append(
        Authority("authority", AuthorityArgs(cert_manager_namespace=stack.cluster.cert_manager_namespace), inside)
    )
if stack.cluster.storage_class is None:
    ready.append(Storage("storage", StorageArgs(flavour=stack.cluster.flavour), inside))
operator = Operator("operator", monitoring.operator(), inside, after=ready)
ready = list(operator.kinds)  # which came after the rest

KubeStateMetrics("kube-state-metrics", monitoring.kube_state_metrics(), inside, after=ready)
NodeExporter("node-exporter", monitoring.node_exporter(), inside, after=ready)
BlackboxExporter("blackbox-exporter", monitoring.blackbox_exporter(), inside, after=ready)
for service, database in monitoring.databases:
    DatabaseExporter(
        f"database-{service.service}", monitoring.database_exporter(service, database), inside, after=ready
    )
keys = [*paging(settings, inside, ready), *fill(monitoring, inside, ready)]
alertmanager = Alertmanager("alertmanager", monitoring.alertmanager(), inside, after=[*ready, *keys])
kept = keep(monitoring, inside, ready)
prometheus = Prometheus("prometheus", monitoring.prometheus(), inside, after=[*ready, *(kept.ready if kept else ())])
metrics = long_term(monitoring, kept, inside, ready) or prometheus.urls[0]
Rules("rules", monitoring.rules(), inside, after=[operator.kind["PrometheusRule"]])
Targets("targets", monitoring.targets(), inside, after=[operator.kind[kind] for kind in TARGET_KINDS])
incidents(monitoring, inside, [*ready, *keys])
grafana = graphs(settings, inside, ready, found_in(monitoring, inside, ready, metrics, alertmanager.url))
repository(settings)

pulumi.export("alertmanager", alertmanager.url)
pulumi.export("prometheus", prometheus.urls)
pulumi.export("metrics", metrics)
pulumi.export("grafana", grafana)
