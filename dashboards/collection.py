"""All dashboards of a policy, by UID and as files."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from alerting import names
from alerting.model.policy import Policy
from dashboards import alert_review, incident_metrics, on_call, service_overview, slo_tracking
from dashboards.build import build
from dashboards.spec import Page

PAGES: Final[Mapping[str, Callable[[Policy], Page]]] = {
    names.SERVICE_OVERVIEW: service_overview.page,
    names.SLO_TRACKING: slo_tracking.page,
    names.INCIDENT_METRICS: incident_metrics.page,
    names.ALERT_REVIEW: alert_review.page,
    names.ON_CALL: on_call.page,
}
"""The families, in the order in which people meet them."""
FOLDER: Final = "dashboards"
"""The folder under `rendered/`."""


def all_dashboards(policy: Policy) -> Mapping[str, dict[str, Any]]:
    """Every dashboard as Grafana reads it, by its UID; equal policies give equal ones."""
    return {uid: build(page(policy)) for uid, page in PAGES.items()}


def rendered(policy: Policy) -> Mapping[str, str]:
    """The texts of the same by the path of the file under `rendered/`."""
    return {f"{FOLDER}/{uid}.json": text(made) for uid, made in all_dashboards(policy).items()}


def text(made: Mapping[str, Any]) -> str:
    """A dashboard as its file, whose beginning shows that it was made here."""
    tagged = {"tags": made["tags"], **made}
    return json.dumps(tagged, indent=2, ensure_ascii=False) + "\n"
