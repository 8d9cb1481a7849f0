"""Every metric that dashboards may name, by who exports it: a misspelt one is found before Grafana shows nothing.

Metrics of services are those that the client libraries and middlewares of Prometheus use by convention; a service with
other names has them in its SLOs, whose recorded series are the same for all.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from alerting import names

_DURATION: Final = "[0-9smhdwy]+"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exporter:
    """Who exports some metrics."""

    url: str
    """Where they are described; empty for our own, which `alerting.names` describes."""
    metrics: frozenset[str]
    pattern: str = ""
    """Names that are made of windows."""


EXPORTERS: Final[Mapping[str, Exporter]] = {
    "rules": Exporter(
        url="",
        metrics=frozenset({names.OBJECTIVE, names.BUDGET_REMAINING}),
        pattern=f"slo:(error_ratio|burn_rate):({_DURATION}|week|month|quarter)|slo:(bad|total)_events:rate{_DURATION}",
    ),
    "bot": Exporter(
        url="",
        metrics=frozenset(
            {
                names.BOT_INBOX_OLDEST,
                names.BOT_OUTBOX_LAG,
                names.BOT_UNPUSHED,
                names.BOT_RECONCILED,
                names.BOT_INCIDENTS_OPEN,
                names.REMEDIATION_FROZEN,
                names.SERVICE_INFO,
                names.DEPENDENCY_INFO,
                names.ON_CALL_UNTIL,
                names.INCIDENT_STARTED,
                names.TIME_TO_DETECT,
                names.TIME_TO_ACKNOWLEDGE,
                names.TIME_TO_RESOLVE,
                names.RESOLVE_BASELINE,
                names.FIGURES_LEFT_OUT,
                names.PAGES,
                names.PAGES_WEEK,
                names.REMEDIATIONS,
                names.POSTMORTEMS,
            }
        ),
    ),
    "prometheus": Exporter(
        url="https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/#inspecting-alerts-during-runtime",
        metrics=frozenset({"ALERTS", "ALERTS_FOR_STATE", "up", "prometheus_rule_evaluation_failures_total"}),
    ),
    "alertmanager": Exporter(
        url="https://github.com/prometheus/alertmanager/blob/main/notify/notify.go",
        metrics=frozenset(
            {
                "alertmanager_alerts",
                "alertmanager_notifications_total",
                "alertmanager_notifications_failed_total",
            }
        ),
    ),
    "services": Exporter(
        url="https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics",
        metrics=frozenset(
            {
                "http_requests_total",
                "http_request_duration_seconds",
                "http_request_duration_seconds_bucket",
                "process_cpu_seconds_total",
                "process_resident_memory_bytes",
            }
        ),
    ),
    "kube-state-metrics": Exporter(
        url="https://github.com/kubernetes/kube-state-metrics/tree/main/docs/metrics",
        metrics=frozenset({"kube_pod_container_status_restarts_total", "kube_pod_status_ready"}),
    ),
    "postgres_exporter": Exporter(
        url="https://github.com/prometheus-community/postgres_exporter",
        metrics=frozenset(
            {
                "pg_stat_activity_count",
                "pg_stat_activity_max_tx_duration",
                "pg_settings_max_connections",
                "pg_settings_superuser_reserved_connections",
                "pg_replication_lag_seconds",
            }
        ),
    ),
    "mysqld_exporter": Exporter(
        url="https://github.com/prometheus/mysqld_exporter",
        metrics=frozenset(
            {
                "mysql_global_status_threads_connected",
                "mysql_global_variables_max_connections",
                "mysql_global_status_slow_queries",
                "mysql_slave_status_seconds_behind_master",
            }
        ),
    ),
}


def exporter_of(metric: str) -> str | None:
    """Who exports a metric; None if nobody that is listed does."""
    for name, exporter in EXPORTERS.items():
        if metric in exporter.metrics or (exporter.pattern and re.fullmatch(exporter.pattern, metric)):
            return name
    return None
