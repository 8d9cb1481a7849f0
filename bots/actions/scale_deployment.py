"""Adds pods to a deployment, never beyond its limit, and waits until they are available."""

from lightkube.resources.apps_v1 import Deployment

from bots.actions.errors import Refused
from bots.actions.restart_deployment import wait
from bots.actions.result import Change
from bots.actions.running import Done, Task


def scale_deployment(task: Task) -> Done:
    """Sets the number of pods; raises Refused, Failed or TimedOut.

    The server notes who set the number. A run that is repeated, because Kubernetes started its pod twice, finds its own
    name there and adds no pods again.
    """
    request = task.request
    namespace, name = request.namespace, request.target["deployment"]
    deployment = task.cluster.deployment(namespace, name)
    before = _replicas(deployment)
    if before == 0:
        raise Refused(f"deployment {namespace}/{name} is scaled to 0 pods; somebody wants it so")
    if _is_scaled_by(deployment, task.cluster.manager):
        return Done(summary=f"deployment {namespace}/{name} has {before} pods; {wait(task, namespace, name)}")
    most = request.number("most")
    after = min(before + request.number("add"), most)
    if after <= before:
        raise Refused(f"deployment {namespace}/{name} has {before} pods; its limit is {most}")
    task.cluster.scale(deployment, after)
    change = Change(what=f"deployment {namespace}/{name}: pods", before=str(before), after=str(after))
    if request.dry_run:
        return Done(
            summary=f"would scale deployment {namespace}/{name} from {before} to {after} pods", changes=(change,)
        )
    says = wait(task, namespace, name)
    return Done(
        summary=f"scaled deployment {namespace}/{name} from {before} to {after} pods; {says}", changes=(change,)
    )


def _replicas(deployment: Deployment) -> int:
    assert deployment.spec is not None
    return 1 if deployment.spec.replicas is None else deployment.spec.replicas


def _is_scaled_by(deployment: Deployment, manager: str) -> bool:
    """Whether the number of pods is what `manager` set last.

    https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
    """
    fields = (deployment.metadata.managedFields if deployment.metadata else None) or []
    return any(one.manager == manager and one.subresource == "scale" for one in fields)
