"""In which order things are made: nothing waits for what itself waits for it.

Pulumi takes a Service for made when the pods behind it are ready, and an Ingress when its Services are:
https://www.pulumi.com/registry/packages/kubernetes/api-docs/core/v1/service/
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from policies.guardrails.pods import pod_of
from policies.guardrails.registered import Resource
from tests.stacks.companies import MINI, ROOT, STACKS
from tools.program import Recording, record_stack
from tools.program.recording import Registered


class Order:
    """What must be there before each resource."""

    def __init__(self, recording: Recording) -> None:
        """Reads who waits for whom; who waits for a component waits for its children."""
        self._before: dict[str, set[str]] = {one.urn: set(one.depends_on) for one in recording}
        for one in recording:
            if one.parent in self._before:
                self._before[one.parent].add(one.urn)

    def waits(self, urn: str) -> frozenset[str]:
        """Everything, directly or through others."""
        found: set[str] = set()
        left = list(self._before.get(urn, ()))
        while left:
            if (next_one := left.pop()) not in found:
                found.add(next_one)
                left += self._before.get(next_one, ())
        return frozenset(found)


def makers(recording: Recording, service: Registered) -> Iterator[Registered]:
    """What makes the pods behind a Service, itself or by an operator."""
    wanted = (service.manifest["spec"].get("selector") or {}).items()
    for one in recording:
        resource = Resource(type=one.type, name=one.name, urn=one.urn, inputs=one.inputs)
        pod = pod_of(resource)
        if pod is not None and wanted and wanted <= pod.labels.items():
            yield one


@pytest.mark.parametrize(("root", "stack"), [*((ROOT, stack) for stack in STACKS), (MINI, "production")])
def test_no_pod_waits_for_the_service_in_front_of_it(root: Path, stack: str) -> None:
    """It would for ever, since the Service waits for the pod; the first `pulumi up` would end after ten minutes."""
    recording = record_stack(root, stack)
    services = [one for one in recording if one.is_kubernetes and one.manifest["kind"] == "Service"]
    assert len(services) > 10
    order = Order(recording)
    stuck = [
        (maker.name, service.name)
        for service in services
        for maker in makers(recording, service)
        if service.urn in order.waits(maker.urn)
    ]
    assert stuck == []
    namespace = recording.named("namespace-monitoring").urn
    assert all(
        namespace in order.waits(one.urn) for one in services if one.manifest["metadata"]["namespace"] == "monitoring"
    )
