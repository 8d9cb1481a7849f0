"""What belongs to a program on Kubernetes."""

from typing import Any

import pytest

from components.container import Container, Probe, Resources
from components.network import Allow, Network, pods
from components.workload import Claim, Kind, Workload, manifests
from tools.program.schemas import flaws


def workload(kind: Kind = "Deployment", replicas: int = 1, **about: Any) -> Workload:
    """A program called `thing`."""
    health = Probe.http("/healthz", "http")
    container = Container(
        name="thing",
        image="example.com/thing:1",
        resources=Resources(cpu="10m", memory="16Mi", cpu_limit="100m", memory_limit="32Mi"),
        liveness=health,
        readiness=health,
        ports={"http": 8080},
        env={"A": "b", "C": {"secretKeyRef": {"name": "s", "key": "k"}}},
        mounts={"/etc/thing": "config", "/etc/one": "config:one.yml"},
        writable={"/tmp": "scratch"},
    )
    network = Network(ingress=[Allow(peers=[pods("prometheus")], ports=["http"])], egress=[Allow(ports=[5432])])
    volumes = {"config": {"configMap": {"name": "thing"}}, "scratch": {"emptyDir": {}}}
    return Workload(
        name="thing",
        namespace="place",
        kind=kind,
        replicas=replicas,
        containers=[container],
        network=network,
        volumes=volumes,
        **about,
    )


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet"])
@pytest.mark.parametrize("replicas", [1, 3])
def test_everything_is_valid_for_kubernetes(kind: Kind, replicas: int) -> None:
    """Whatever the kind of workload."""
    claims = [Claim(name="data", size="1Gi", storage_class="fast")] if kind == "StatefulSet" else []
    found = manifests(workload(kind, replicas, claims=claims, annotations={"a": "b"}))
    assert [flaw for one in found for flaw in flaws(one)] == []


def test_a_pod_is_hardened() -> None:
    """What Pod Security `restricted` asks, a root file system that is read-only, and no token."""
    pod = manifests(workload())[-1]["spec"]["template"]["spec"]
    container = pod["containers"][0]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["resources"] == {
        "requests": {"cpu": "10m", "memory": "16Mi"},
        "limits": {"cpu": "100m", "memory": "32Mi"},
    }
    assert {"livenessProbe", "readinessProbe"} <= container.keys()
    assert [mount.get("readOnly", False) for mount in container["volumeMounts"]] == [True, True, False]


def test_the_network_is_closed_but_for_what_is_named() -> None:
    """Both directions are governed; names of hosts can always be looked up."""
    policy = next(one for one in manifests(workload()) if one["kind"] == "NetworkPolicy")
    prometheus = {"podSelector": {"matchLabels": {"app.kubernetes.io/name": "prometheus"}}}
    assert policy["spec"] == {
        "podSelector": {"matchLabels": {"app.kubernetes.io/name": "thing"}},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [{"from": [prometheus], "ports": [{"protocol": "TCP", "port": "http"}]}],
        "egress": [
            {
                "to": [{"namespaceSelector": {}}, {"ipBlock": {"cidr": "169.254.0.0/16"}}],
                "ports": [{"protocol": "TCP", "port": 53}, {"protocol": "UDP", "port": 53}],
            },
            {"ports": [{"protocol": "TCP", "port": 5432}]},
        ],
    }


def test_only_replicas_have_a_budget_and_are_spread() -> None:
    """A budget for one pod would keep its node from being drained."""
    one, three = manifests(workload(replicas=1)), manifests(workload(replicas=3, spread_hard=True))
    assert "PodDisruptionBudget" not in [found["kind"] for found in one]
    budget = next(found for found in three if found["kind"] == "PodDisruptionBudget")
    assert budget["spec"]["maxUnavailable"] == 1
    constraints = three[-1]["spec"]["template"]["spec"]["topologySpreadConstraints"]
    assert [constraint["whenUnsatisfiable"] for constraint in constraints] == ["DoNotSchedule", "ScheduleAnyway"]
    assert "topologySpreadConstraints" not in one[-1]["spec"]["template"]["spec"]


def test_a_stateful_set_has_names_and_volumes() -> None:
    """Its Service has no address of its own, so that each pod has a name."""
    found = manifests(workload("StatefulSet", claims=[Claim(name="data", size="1Gi")]))
    service = next(one for one in found if one["kind"] == "Service")
    assert service["spec"]["clusterIP"] == "None"
    assert found[-1]["spec"]["serviceName"] == service["metadata"]["name"]
    assert found[-1]["spec"]["volumeClaimTemplates"][0]["spec"]["resources"] == {"requests": {"storage": "1Gi"}}
