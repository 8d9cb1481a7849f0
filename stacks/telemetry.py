"""Settings → logs and traces, and all of Grafana's data sources."""

from collections.abc import Iterable

import pulumi

from components.grafana_sources import Source, sources
from components.loki import Loki, LokiArgs
from components.tempo import Tempo, TempoArgs
from components.thanos import Surroundings
from stacks.core import Core, resources


def found_in(
    core: Core, inside: pulumi.ResourceOptions, after: Iterable[pulumi.Resource], metrics: str, alerts: str
) -> list[Source]:
    """Registers what the stack has of its own, and gives where everything is found."""
    logs, traces = core.stack.logs, core.stack.traces
    around = Surroundings(namespace=core.namespace, images=core.images, platform=core.platform, tls=core.cluster.tls)
    loki = tempo = None
    if logs is not None and (own := logs.loki) is not None:
        loki = Loki(
            "loki",
            LokiArgs(
                around=around,
                retention=own.retention,
                storage=own.storage,
                storage_class=core.storage_class,
                resources=resources(own.resources),
                writers=own.writers,
            ),
            inside,
            after,
        ).url
    if traces is not None and (own := traces.tempo) is not None:
        tempo = Tempo(
            "tempo",
            TempoArgs(
                around=around,
                retention=own.retention,
                storage=own.storage,
                storage_class=core.storage_class,
                resources=resources(own.resources),
                writers=own.writers,
            ),
            inside,
            after,
        ).url
    return [*sources(metrics, alerts, loki, tempo), *_existing(core)]


def _existing(core: Core) -> list[Source]:
    found = []
    logs, traces = core.stack.logs, core.stack.traces
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
