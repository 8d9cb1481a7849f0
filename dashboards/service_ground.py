"""What a service stands on: the services it needs, its processes and pods, and, if it is one, its database."""

from collections.abc import Iterator

from alerting import names
from alerting.model.policy import Policy
from dashboards.choices import ONE_SERVICE, RATE
from dashboards.spec import RED, Column, Panel, Query, Step
from dashboards.ways import RUNBOOK_COLUMN, alert_column, with_runbook


def ground(policy: Policy) -> Iterator[Panel]:
    """Dependencies that page, CPU, memory and pods."""
    needed = f'label_replace({names.DEPENDENCY_INFO}{{{ONE_SERVICE}}}, "service", "$1", "dependency", "(.+)")'
    pages = 'max by (service, alertname) (ALERTS{alertstate="firing",severity="page"})'
    yield Panel(
        kind="table",
        title="Ill dependencies",
        description="Pages that fire for what this service needs.",
        queries=(Query(expr=with_runbook(policy, f"{pages} * on (service) group_left (dependency) {needed}")),),
        columns=(Column(source="service", title="Service"), alert_column(policy), RUNBOOK_COLUMN),
        empty="all well",
        width=6,
    )
    yield Panel(
        kind="graph",
        title="CPU",
        description="Cores that each instance keeps busy.",
        queries=(Query(expr=f"rate(process_cpu_seconds_total{{{ONE_SERVICE}}}{RATE})", legend="{{instance}}"),),
        unit="short",
        low=0,
        width=6,
    )
    yield Panel(
        kind="graph",
        title="Memory",
        description="Resident memory of each instance.",
        queries=(Query(expr=f"process_resident_memory_bytes{{{ONE_SERVICE}}}", legend="{{instance}}"),),
        unit="bytes",
        low=0,
        width=6,
    )
    yield Panel(
        kind="graph",
        title="Pods",
        description="Pods that are ready, and restarts of containers in an hour.",
        queries=(
            Query(expr=f'sum(kube_pod_status_ready{{condition="true",{ONE_SERVICE}}})', legend="ready"),
            Query(
                expr=f"sum(increase(kube_pod_container_status_restarts_total{{{ONE_SERVICE}}}[1h]))",
                legend="restarts",
            ),
        ),
        unit="short",
        low=0,
        empty="no pods",
        width=6,
    )


def database() -> Iterator[Panel]:
    """What PostgreSQL and MySQL say of themselves, if the service is one."""
    yield _connections()
    yield _lag()
    yield _slow()


def _connections() -> Panel:
    by = "sum by (instance)"
    usable = "pg_settings_max_connections{S} - pg_settings_superuser_reserved_connections{S}".replace(
        "{S}", f"{{{ONE_SERVICE}}}"
    )
    return Panel(
        kind="graph",
        title="Connections used",
        description="At 100 % every new connection is refused.",
        queries=(
            Query(
                expr=f"{by} (pg_stat_activity_count{{{ONE_SERVICE}}}) / {by} ({usable})",
                legend="{{instance}}",
            ),
            Query(
                expr=(
                    f"{by} (mysql_global_status_threads_connected{{{ONE_SERVICE}}})"
                    f" / {by} (mysql_global_variables_max_connections{{{ONE_SERVICE}}})"
                ),
                legend="{{instance}}",
            ),
        ),
        unit="percentunit",
        low=0,
        high=1,
        steps=(Step(0.9, RED),),
        empty="not a database",
        width=8,
    )


def _lag() -> Panel:
    return Panel(
        kind="graph",
        title="Replication lag",
        queries=(
            Query(expr=f"max by (instance) (pg_replication_lag_seconds{{{ONE_SERVICE}}})", legend="{{instance}}"),
            Query(
                expr=f"max by (instance) (mysql_slave_status_seconds_behind_master{{{ONE_SERVICE}}})",
                legend="{{instance}}",
            ),
        ),
        unit="s",
        low=0,
        empty="not a replica",
        width=8,
    )


def _slow() -> Panel:
    return Panel(
        kind="graph",
        title="Slow queries",
        description="The oldest running transaction (PostgreSQL), and slow queries a second (MySQL).",
        queries=(
            Query(
                expr=f'max by (datname) (pg_stat_activity_max_tx_duration{{state="active",{ONE_SERVICE}}})',
                legend="{{datname}}: oldest",
            ),
            Query(
                expr=f"sum by (instance) (rate(mysql_global_status_slow_queries{{{ONE_SERVICE}}}{RATE}))",
                legend="{{instance}}: a second",
            ),
        ),
        unit="short",
        low=0,
        empty="not a database",
        width=8,
    )
