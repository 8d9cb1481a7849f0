"""Settings → logs and traces, and all of Grafana's data sources."""

from collections.abc import Iterable

import pulumi

from components.grafana_sources import Source, sources
from components.loki import process as loki_process
from components.single_process import SingleProcess, SingleProcessArgs
from components.tempo import process as tempo_process
from stacks.monitoring import Monitoring, resources
from stacks.sections.telemetry import Own


def found_in(
    monitoring: Monitoring, inside: pulumi.ResourceOptions, after: Iterable[pulumi.Resource], metrics: str, alerts: str
) -> list[Source]:
    """Registers what the stack has of its own, and gives where everything is found."""
    logs, traces = monitoring.stack.logs, monitoring.stack.traces
    loki = tempo = None
    if logs is not None and logs.loki is not None:
        loki = SingleProcess("loki", loki_process(_own(monitoring, logs.loki)), inside, after).url
    if traces is not None and traces.tempo is not None:
        tempo = SingleProcess("tempo", tempo_process(_own(monitoring, traces.tempo)), inside, after).url
    return [*sources(metrics, alerts, loki, tempo), *_existing(monitoring)]


def _own(monitoring: Monitoring, own: Own) -> SingleProcessArgs:
    return SingleProcessArgs(
        around=monitoring.around,
        retention=own.retention,
        storage=own.storage,
        storage_class=monitoring.storage_class,
        resources=resources(own.resources),
        writers=own.writers,
    )


def _existing(monitoring: Monitoring) -> list[Source]:
    found = []
    logs, traces = monitoring.stack.logs, monitoring.stack.traces
    if logs is not None and (there := logs.opensearch) is not None:
        about = {
            "database": there.index,
            "flavor": "opensearch",
            "version": there.version,
            "timeField": there.time_field,
            "pplEnabled": False,
        }
        found.append(Source(kind="grafana-opensearch-datasource", name="Logs", url=there.url, settings=about))
    if traces is not None and traces.jaeger is not None:
        found.append(Source(kind="jaeger", name="Traces", url=traces.jaeger.url))
    return found
