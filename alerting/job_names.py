"""What ties a remediation job to its template: names that the bot writes and that the cluster's admission reads."""

from typing import Final

VARIABLE: Final = "TOCSIN_REQUEST"
"""The environment variable in which an action finds its request."""
REQUEST: Final = "tocsin.dev/request"
"""The annotation of a job's pod that holds the request; the only thing in which it differs from its template."""
MAX_REQUEST: Final = 8_192
"""Bytes of a request: it is some names."""
TEMPLATE: Final = "tocsin.dev/template"
"""The label of a job that names the CronJob it is made from."""
INCIDENT: Final = "tocsin.dev/incident"
"""The label of a job that names its incident: `INC-7`."""
CONTAINER: Final = "action"
"""The one container of a job's pod."""


def template_name(action: str) -> str:
    """The CronJob, and the service account, of an action: `restart-deployment`."""
    return action.replace("_", "-")
