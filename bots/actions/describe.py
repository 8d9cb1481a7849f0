"""A deployment and its pods as people read them, and what is wrong with them. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from lightkube.models.core_v1 import Container, ContainerState, ContainerStatus
from lightkube.resources.apps_v1 import Deployment
from lightkube.resources.core_v1 import Event, Pod

from bots.actions.cluster import metadata_of
from bots.actions.request import moment
from bots.actions.rollout import rollout

_MANY_RESTARTS: Final = 3
_WAITS_WELL: Final = ("ContainerCreating", "PodInitializing")
_EPOCH: Final = datetime.fromisoformat("1970-01-01T00:00:00Z")


def deployment_lines(deployment: Deployment) -> Iterator[str]:
    """Its pods, its conditions, its containers."""
    spec, status, metadata = deployment.spec, deployment.status, metadata_of(deployment)
    assert spec is not None
    yield f"deployment {metadata.namespace}/{metadata.name}, made {moment(metadata.creationTimestamp)}"
    ready, updated = (status.readyReplicas if status else 0) or 0, (status.updatedReplicas if status else 0) or 0
    available = (status.availableReplicas if status else 0) or 0
    yield f"  pods: {spec.replicas} wanted, {updated} new, {ready} ready, {available} available"
    for condition in (status.conditions if status else None) or []:
        yield f"  {condition.type}={condition.status} {condition.reason}: {condition.message}"
    for container in (spec.template.spec.containers if spec.template.spec else None) or []:
        yield f"  container {container.name}: {container.image}{_limits(container)}"


def _limits(container: Container) -> str:
    resources = container.resources
    parts = (
        [
            f"{name} {', '.join(f'{kind} {size}' for kind, size in sorted(sizes.items()))}"
            for name, sizes in (("requests", resources.requests), ("limits", resources.limits))
            if sizes
        ]
        if resources
        else []
    )
    return f" ({'; '.join(parts)})" if parts else ""


def pod_lines(pod: Pod) -> Iterator[str]:
    """Its phase, what keeps it from being ready, its containers."""
    metadata, status = metadata_of(pod), pod.status
    phase = (status.phase if status else None) or "unknown"
    ending = ", ending" if metadata.deletionTimestamp else ""
    node = (pod.spec.nodeName if pod.spec else None) or "no node"
    yield f"pod {metadata.name}: {phase}{ending}, on {node}, made {moment(metadata.creationTimestamp)}"
    for condition in (status.conditions if status else None) or []:
        if condition.status != "True":
            yield f"  {condition.type}={condition.status} {condition.reason or ''}: {condition.message or ''}".rstrip(
                ": "
            )
    for container in containers(pod):
        ready = "ready" if container.ready else "not ready"
        yield f"  container {container.name}: {_state(container.state)}, {ready}, {container.restartCount} restarts"
        if container.lastState is not None and container.lastState.terminated is not None:
            yield f"    before: {_state(container.lastState)}"


def containers(pod: Pod) -> Sequence[ContainerStatus]:
    """The state of a pod's containers, as far as its node has said."""
    status = pod.status
    return [
        *((status.initContainerStatuses if status else None) or []),
        *((status.containerStatuses if status else None) or []),
    ]


def _state(state: ContainerState | None) -> str:
    if state is not None and state.waiting is not None:
        return f"waits ({state.waiting.reason}: {state.waiting.message or 'no reason given'})"
    if state is not None and state.terminated is not None:
        ended = state.terminated
        return f"ended with {ended.exitCode} ({ended.reason}) at {moment(ended.finishedAt)}"
    if state is not None and state.running is not None:
        return f"runs since {moment(state.running.startedAt)}"
    return "unknown"


def findings(deployment: Deployment, pods: Iterable[Pod]) -> Iterator[str]:
    """What is wrong, a sentence each; nothing where all is well."""
    state = rollout(deployment)
    if not state.done:
        yield f"deployment {metadata_of(deployment).name}: {state.says}"
    for pod in pods:
        yield from _ill(pod)


def _ill(pod: Pod) -> Iterator[str]:
    name = f"pod {metadata_of(pod).name}"
    for condition in (pod.status.conditions if pod.status else None) or []:
        if condition.type == "PodScheduled" and condition.status == "False":
            yield f"{name}: no node takes it: {condition.message or condition.reason}"
    for container in containers(pod):
        state, before = container.state, container.lastState
        if state and state.waiting and state.waiting.reason not in _WAITS_WELL:
            yield f"{name}: container {container.name} waits: {state.waiting.reason}"
        for ended in (one.terminated for one in (state, before) if one and one.terminated):
            if ended.reason == "OOMKilled":
                yield f"{name}: container {container.name} used more memory than its limit"
            elif ended.exitCode:
                yield f"{name}: container {container.name} ended with {ended.exitCode}"
        if container.restartCount >= _MANY_RESTARTS:
            yield f"{name}: container {container.name} was started again {container.restartCount} times"


def sickest_first(pods: Iterable[Pod]) -> list[Pod]:
    """Pods in the order in which people want to see them."""

    def rank(pod: Pod) -> tuple[bool, int, str]:
        states = containers(pod)
        well = bool(states) and all(one.ready for one in states)
        return well, -sum(one.restartCount for one in states), metadata_of(pod).name or ""

    return sorted(pods, key=rank)


def event_lines(events: Iterable[Event], limit: int) -> list[str]:
    """The newest events, oldest of them first."""
    ordered = sorted(events, key=_event_time)[-limit:]
    return [
        f"{moment(_event_time(one))} {one.type} {one.reason} "
        f"{(one.involvedObject.kind or '').lower()} {one.involvedObject.name}: {one.message}"
        + (f" ({one.count} times)" if one.count and one.count > 1 else "")
        for one in ordered
    ]


def _event_time(event: Event) -> datetime:
    made = event.metadata.creationTimestamp if event.metadata else None
    return event.lastTimestamp or event.eventTime or made or _EPOCH


def usage_lines(usage: Iterable[Mapping[str, Any]]) -> list[str]:
    """What containers use, as `kubectl top pods --containers` shows it."""
    return [
        f"{one['metadata']['name']} {container['name']}: cpu {container['usage'].get('cpu', '?')}, "
        f"memory {container['usage'].get('memory', '?')}"
        for one in usage
        for container in one.get("containers", [])
    ]
