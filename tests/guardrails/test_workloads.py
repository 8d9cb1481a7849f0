"""Guardrails about workloads: each violated and kept."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from policies.guardrails.registered import Resource
from policies.guardrails.workloads import pinned
from tests.guardrails.conftest import Said
from tests.guardrails.objects import LIMITS, LOCKED, PROBE, budget, container, operated, resource, workload


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"])
def test_a_workload_as_it_should_be_is_fine(kind: str, all_said: Callable[[Sequence[Resource]], list[str]]) -> None:
    """No rule finds anything in a hardened workload of any kind."""
    assert all_said([workload(kind=kind)]) == []


def test_a_container_without_limits_is_stopped(said: Said) -> None:
    """Every container, init and operated ones too, must be promised something and stopped at something."""
    bare = container("bare", resources=None)
    half = container("half", resources={"requests": LIMITS["requests"], "limits": {"cpu": "1"}})
    found = said(
        "requests-and-limits", workload(bare, half, pod={"initContainers": [container("first", resources={})]})
    )
    way_out = "expected requests and limits of cpu and memory; set them in its resources"
    everything = "requests.cpu, requests.memory, limits.cpu, limits.memory"
    assert found == [
        f"Deployment shop/web: container first has no {everything}; {way_out}",
        f"Deployment shop/web: container bare has no {everything}; {way_out}",
        f"Deployment shop/web: container half has no limits.memory; {way_out}",
    ]


def test_operated_servers_need_limits_too(said: Said) -> None:
    """The operator passes on what its object says, for the server and for the sidecar."""
    server = operated(resources=None, thanos={"image": "registry.example.com/thanos:v0.42.4"})
    way_out = (
        "has no requests.cpu, requests.memory, limits.cpu, limits.memory; "
        "expected requests and limits of cpu and memory; set them in its resources"
    )
    assert said("requests-and-limits", server) == [
        f"Prometheus monitoring/prometheus-0: container prometheus {way_out}",
        f"Prometheus monitoring/prometheus-0: container thanos-sidecar {way_out}",
    ]
    assert said("requests-and-limits", operated()) == []


def test_a_container_without_probes_is_stopped(said: Said) -> None:
    """Both probes are needed by what serves."""
    way_out = "expected both; say how Kubernetes asks it"
    blind = workload(
        container("blind", livenessProbe=None, readinessProbe=None), container("half", readinessProbe=None)
    )
    assert said("probes", blind) == [
        f"Deployment shop/web: container blind has no livenessProbe and no readinessProbe; {way_out}",
        f"Deployment shop/web: container half has no readinessProbe; {way_out}",
    ]


@pytest.mark.parametrize("kind", ["Job", "CronJob"])
def test_what_ends_needs_no_probes(kind: str, said: Said) -> None:
    """Jobs and init containers are asked nothing; a sidecar that is started first is."""
    bare: dict[str, Any] = {"livenessProbe": None, "readinessProbe": None}
    assert said("probes", workload(container(**bare), kind=kind)) == []
    assert said("probes", workload(pod={"initContainers": [container("first", **bare)]})) == []
    sidecar = container("sidecar", restartPolicy="Always", livenessProbe=PROBE, readinessProbe=None)
    assert said("probes", workload(pod={"initContainers": [sidecar]})) == [
        "Deployment shop/web: container sidecar has no readinessProbe; expected both; say how Kubernetes asks it"
    ]


@pytest.mark.parametrize(
    ("own", "pod", "words"),
    [
        ({**LOCKED, "runAsNonRoot": False}, {}, "may run as root (runAsNonRoot is not true)"),
        (LOCKED, {"securityContext": {}}, "may run as root (runAsNonRoot is not true)"),
        ({**LOCKED, "runAsUser": 0}, {}, "runs as user 0"),
        ({**LOCKED, "privileged": True}, {}, "is privileged"),
        (
            {"readOnlyRootFilesystem": True},
            {},
            "may gain privileges (allowPrivilegeEscalation is not false)",
        ),
        (
            None,
            {"securityContext": {"runAsUser": 0}},
            (
                "may run as root (runAsNonRoot is not true) and runs as user 0 and may gain privileges "
                "(allowPrivilegeEscalation is not false)"
            ),
        ),
    ],
)
def test_root_is_stopped(own: dict[str, Any] | None, pod: dict[str, Any], words: str, said: Said) -> None:
    """Whether the pod or the container says so, nothing runs as root or becomes it."""
    assert said("non-root", workload(container(securityContext=own), pod=pod)) == [
        (
            f"Deployment shop/web: container web {words}; expected one that is not root and cannot become it; "
            "set its securityContext"
        )
    ]


def test_operated_pods_are_not_root_either(said: Said) -> None:
    """The operator's object says it for the pod."""
    assert said("non-root", operated(securityContext=None)) == [
        (
            "Prometheus monitoring/prometheus-0: container prometheus may run as root (runAsNonRoot is not true); "
            "expected one that is not root and cannot become it; set its securityContext"
        )
    ]
    assert said("non-root", operated()) == []


def test_a_writable_root_is_stopped(said: Said) -> None:
    """Also of an init container."""
    loose = {"allowPrivilegeEscalation": False}
    found = said("read-only-root", workload(pod={"initContainers": [container("first", securityContext=loose)]}))
    assert found == [
        (
            "Deployment shop/web: container first can write to its root file system; expected "
            "readOnlyRootFilesystem: true; mount an emptyDir where it has to write"
        )
    ]
    assert said("read-only-root", workload()) == []


def test_only_the_node_exporter_sees_the_machine(said: Said) -> None:
    """The same pod is stopped under any other name, namespace or kind."""
    seeing = {"hostNetwork": True, "volumes": [{"name": "proc", "hostPath": {"path": "/proc"}}]}
    own: dict[str, Any] = {"kind": "DaemonSet", "name": "node-exporter", "namespace": "monitoring-nodes"}
    assert said("no-host", workload(pod=seeing, **own)) == []
    for changed, title in (
        ({"name": "other"}, "DaemonSet monitoring-nodes/other"),
        ({"namespace": "monitoring"}, "DaemonSet monitoring/node-exporter"),
        ({"kind": "Deployment"}, "Deployment monitoring-nodes/node-exporter"),
    ):
        assert said("no-host", workload(pod=seeing, **{**own, **changed})) == [
            (
                f"{title}: mounts /proc and has hostNetwork of the machine; expected nothing of it, as only the node "
                "exporter in monitoring-nodes sees the machine; take it away"
            )
        ]


@pytest.mark.parametrize(
    "image", ["web", "web:latest", "web:v3", "example.com:5000/web", "web:1.2", "web:main", "web@sha256:short"]
)
def test_an_image_that_moves_is_stopped(image: str, said: Said) -> None:
    """A name, a branch, or half a version means another image tomorrow."""
    assert said("pinned-images", workload(container(image=image))) == [
        (
            f'Deployment shop/web: container web has the image "{image}"; expected a tag with a whole version, or a '
            "digest; pin it in components/versions.py"
        )
    ]


@pytest.mark.parametrize(
    "image",
    [
        "web:v1.2.3",
        "example.com:5000/web:1.2.3-alpine",
        f"web@sha256:{'a' * 64}",
        f"web:1@sha256:{'a' * 64}",
        "web:RELEASE.2025-09-07T16-13-09Z",
        f"web:{'0a' * 20}",
    ],
)
def test_a_pinned_image_is_fine(image: str) -> None:
    """Versions, dates, commits and digests."""
    assert pinned(image)


def test_an_operated_server_without_an_image_is_stopped(said: Said) -> None:
    """The operator would choose one of its own; a container that only changes the operator's needs none."""
    patch = {"containers": [{"name": "config-reloader", "resources": LIMITS}]}
    assert said("pinned-images", operated(image=None, **patch)) == [
        (
            "Prometheus monitoring/prometheus-0: container prometheus has the image null; expected a tag with a whole "
            "version, or a digest; pin it in components/versions.py"
        )
    ]


def test_replicas_without_a_budget_are_stopped(said: Said) -> None:
    """One that is elsewhere, or selects others, does not help."""
    several = workload(replicas=2)
    assert said("disruption-budgets", several, budget()) == []
    assert said("disruption-budgets", workload(replicas=1)) == []
    for other in (budget(namespace="monitoring"), budget("other"), budget(selector={})):
        assert said("disruption-budgets", several, other) == [
            (
                "Deployment shop/web: 2 replicas without a PodDisruptionBudget; expected one in shop whose selector "
                "has their labels; place components.workload.disruption_budget"
            )
        ]


def test_a_budget_that_lets_all_go_is_stopped(said: Said) -> None:
    """It must keep at least one."""
    least = {"maxUnavailable": None}
    for useless in (
        {"maxUnavailable": 2},
        {"maxUnavailable": 3},
        {"maxUnavailable": "100%"},
        {"maxUnavailable": "51%"},  # of two: rounded up
        {**least, "minAvailable": 0},
        {**least, "minAvailable": "0%"},
    ):
        assert said("disruption-budgets", workload(replicas=2), budget(**useless)) == [
            (
                "PodDisruptionBudget shop/web: lets all 2 replicas of Deployment shop/web go at once; expected that "
                "some stay; lower maxUnavailable"
            )
        ]


@pytest.mark.parametrize("fine", [{"maxUnavailable": "50%"}, {"maxUnavailable": None, "minAvailable": 1}])
def test_a_budget_that_keeps_some_is_fine(fine: dict[str, Any], said: Said) -> None:
    """Whichever way it says so."""
    assert said("disruption-budgets", workload(replicas=2), budget(**fine)) == []


def test_a_volume_that_is_a_folder_of_the_machine_is_stopped(said: Said) -> None:
    """A claim would bring it into a pod that looks harmless."""
    about = {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "data"}}
    for kind in ("hostPath", "local"):
        assert said("no-host", resource({**about, "spec": {kind: {"path": "/etc"}}})) == [
            (
                "PersistentVolume data: is /etc of the machine; expected nothing of it, which a claim would bring into "
                "a pod; use a StorageClass"
            )
        ]
    assert said("no-host", resource({**about, "spec": {"csi": {"driver": "ebs.csi.aws.com"}}})) == []


def test_operated_replicas_need_a_budget_too(said: Said) -> None:
    """It selects by the labels that the operator gives its pods."""
    servers = operated("Alertmanager", "alertmanager", replicas=3)
    assert said("disruption-budgets", servers, budget("alertmanager", "monitoring")) == []
    assert said("disruption-budgets", servers) == [
        (
            "Alertmanager monitoring/alertmanager: 3 replicas without a PodDisruptionBudget; expected one in "
            "monitoring whose selector has their labels; place components.workload.disruption_budget"
        )
    ]
