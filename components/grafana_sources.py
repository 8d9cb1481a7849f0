"""Where Grafana finds metrics, alerts, logs and traces: the same for a server of ours and for any other."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

PROMETHEUS: Final = "prometheus"
ALERTMANAGER: Final = "alertmanager"
LOKI: Final = "loki"
TEMPO: Final = "tempo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One data source; its uid is its kind, so that links to it stay."""

    kind: str
    """prometheus, alertmanager, loki or tempo."""
    name: str
    url: str
    settings: dict[str, Any] = field(default_factory=dict)
    """Grafana's `jsonData`."""

    @property
    def uid(self) -> str:
        """What dashboards and links call it."""
        return f"tocsin-{self.kind}"

    @property
    def is_default(self) -> bool:
        """Metrics are what most panels ask for."""
        return self.kind == PROMETHEUS


def sources(
    prometheus: str | None, alertmanager: str | None, loki: str | None = None, tempo: str | None = None
) -> list[Source]:
    """Those with an address. Durations are spelled as Grafana spells them, else they would differ for ever."""
    found = []
    if prometheus is not None:
        # Through Thanos: its answers are put together of several servers, so POST and a longer step than a scrape.
        about = {"httpMethod": "POST", "timeInterval": "30s", "prometheusType": "Thanos", "manageAlerts": False}
        found.append(Source(kind=PROMETHEUS, name="Metrics", url=prometheus, settings=about))
    if alertmanager is not None:
        about = {"implementation": "prometheus", "handleGrafanaManagedAlerts": False}
        found.append(Source(kind=ALERTMANAGER, name="Alertmanager", url=alertmanager, settings=about))
    if loki is not None:
        found.append(Source(kind=LOKI, name="Logs", url=loki))
    if tempo is not None:
        links: dict[str, Any] = {} if loki is None else {"tracesToLogsV2": {"datasourceUid": f"tocsin-{LOKI}"}}
        found.append(Source(kind=TEMPO, name="Traces", url=tempo, settings=links))
    return found


def provisioned(listed: Sequence[Source], tls_folder: str | None) -> dict[str, Any]:
    """The file that a server reads when it starts; certificates are files of its own pod."""
    return {"apiVersion": 1, "prune": True, "datasources": [_provisioned(one, tls_folder) for one in listed]}


def _provisioned(one: Source, tls_folder: str | None) -> dict[str, Any]:
    found: dict[str, Any] = {
        "uid": one.uid,
        "name": one.name,
        "type": one.kind,
        "url": one.url,
        "access": "proxy",
        "isDefault": one.is_default,
        "editable": False,
        "jsonData": one.settings,
    }
    if tls_folder is not None and one.url.startswith("https://"):
        found["jsonData"] = {**one.settings, "tlsAuth": True, "tlsAuthWithCACert": True}
        found["secureJsonData"] = {
            "tlsCACert": f"$__file{{{tls_folder}/ca.crt}}",
            "tlsClientCert": f"$__file{{{tls_folder}/tls.crt}}",
            "tlsClientKey": f"$__file{{{tls_folder}/tls.key}}",
        }
    return found
