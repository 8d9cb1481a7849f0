"""Restarts a deployment as `kubectl rollout restart` does, and waits until its pods are new and available."""

from datetime import UTC, datetime
from typing import Final

from lightkube.resources.apps_v1 import Deployment

from bots.actions.errors import Failed, Refused
from bots.actions.request import moment
from bots.actions.result import Change
from bots.actions.rollout import rollout
from bots.actions.running import Done, Task

# What kubectl writes, so that its `rollout history` and other tools know the change.
RESTARTED_AT: Final = "kubectl.kubernetes.io/restartedAt"
RESTARTED_BY: Final = "tocsin.dev/restarted-by"


def restart_deployment(task: Task) -> Done:
    """Changes an annotation of the pods; raises Refused, Failed or TimedOut.

    A run that is repeated, because Kubernetes started its pod twice, finds its own name and only waits.
    """
    request = task.request
    namespace, name = request.namespace, request.target["deployment"]
    deployment = task.cluster.deployment(namespace, name)
    spec = deployment.spec
    assert spec is not None
    if spec.paused:
        raise Refused(f"deployment {namespace}/{name} is paused; nothing would be restarted; resume its rollout first")
    if spec.replicas == 0:
        raise Refused(f"deployment {namespace}/{name} is scaled to 0 pods; there is nothing to restart")
    before = _annotations(deployment)
    now = datetime.now(UTC)
    if not request.incident or before.get(RESTARTED_BY) != request.run:
        task.cluster.annotate_template(deployment, {RESTARTED_AT: moment(now), RESTARTED_BY: request.run})
    change = Change(
        what=f"deployment {namespace}/{name}: restarted", before=before.get(RESTARTED_AT, ""), after=moment(now)
    )
    pods = 1 if spec.replicas is None else spec.replicas
    if request.dry_run:
        return Done(summary=f"would restart deployment {namespace}/{name} with {pods} pods", changes=(change,))
    says = wait(task, namespace, name)
    return Done(summary=f"restarted deployment {namespace}/{name}; {says}", changes=(change,))


def wait(task: Task, namespace: str, name: str) -> str:
    """Waits for the rollout and says how it stands then; raises Failed or TimedOut."""

    def look() -> tuple[str | None, str]:
        state = rollout(task.cluster.deployment(namespace, name))
        if state.failed:
            raise Failed(f"deployment {namespace}/{name} was changed, but {state.says}")
        return (state.says if state.done else None), (
            f"deployment {namespace}/{name} was changed, but its rollout has not ended: {state.says}"
        )

    return task.cluster.until(look, task.deadline)


def _annotations(deployment: Deployment) -> dict[str, str]:
    spec = deployment.spec
    metadata = spec.template.metadata if spec else None
    return dict((metadata.annotations if metadata else None) or {})
