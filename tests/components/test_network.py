"""Who reaches whom in a stack: exactly the flows that there are."""

from functools import cache
from itertools import product
from typing import Final

import pytest

from tests.components.network_reading import OUTSIDE, Net, Place, read, scraped
from tests.stacks.companies import ROOT, STACKS
from tools.program import Recording, record_stack

INGRESS: Final = Place(namespace="ingress-nginx", labels={"app.kubernetes.io/name": "ingress-nginx"})
STRANGER: Final = Place(namespace="shop", labels={"app.kubernetes.io/name": "web-shop"})
READER: Final = Place(namespace="agents", labels={"tocsin/reads": "metrics"})
DNS: Final = Place(namespace="kube-system", labels={"k8s-app": "kube-dns"})

# Who asks, who answers, and on which port; both are workloads of ours.
FLOWS: Final = {
    ("prometheus", "alertmanager", 9093),
    ("alertmanager", "tocsin", 8000),
    ("tocsin", "prometheus", 9090),
    ("tocsin", "alertmanager", 9093),
    ("grafana", "prometheus", 9090),
    ("grafana", "alertmanager", 9093),
    ("grafana", "thanos-query-frontend", 10902),
    ("thanos-query-frontend", "thanos-query", 10902),
    ("thanos-query", "prometheus", 10901),
    ("thanos-query", "thanos-ruler", 10901),
    ("thanos-ruler", "thanos-query", 10902),
    ("thanos-ruler", "alertmanager", 9093),
    ("alertmanager", "alertmanager", 9094),
}
STORES: Final = ("thanos-store-0", "thanos-store-1")
BUCKET_USERS: Final = ("prometheus", "thanos-compactor", "thanos-ruler", *STORES)
OUT: Final = {
    "alertmanager": (443, 587),  # PagerDuty, Slack, the dead man's switch; mail
    "grafana": (443,),  # the sign-ons
    "tocsin": (22, 443, 6443),  # git, and the API server
    "prometheus": (443, 6443, 10250, 9100, 9464),  # the API server, kubelets, machines, services outside
    "prometheus-operator": (443, 6443),
    "kube-state-metrics": (443, 6443),
    "blackbox-exporter": (80, 443),
    "run-diagnostics": (443, 6443),
    "payments-db-primary-exporter": (5432,),
}
CLOSED: Final = ("thanos-query", "thanos-query-frontend", "object-store", "clear-cache")
"""What has nothing to look for outside."""


@cache
def stack(name: str) -> tuple[Recording, Net]:
    """A stack of the example company, run once."""
    recording = record_stack(ROOT, name)
    return recording, read(recording)


def here(net: Net) -> set[str]:
    """The workloads of a stack."""
    return {one.name for one in net.places}


def wanted(recording: Recording, net: Net) -> set[tuple[str, str, int]]:
    """Every flow between workloads of a stack."""
    known = here(net)
    found = {flow for flow in FLOWS if {flow[0], flow[1]} <= known}
    found |= {("thanos-query", store, 10901) for store in STORES if store in known}
    if "object-store" in known:
        found |= {(user, "object-store", 7070) for user in BUCKET_USERS if user in known}
    return found | {("prometheus", place.name, port) for place, port in scraped(recording, net)}


@pytest.mark.parametrize("name", STACKS)
def test_every_flow_is_let_through(name: str) -> None:
    """By the policies of both sides; every page that a monitor names can be scraped."""
    recording, net = stack(name)
    flows = wanted(recording, net)
    assert len(flows) > 20
    assert [flow for flow in sorted(flows) if not net.allowed(net.place(flow[0]), net.place(flow[1]), flow[2])] == []
    alertmanager = net.place("alertmanager")
    assert net.allowed(alertmanager, alertmanager, 9094, "UDP")


@pytest.mark.parametrize("name", STACKS)
def test_nothing_else_of_ours_is_let_in(name: str) -> None:
    """No other workload reaches a port of what has to do with pages; a silence is made by whom it concerns."""
    recording, net = stack(name)
    flows = wanted(recording, net)
    guarded = ("alertmanager", "prometheus", "tocsin", "thanos-query", "thanos-query-frontend", "grafana")
    found = set()
    for source, target in product(net.places, [one for one in net.places if one.name in guarded]):
        for port in target.ports.values():
            if net.allowed(source, target, port) and source.name != "node-exporter":
                found.add((source.name, target.name, port))
    assert found - flows == set()


@pytest.mark.parametrize("name", STACKS)
def test_strangers_reach_nothing_but_the_entrances(name: str) -> None:
    """Pods of other namespaces none at all, the ingress controller what people open."""
    _, net = stack(name)
    reached = {
        (one.name, port) for one in net.places for port in one.ports.values() if net.allowed(STRANGER, one, port)
    }
    assert reached <= {("node-exporter", 9100)}  # It listens on the machine, which no policy guards.
    opened = {(one.name, port) for one in net.places for port in one.ports.values() if net.allowed(INGRESS, one, port)}
    assert opened - {("node-exporter", 9100)} == {("grafana", 3000), ("tocsin", 8000)}


@pytest.mark.parametrize("name", STACKS)
def test_who_says_so_reads_metrics_and_nothing_else(name: str) -> None:
    """Such as the agent of a Grafana that is elsewhere; it silences nobody."""
    _, net = stack(name)
    reached = {(one.name, port) for one in net.places for port in one.ports.values() if net.allowed(READER, one, port)}
    assert reached - {("node-exporter", 9100)} == {("prometheus", 9090), ("thanos-query-frontend", 10902)}


@pytest.mark.parametrize("name", STACKS)
def test_everybody_finds_names_and_some_the_world(name: str) -> None:
    """DNS for all; outside only what a program needs there, and nothing for those that need nothing."""
    _, net = stack(name)
    ours = [one for one in net.places if one.namespace != "monitoring-nodes"]
    resolvers = [one["spec"]["egress"][0] for one in net.policies if "egress" in one["spec"]]
    node_local = {"ipBlock": {"cidr": "169.254.0.0/16"}}
    assert all(node_local in one["to"] and {port["port"] for port in one["ports"]} == {53} for one in resolvers)
    assert [one.name for one in ours if not net.allowed(one, DNS, 53, "UDP")] == []
    asked = [(one, port) for one in ours for port in OUT.get(one.name, ())]
    assert {one.name for one, _ in asked} == OUT.keys()
    assert [(one.name, port) for one, port in asked if not net.allowed(one, OUTSIDE, port)] == []
    assert [one.name for one in ours if one.name in CLOSED and net.allowed(one, OUTSIDE, 443)] == []
    in_cloud = "object-store" not in here(net)
    users = [one for one in ours if one.name in BUCKET_USERS and one.name != "prometheus"]
    assert [net.allowed(one, OUTSIDE, 443) for one in users] == [in_cloud] * len(users)
