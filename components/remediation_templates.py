"""The CronJobs that remediation jobs are made from, and those that look at deployments by schedule. Pure.

A job differs from its template in one thing only, the request, which is an annotation of its pod: the pod reads it
through its environment, so that the template's pod needs no change and admission can compare the two as a whole.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from alerting.actions import ACTIONS, Action
from alerting.job_names import CONTAINER, REQUEST, TEMPLATE, VARIABLE, template_name
from alerting.remediations import Target
from components.container import Resources, container_security, pod_security
from components.network import API_SERVER, Allow, Network, namespace_of
from components.objects import PART_OF, metadata

USER: Final = 10001
"""The user of the bot's image."""
CREDENTIALS: Final = "/var/run/tocsin/caches"
"""Where `clear_cache` looks for passwords of caches and for the authority that signed their certificates."""
_LOOK: Final = ACTIONS["run_diagnostics"]
_NEVER: Final = "0 0 31 2 *"
"""A CronJob must have a schedule; this day does not come, and the CronJob is suspended besides."""
_KEPT_S: Final = 86_400
"""How long a finished Job is kept for people to look at its log."""
BY_SCHEDULE: Final = "look-by-schedule"
"""What jobs by schedule are admitted as."""
_RESOURCES: Final = Resources(cpu="50m", memory="128Mi", cpu_limit="500m", memory_limit="256Mi")


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """One CronJob."""

    name: str
    kind: str
    """What its jobs are admitted as: the value of their label; the same for all that differ in the request only."""
    action: Action
    schedule: str = _NEVER
    suspended: bool = True
    arguments: tuple[str, ...] = ()
    request: str = ""
    """What its jobs are asked to do, where nobody asks for each one."""
    volumes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Secrets by the path where they are mounted."""

    @property
    def selector(self) -> dict[str, str]:
        """The label by which its pods are found."""
        return {"app.kubernetes.io/name": self.kind}


def on_demand(action: Action, cache_secret: str) -> Template:
    """The template of an action; jobs are made from it by the bot."""
    secret = {"secret": {"secretName": cache_secret, "optional": True, "defaultMode": 0o440}}
    volumes = {CREDENTIALS: secret} if action.name == "clear_cache" else {}
    name = template_name(action.name)
    return Template(name=name, kind=name, action=action, volumes=volumes)


def by_schedule(target: Target, schedule: str, request: str) -> Template:
    """Looks at a deployment from time to time; its Job fails if something is wrong with it, which is an alert."""
    digest = hashlib.sha256(f"{target.namespace}/{target.name}".encode()).hexdigest()[:8]
    # A CronJob's name may have 52 characters, since its Jobs are called after it.
    readable = f"look-at-{target.namespace}-{target.name}"[:43].rstrip("-.")
    return Template(
        name=f"{readable.replace('.', '-')}-{digest}",
        kind=BY_SCHEDULE,
        action=_LOOK,
        schedule=schedule,
        suspended=False,
        arguments=("--fail-on-findings",),
        request=request,
    )


def look_request(target: Target) -> str:
    """What a job by schedule is asked to do; in the form of `bots.actions.request`."""
    return json.dumps({"action": _LOOK.name, "target": target.to_dict(), "v": 1}, sort_keys=True)


def cron_job(template: Template, namespace: str, image: str) -> dict[str, Any]:
    """The CronJob."""
    labels = {**PART_OF, **template.selector, TEMPLATE: template.kind}
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": metadata(template.name, namespace, template.selector),
        "spec": {
            "schedule": template.schedule,
            "suspend": template.suspended,
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": 300,
            "successfulJobsHistoryLimit": 3,
            "failedJobsHistoryLimit": 3,
            "jobTemplate": {"metadata": {"labels": labels}, "spec": job(template, image)},
        },
    }


def job(template: Template, image: str) -> dict[str, Any]:
    """Ended in time, never tried again, and deleted some time after its end."""
    about: dict[str, Any] = {"labels": {**PART_OF, **template.selector}}
    if template.request:
        about["annotations"] = {REQUEST: template.request}
    return {
        "parallelism": 1,
        "completions": 1,
        "backoffLimit": 0,
        "activeDeadlineSeconds": template.action.limit_s,
        "ttlSecondsAfterFinished": _KEPT_S,
        "template": {"metadata": about, "spec": _pod(template, image)},
    }


def _pod(template: Template, image: str) -> dict[str, Any]:
    source = {"fieldRef": {"apiVersion": "v1", "fieldPath": f"metadata.annotations['{REQUEST}']"}}
    container: dict[str, Any] = {
        "name": CONTAINER,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["python", "-m", "bots.actions", template.action.name],
        "env": [{"name": VARIABLE, "valueFrom": source}],
        "resources": _RESOURCES.to_dict(),
        "securityContext": container_security(),
    }
    if template.arguments:
        container["args"] = list(template.arguments)
    spec: dict[str, Any] = {
        "restartPolicy": "Never",
        "serviceAccountName": template_name(template.action.name),
        "automountServiceAccountToken": bool(template.action.permissions),
        "enableServiceLinks": False,
        "securityContext": pod_security(USER),
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "terminationGracePeriodSeconds": 30,
        "containers": [container],
    }
    if template.volumes:
        names = {path: f"volume-{number}" for number, path in enumerate(template.volumes)}
        container["volumeMounts"] = [
            {"name": names[path], "mountPath": path, "readOnly": True} for path in template.volumes
        ]
        spec["volumes"] = [{"name": names[path], **source} for path, source in template.volumes.items()]
    return spec


def network(template: Template, targets: tuple[Target, ...]) -> Network:
    """The API server for those that have rights there; the namespaces of the targets for those that talk to them."""
    if template.action.permissions:
        return Network(egress=(API_SERVER,))
    peers = [namespace_of(name) for name in sorted({target.namespace for target in targets})]
    return Network(egress=(Allow(peers=peers),) if peers else ())
