"""What points at something else in a stack finds it: selectors, ports, accounts, roles."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

import pytest

from policies.guardrails.pods import pod_of
from policies.guardrails.registered import Resource
from tests.components.network_reading import Net, read
from tests.stacks.companies import ROOT, STACKS
from tools.program import Recording, record_stack

OURS: Final = ("monitoring", "monitoring-nodes", "tocsin-remediation")


@cache
def stack(name: str) -> tuple[Recording, Net]:
    """A stack of the example company, run once."""
    recording = record_stack(ROOT, name)
    return recording, read(recording)


def selectors(recording: Recording) -> Iterator[tuple[str, str, Mapping[str, str]]]:
    """What selects pods: its title, its namespace, the labels."""
    for kind in ("Service", "PodDisruptionBudget", "NetworkPolicy"):
        for one in recording.manifests(kind):
            spec, about = one["spec"], one["metadata"]
            given = spec.get("podSelector") if kind == "NetworkPolicy" else spec["selector"]
            yield (
                f"{kind} {about['name']}",
                about["namespace"],
                given if kind == "Service" else given.get("matchLabels", {}),
            )


@pytest.mark.parametrize("name", STACKS)
def test_every_selector_finds_pods(name: str) -> None:
    """A Service, a budget or a policy for nobody would be accepted, and do nothing."""
    recording, net = stack(name)
    alone = [
        title
        for title, namespace, labels in selectors(recording)
        if not any(one.namespace == namespace and labels.items() <= one.labels.items() for one in net.places)
    ]
    assert alone == []


@pytest.mark.parametrize("name", STACKS)
def test_every_monitor_of_ours_finds_a_service_with_its_port(name: str) -> None:
    """A target that is never found is no target that is down: nobody would be told."""
    recording, _ = stack(name)
    services = recording.manifests("Service")
    blind = []
    for monitor in recording.manifests("ServiceMonitor"):
        spec = monitor["spec"]
        places, labels = spec["namespaceSelector"]["matchNames"], spec["selector"]["matchLabels"]
        found = [
            one
            for one in services
            if one["metadata"]["namespace"] in places and labels.items() <= one["metadata"]["labels"].items()
        ]
        ports = {port["name"] for one in found for port in one["spec"]["ports"]}
        if set(places) <= set(OURS):
            blind += [
                (monitor["metadata"]["name"], one["port"]) for one in spec["endpoints"] if one["port"] not in ports
            ]
    assert blind == []


@pytest.mark.parametrize("name", STACKS)
def test_every_ingress_leads_to_a_port_of_a_service(name: str) -> None:
    """By name or by number."""
    recording, _ = stack(name)
    ports = {
        (one["metadata"]["namespace"], one["metadata"]["name"], word)
        for one in recording.manifests("Service")
        for port in one["spec"]["ports"]
        for word in (port["name"], port["port"])
    }
    for one in recording.manifests("Ingress"):
        for rule in one["spec"]["rules"]:
            for path in rule["http"]["paths"]:
                backend: dict[str, Any] = path["backend"]["service"]
                port = backend["port"].get("name") or backend["port"]["number"]
                assert (one["metadata"]["namespace"], backend["name"], port) in ports


@pytest.mark.parametrize("name", STACKS)
def test_every_pod_and_every_binding_finds_its_account(name: str) -> None:
    """And every binding its role."""
    recording, _ = stack(name)
    accounts = {
        (one["metadata"]["namespace"], one["metadata"]["name"]) for one in recording.manifests("ServiceAccount")
    }
    for one in recording:
        resource = Resource(type=one.type, name=one.name, urn=one.urn, inputs=one.inputs)
        if (pod := pod_of(resource)) is not None:
            assert (resource.namespace, pod.spec["serviceAccountName"]) in accounts, resource.title
    for kind in ("Role", "ClusterRole"):
        roles = {(one["metadata"].get("namespace"), one["metadata"]["name"]) for one in recording.manifests(kind)}
        for binding in recording.manifests(f"{kind}Binding"):
            assert (binding["metadata"].get("namespace"), binding["roleRef"]["name"]) in roles
            assert binding["roleRef"]["kind"] == kind
            assert {(one["namespace"], one["name"]) for one in binding["subjects"]} <= accounts
