"""Deletes one pod, so that its controller makes a new one, and waits until it is gone."""

from bots.actions.cluster import metadata_of
from bots.actions.errors import Refused
from bots.actions.request import moment
from bots.actions.result import Change
from bots.actions.running import Done, Task


def restart_pod(task: Task) -> Done:
    """Deletes a pod that a controller would replace; raises Refused, Failed or TimedOut.

    A pod that was made after the request needs no restart any more: somebody, or this run's first start, was faster.
    """
    request = task.request
    namespace, name = request.namespace, request.target["pod"]
    pod = task.cluster.pod(namespace, name)
    if pod is None:
        raise Refused(f"pod {namespace}/{name} does not exist; it may have been replaced already")
    metadata = metadata_of(pod)
    owner = next((one for one in metadata.ownerReferences or [] if one.controller), None)
    if owner is None:
        raise Refused(f"pod {namespace}/{name} has no controller; nothing would make a new one")
    if request.at is not None and metadata.creationTimestamp and metadata.creationTimestamp > request.at:
        made = moment(metadata.creationTimestamp)
        return Done(summary=f"pod {namespace}/{name} was replaced already, at {made}; it was left alone")
    change = Change(what=f"pod {namespace}/{name}: deleted, for {owner.kind} {owner.name} to replace it")
    task.cluster.delete_pod(namespace, name)
    if request.dry_run:
        return Done(
            summary=f"would delete pod {namespace}/{name} for {owner.kind} {owner.name} to replace", changes=(change,)
        )

    def look() -> tuple[bool | None, str]:
        there = task.cluster.pod(namespace, name)
        gone = there is None or metadata_of(there).uid != metadata.uid
        return (True if gone else None), f"pod {namespace}/{name} was told to end, but has not ended"

    task.cluster.until(look, task.deadline)
    return Done(
        summary=f"deleted pod {namespace}/{name}; {owner.kind} {owner.name} replaces it",
        changes=(change,),
    )
