"""Looking at a deployment of a real cluster: its state, events, usage and logs."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from alerting.actions import ACTIONS
from bots.actions.__main__ import run
from bots.actions.result import MAX_OUTPUT
from tests.bots.actions.shop import Shop, deployment
from tests.cluster.waiting import until

TARGET = {"deployment": "checkout"}


def crash(shop: Shop) -> str:
    """Makes the first pod one that ends again and again, and gives its name."""
    pod = shop.pods()[0]
    name = pod["metadata"]["name"]
    ended = {"exitCode": 137, "reason": "OOMKilled", "finishedAt": "2026-01-05T10:00:00Z"}
    state = {
        "name": "main",
        "image": "x",
        "imageID": "",
        "ready": False,
        "restartCount": 4,
        "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 40s"}},
        "lastState": {"terminated": ended},
    }
    conditions = [{"type": "Ready", "status": "False", "reason": "ContainersNotReady", "message": "main is not ready"}]
    status = {"status": {"containerStatuses": [state], "conditions": conditions}}
    shop.kube.call(
        "PATCH",
        f"/api/v1/namespaces/{shop.namespace}/pods/{name}/status",
        status,
        content_type="application/merge-patch+json",
    )
    until("one pod less", lambda: shop.deployment()["status"].get("availableReplicas", 0) < 2)
    return str(name)


def test_a_crashing_pod_is_found_described_and_its_log_before_the_crash_shown(shop: Shop) -> None:
    """What a person would look at first, in one text, the sickest pod first."""
    shop.open(replicas=2)
    name = crash(shop)
    shop.node.logs[name, "main"] = "starting\n"
    shop.node.logs[name, "main previous"] = "loading 80 GB\nout of memory, password=hunter2hunter2\n"
    result = shop.perform(shop.request("run_diagnostics", TARGET, incident="INC-7", attempt=1))
    assert result.outcome == "succeeded"
    assert result.changes == ()
    assert set(result.findings) == {
        "deployment checkout: 1 of 2 pods are available",
        f"pod {name}: container main waits: CrashLoopBackOff",
        f"pod {name}: container main used more memory than its limit",
        f"pod {name}: container main was started again 4 times",
    }
    assert result.summary.startswith(f"looked at deployment {shop.namespace}/checkout and its 2 pods: ")
    output = result.output
    assert f"deployment {shop.namespace}/checkout, made " in output
    assert "  container main: registry.example/shop/checkout:1.4.2 (requests cpu 100m; limits memory 64Mi)" in output
    assert "  container main: waits (CrashLoopBackOff: back-off 40s), not ready, 4 restarts" in output
    assert "    before: ended with 137 (OOMKilled) at 2026-01-05T10:00:00Z" in output
    assert "  Ready=False ContainersNotReady: main is not ready" in output
    assert re.search(r"Normal ScalingReplicaSet deployment checkout: Scaled up replica set", output)
    assert re.search(r"Normal SuccessfulCreate replicaset checkout-\w+: Created pod", output)
    assert f"log of {name} main before its last start:\nloading 80 GB\nout of memory, password=[hidden]" in output
    assert f"log of {name} main:\nstarting" in output
    assert output.index(f"pod {name}: Running") < output.rindex("pod checkout-")


def test_scheduled_diagnostics_fail_when_something_is_wrong(shop: Shop) -> None:
    """A failed Job is an alert of the catalogue."""
    shop.open(replicas=2)
    request = shop.request("run_diagnostics", TARGET)
    result = shop.perform(request, fail_on_findings=True)
    assert (result.outcome, result.findings) == ("succeeded", ())
    assert result.summary == (
        f"looked at deployment {shop.namespace}/checkout and its 2 pods: nothing is wrong with its pods"
    )
    crash(shop)
    assert shop.perform(request, fail_on_findings=True).exit_code == 1


def test_output_is_bounded_and_keeps_the_ends_of_logs(shop: Shop) -> None:
    """Every log gets an equal part, of which the newest lines are kept; `lines` bounds what is read."""
    shop.open(replicas=2)
    for pod in shop.pods():
        text = "".join(f"{number} {'x' * 200}\n" for number in range(1000))
        shop.node.logs[pod["metadata"]["name"], "main"] = text
    result = shop.perform(shop.request("run_diagnostics", TARGET, parameters={"lines": 500}))
    assert len(result.output) <= MAX_OUTPUT
    for pod in shop.pods():
        log = result.output.split(f"log of {pod['metadata']['name']} main:\n")[1].split("\n\nlog of")[0]
        assert log.startswith("…\n")
        assert log.endswith(f"999 {'x' * 200}")
    few = shop.perform(shop.request("run_diagnostics", TARGET, parameters={"lines": 2}))
    assert len(re.findall(r"^99\d x", few.output, flags=re.MULTILINE)) == 4


@pytest.fixture
def metrics(shop: Shop) -> Any:
    """The metrics API, served by the API server itself from objects of its kind."""
    group, plural = "metrics.k8s.io", "pods"
    name = f"{plural}.{group}"
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    approved = {"api-approved.kubernetes.io": "unapproved, for tests"}
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": name, "annotations": approved},
        "spec": {
            "group": group,
            "names": {"plural": plural, "kind": "PodMetrics"},
            "scope": "Namespaced",
            "versions": [{"name": "v1beta1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}],
        },
    }
    shop.kube.apply(definition)

    def served() -> bool:
        found = shop.kube.get("apiextensions.k8s.io/v1", "CustomResourceDefinition", name)
        return any(
            one["type"] == "Established" and one["status"] == "True"
            for one in found.get("status", {}).get("conditions") or []
        )

    until("metrics", served)
    yield
    shop.kube.delete("apiextensions.k8s.io/v1", "CustomResourceDefinition", name)


def test_usage_is_shown_where_the_cluster_measures_it(shop: Shop, metrics: None) -> None:
    """As `kubectl top pods --containers` does."""
    shop.open(replicas=1)
    (pod,) = shop.pods()
    name = pod["metadata"]["name"]
    about = {"name": name, "namespace": shop.namespace, "labels": {"app": "checkout"}}
    usage = {"name": "main", "usage": {"cpu": "250m", "memory": "61Mi"}}
    shop.kube.create(
        {"apiVersion": "metrics.k8s.io/v1beta1", "kind": "PodMetrics", "metadata": about, "containers": [usage]}
    )
    result = shop.perform(shop.request("run_diagnostics", TARGET))
    assert f"usage:\n{name} main: cpu 250m, memory 61Mi" in result.output


def test_a_cluster_that_does_not_say_what_is_used_is_looked_at_all_the_same(shop: Shop) -> None:
    """Here because the job may not ask; without a metrics API the answer is the same."""
    shop.open(replicas=1)
    request = shop.request("run_diagnostics", TARGET)
    config = {"KUBECONFIG": shop.kubeconfig(request)}
    role = shop.kube.get("rbac.authorization.k8s.io/v1", "Role", "tocsin-run-diagnostics", shop.namespace)
    role["rules"] = [rule for rule in role["rules"] if rule["apiGroups"] != ["metrics.k8s.io"]]
    shop.kube.call("PUT", shop.kube.path(role), role)

    def output() -> str | None:
        found = run(ACTIONS["run_diagnostics"], request, config, datetime.now(UTC), fail_on_findings=False).output
        return (
            found
            if "usage:\nnot measured: the cluster has no metrics API, or this job may not read it" in found
            else None
        )

    assert "deployment checkout" in until("the changed role", output)


def test_no_pods_at_all_is_a_finding(shop: Shop) -> None:
    """What the controller says about why there are none is in the events and conditions."""
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "none", "namespace": shop.namespace}}
    shop.kube.create(quota | {"spec": {"hard": {"pods": "0"}}})
    until(
        "a quota in force",
        lambda: shop.kube.get("v1", "ResourceQuota", "none", shop.namespace).get("status", {}).get("hard"),
    )
    shop.kube.apply(deployment(shop.namespace, "checkout", 1))
    until(
        "a condition",
        lambda: any(
            one["type"] == "ReplicaFailure" for one in shop.deployment().get("status", {}).get("conditions") or []
        ),
    )
    result = shop.perform(shop.request("run_diagnostics", TARGET))
    assert result.findings == ("deployment checkout: 0 of 1 pods are new",)
    assert "ReplicaFailure=True FailedCreate: pods " in result.output
    assert "exceeded quota: none" in result.output
