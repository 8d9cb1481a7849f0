"""Logs and traces: off by default, of our own or of others where a stack says so."""

import configparser
from typing import Any

import pulumi
import pytest
import yaml

from components.versions import PLUGINS
from tests.stacks.companies import MINI, ROOT
from tools.program import Recording, record_stack
from tools.program.checking import mistakes
from tools.program.running import run_main, stack_recorder

OWN: dict[str, Any] = {
    "tocsin:logs": {"loki": {"retention": "30d", "writers": ["logging"]}},
    "tocsin:traces": {"tempo": {"writers": ["shop"]}},
}
THERE: dict[str, Any] = {
    "tocsin:logs": {"opensearch": {"url": "https://logs.example.com", "index": "logs-*", "version": "2.19.0"}},
    "tocsin:traces": {"jaeger": {"url": "https://traces.example.com"}},
}


def sources(found: Recording) -> dict[str, str]:
    """Grafana's data sources by type."""
    listed = yaml.safe_load(found.manifest("ConfigMap", "grafana")["data"]["sources.yaml"])["datasources"]
    return {one["type"]: one["url"] for one in listed}


def test_nothing_is_there_by_default() -> None:
    """Metrics come through the query-frontend; there are neither logs nor traces."""
    found = record_stack(ROOT, "staging")
    assert sources(found) == {
        "prometheus": "https://thanos-query-frontend.monitoring.svc:10902",
        "alertmanager": "https://alertmanager.monitoring.svc:9093",
    }
    assert not {"loki", "tempo"} & {one["metadata"]["name"] for one in found.manifests("StatefulSet")}


def test_loki_and_tempo_of_our_own() -> None:
    """With certificates, with retention, and open to the namespaces that push."""
    found = record_stack(ROOT, "staging", changes=OWN)
    assert mistakes(found) == []
    urls = sources(found)
    assert urls["loki"] == "https://loki.monitoring.svc:3100"
    assert urls["tempo"] == "https://tempo.monitoring.svc:3200"
    loki = yaml.safe_load(found.manifest("ConfigMap", "loki")["data"]["config.yaml"])
    assert loki["limits_config"]["retention_period"] == "720h"
    assert loki["server"]["http_tls_config"] == {"cert_file": "/etc/tls/tls.crt", "key_file": "/etc/tls/tls.key"}
    ways = found.manifest("NetworkPolicy", "tempo")["spec"]["ingress"]
    assert ways[-1] == {
        "from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "shop"}}}],
        "ports": [{"protocol": "TCP", "port": "otlp-grpc"}, {"protocol": "TCP", "port": "otlp-http"}],
    }


def test_logs_and_traces_that_are_there_already() -> None:
    """Only Grafana hears of them."""
    found = record_stack(ROOT, "staging", changes=THERE)
    assert mistakes(found) == []
    urls = sources(found)
    assert urls["grafana-opensearch-datasource"] == "https://logs.example.com"
    assert urls["jaeger"] == "https://traces.example.com"


def test_a_plugin_that_grafana_has_not_is_fetched() -> None:
    """Pinned, and none of those that Grafana would fetch unasked; without need nothing is fetched."""

    def plugins(changes: dict[str, Any]) -> dict[str, str]:
        found = record_stack(ROOT, "staging", changes=changes)
        read = configparser.ConfigParser(interpolation=None)
        read.read_string(found.manifest("ConfigMap", "grafana")["data"]["grafana.ini"])
        return dict(read["plugins"])

    there = plugins(THERE)
    assert there["preinstall_sync"] == f"grafana-opensearch-datasource@{PLUGINS['grafana-opensearch-datasource']}"
    assert "preinstall_disabled" not in there
    assert "grafana-lokiexplore-app" in there["disable_plugins"].split(",")
    assert plugins(OWN) == {"plugin_admin_enabled": "false", "preinstall_disabled": "true"}


def test_receivers_of_traces_read_a_renewed_certificate() -> None:
    """They do so only where they are told to."""
    found = record_stack(ROOT, "staging", changes=OWN)
    tempo = yaml.safe_load(found.manifest("ConfigMap", "tempo")["data"]["config.yaml"])
    protocols = tempo["distributor"]["receivers"]["otlp"]["protocols"]
    assert {name: one["tls"]["reload_interval"] for name, one in protocols.items()} == {"grpc": "1h", "http": "1h"}


@pytest.mark.parametrize(
    ("section", "value", "words"),
    [
        ("logs", {}, "got neither; expected either `loki` or `opensearch`; add one of them"),
        (
            "traces",
            {"tempo": {}, "jaeger": {"url": "https://a"}},
            "got both; expected either `tempo` or `jaeger`; remove one of them",
        ),
    ],
)
def test_one_place_for_each(section: str, value: dict[str, Any], words: str) -> None:
    """Exactly one, said before anything is registered."""
    recorder = stack_recorder(MINI, "staging", changes={f"tocsin:{section}": value})
    with pytest.raises(pulumi.RunError) as error:
        recorder.run(run_main)
    assert str(error.value).endswith(f"tocsin:{section}: {words}")
    assert recorder.recording.resources == ()
