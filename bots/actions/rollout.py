"""How far a deployment's rollout is: pure, by the rules of `kubectl rollout status`.

https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#deployment-status
"""

from dataclasses import dataclass

from lightkube.resources.apps_v1 import Deployment


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """Where it stands."""

    says: str
    done: bool = False
    failed: bool = False
    """Kubernetes itself has given up on it."""


def rollout(deployment: Deployment) -> Rollout:
    """The state of a deployment's newest rollout."""
    status, spec = deployment.status, deployment.spec
    seen = (status.observedGeneration if status else None) or 0
    if status is None or spec is None or seen < ((deployment.metadata and deployment.metadata.generation) or 0):
        return Rollout(says="the change has not been taken up by the cluster")
    for condition in status.conditions or []:
        if condition.type == "Progressing" and condition.reason == "ProgressDeadlineExceeded":
            return Rollout(says=f"Kubernetes gave up: {condition.message}", failed=True)
    wanted = 1 if spec.replicas is None else spec.replicas
    updated, total, available = status.updatedReplicas or 0, status.replicas or 0, status.availableReplicas or 0
    if updated < wanted:
        return Rollout(says=f"{updated} of {wanted} pods are new")
    if total > updated:
        return Rollout(says=f"{total - updated} old pods are still there")
    if available < updated:
        return Rollout(says=f"{available} of {updated} pods are available")
    return Rollout(says=f"{available} of {wanted} pods are available", done=True)
