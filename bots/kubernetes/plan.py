"""What a remediation is on Kubernetes: names, the Job, the lock on its target. Pure."""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
from lightkube.models.coordination_v1 import LeaseSpec
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.batch_v1 import CronJob, Job
from lightkube.resources.coordination_v1 import Lease

from alerting.actions import ACTIONS
from alerting.job_names import INCIDENT, REQUEST, TEMPLATE, template_name
from bots.actions.request import Request, write_request
from bots.timeline.effect import RunRemediation
from bots.timeline.state import incident_name

SLACK_S: Final = 120
"""Seconds beyond an action's own limit in which its Job must have ended: pods take time to start and to end."""
_MAX_NAME: Final = 200
_PART_OF: Final = {"app.kubernetes.io/part-of": "tocsin"}


def job_name(run: RunRemediation) -> str:
    """Incident and attempt: the same attempt can have one Job only."""
    return f"inc-{run.incident}-{run.attempt}"


def lease_name(target: Mapping[str, str]) -> str:
    """The same for the same target, whatever is to be done to it; readable, and told apart by a sum."""
    parts = [f"{key}={value}" for key, value in sorted(target.items())]
    digest = hashlib.sha256(orjson.dumps(parts)).hexdigest()[:10]
    words = "-".join(value for _, value in sorted(target.items(), key=lambda item: item[0] != "namespace"))
    readable = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in words.lower())
    return f"target-{readable[:_MAX_NAME].strip('-')}-{digest}"


def needs_lock(run: RunRemediation) -> bool:
    """Whether nobody else may work on the target meanwhile: not where nothing is changed."""
    action = ACTIONS.get(run.action)
    return not run.dry_run and (action is None or action.changes)


def limit_s(run: RunRemediation) -> int:
    """Seconds within which the Job must have ended."""
    return ACTIONS[run.action].limit_s + SLACK_S


def request_of(run: RunRemediation, at: datetime | None) -> Request:
    """What the action is asked to do."""
    return Request(
        action=run.action,
        target=dict(run.target),
        parameters=dict(run.parameters),
        dry_run=run.dry_run,
        incident=incident_name(run.incident),
        attempt=run.attempt,
        service=run.service,
        alert=run.alert,
        at=at,
    )


def job(template: CronJob, run: RunRemediation, at: datetime) -> Job:
    """The Job: the template's to the letter, with a name, and the request as an annotation of its pod."""
    parent = template.metadata
    assert parent is not None
    assert template.spec is not None
    wanted: dict[str, Any] = template.spec.jobTemplate.to_dict()  # type: ignore[no-untyped-call]
    about = wanted["spec"]["template"].setdefault("metadata", {})
    about["annotations"] = {**about.get("annotations", {}), REQUEST: write_request(request_of(run, at))}
    labels = {**_PART_OF, TEMPLATE: template_name(run.action), INCIDENT: incident_name(run.incident)}
    owner = {"apiVersion": "batch/v1", "kind": "CronJob", "name": parent.name, "uid": parent.uid}
    metadata = {
        "name": job_name(run),
        "labels": labels,
        # As kubectl marks what it makes from a CronJob by hand.
        "annotations": {"cronjob.kubernetes.io/instantiate": "manual"},
        "ownerReferences": [owner],
    }
    made: Job = Job.from_dict({"metadata": metadata, "spec": wanted["spec"]})  # type: ignore[no-untyped-call]
    return made


def is_same(found: Job, run: RunRemediation) -> bool:
    """Whether a Job of the right name asks for the same; when it was asked for does not matter."""
    spec = found.spec
    about = spec.template.metadata if spec and spec.template else None
    text = (about.annotations or {}).get(REQUEST, "") if about else ""
    try:
        asked = Request.model_validate(orjson.loads(text))
    except ValueError:
        return False
    return asked.model_copy(update={"at": None}) == request_of(run, None)


def lease(run: RunRemediation, now: datetime) -> Lease:
    """The lock on a run's target."""
    return Lease(metadata=ObjectMeta(name=lease_name(run.target), labels=dict(_PART_OF)), spec=lease_spec(run, now))


def lease_spec(run: RunRemediation, now: datetime) -> LeaseSpec:
    """Held by this run, longer than its Job can last."""
    return LeaseSpec(
        holderIdentity=job_name(run), leaseDurationSeconds=limit_s(run) + SLACK_S, acquireTime=now, renewTime=now
    )


def holder(found: Lease, now: datetime) -> str:
    """The Job that holds a lock; empty if nobody does any more."""
    spec = found.spec
    if spec is None or not spec.holderIdentity or spec.renewTime is None:
        return ""
    ends = spec.renewTime + timedelta(seconds=spec.leaseDurationSeconds or 0)
    return spec.holderIdentity if now < ends else ""
