"""Every image and its version: the one place to change a pin. A cluster without internet maps the registries."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """Where an image is published, and its pinned tag."""

    repository: str
    tag: str


OPERATOR_VERSION: Final = "0.85.0"
"""Of prometheus-operator: of its image, its reloader and its CRDs, which belong together."""

KUBERNETES_VERSION: Final = "1.36"
"""The newest Kubernetes that the objects are validated against."""

IMAGES: Final[Mapping[str, Image]] = {
    "prometheus-operator": Image(
        repository="quay.io/prometheus-operator/prometheus-operator", tag=f"v{OPERATOR_VERSION}"
    ),
    "prometheus-config-reloader": Image(
        repository="quay.io/prometheus-operator/prometheus-config-reloader", tag=f"v{OPERATOR_VERSION}"
    ),
    "prometheus": Image(repository="quay.io/prometheus/prometheus", tag="v3.5.0"),
    "alertmanager": Image(repository="quay.io/prometheus/alertmanager", tag="v0.28.1"),
    "grafana": Image(repository="docker.io/grafana/grafana", tag="12.3.2"),
    "thanos": Image(repository="quay.io/thanos/thanos", tag="v0.42.4"),
    "versitygw": Image(repository="ghcr.io/versity/versitygw", tag="v1.8.0"),
    "loki": Image(repository="docker.io/grafana/loki", tag="3.5.7"),
    "tempo": Image(repository="docker.io/grafana/tempo", tag="2.8.2"),
    "kube-state-metrics": Image(repository="registry.k8s.io/kube-state-metrics/kube-state-metrics", tag="v2.17.0"),
    "node-exporter": Image(repository="quay.io/prometheus/node-exporter", tag="v1.9.1"),
    "blackbox-exporter": Image(repository="quay.io/prometheus/blackbox-exporter", tag="v0.27.0"),
    "postgres-exporter": Image(repository="quay.io/prometheuscommunity/postgres-exporter", tag="v0.17.1"),
    "mysqld-exporter": Image(repository="quay.io/prometheus/mysqld-exporter", tag="v0.16.0"),
}

PLUGINS: Final[Mapping[str, str]] = {"grafana-opensearch-datasource": "2.34.7"}
"""Versions of Grafana's plugins that its image does not hold, as its catalogue has them; Grafana 10.4 or newer:
https://grafana.com/grafana/plugins/grafana-opensearch-datasource/"""


@dataclass(frozen=True, slots=True)
class Images:
    """The images as a cluster pulls them."""

    registries: Mapping[str, str]
    """Registry or beginning of a repository → what stands there instead: `{quay.io: mirror.example.com/quay}`."""

    def __getitem__(self, name: str) -> str:
        """The reference of an image by its name in the table; the longest beginning that is mapped counts."""
        image = IMAGES[name]
        for start in sorted(self.registries, key=len, reverse=True):
            if image.repository == start or image.repository.startswith(f"{start.rstrip('/')}/"):
                rest = image.repository[len(start.rstrip("/")) :]
                return f"{self.registries[start].rstrip('/')}{rest}:{image.tag}"
        return f"{image.repository}:{image.tag}"
