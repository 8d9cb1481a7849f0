"""What the API server admits in the namespace of remediations, and what it refuses."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from alerting.actions import ACTIONS
from alerting.job_names import template_name
from alerting.remediations import Target
from components.remediation import Look
from tests.bots.ward import Ward
from tests.cluster.api import Api
from tests.cluster.plane import ControlPlane
from tests.cluster.waiting import until


@pytest.fixture
def ward(plane: ControlPlane, kube: Api, namespace: str) -> Iterator[Ward]:
    """As `pulumi up` makes it."""
    checkout = Target(namespace, "deployment", "checkout")
    look = Look(target=checkout, schedule="17 */6 * * *", request='{"action":"run_diagnostics"}')
    with Ward(plane=plane, kube=kube, namespace=namespace, looks=[look]) as here:
        yield here


@pytest.mark.parametrize("action", ACTIONS)
def test_a_job_as_its_template_is_admitted(ward: Ward, action: str) -> None:
    """With any request, which is all that a job may add."""
    job = ward.job(template_name(action))
    assert ward.refusal(job) == ""
    job["spec"]["template"]["metadata"]["annotations"] = {"tocsin.dev/request": '{"action": "x"}'}
    assert ward.refusal(job) == ""


def container(job: dict[str, Any]) -> dict[str, Any]:
    """The one of the job."""
    found: dict[str, Any] = job["spec"]["template"]["spec"]["containers"][0]
    return found


def pod(job: dict[str, Any]) -> dict[str, Any]:
    """The pod's spec."""
    found: dict[str, Any] = job["spec"]["template"]["spec"]
    return found


def about(job: dict[str, Any]) -> dict[str, Any]:
    """The pod's metadata."""
    found: dict[str, Any] = job["spec"]["template"]["metadata"]
    return found


Change = Callable[[dict[str, Any]], object]
AS_TEMPLATE = "image, command, account and everything else of a Job's pod are as in its template"
NUMBERS = "activeDeadlineSeconds, backoffLimit, ttlSecondsAfterFinished, parallelism, completions of a Job are as in"
CHANGES: dict[str, tuple[Change, str]] = {
    "another image": (lambda job: container(job).update(image="registry.example/evil:1"), AS_TEMPLATE),
    "another command": (lambda job: container(job).update(command=["sh", "-c", "id"]), AS_TEMPLATE),
    "another action": (lambda job: container(job)["command"].__setitem__(3, "restart_pod"), AS_TEMPLATE),
    "arguments": (lambda job: container(job).update(args=["--evil"]), AS_TEMPLATE),
    "another account": (lambda job: pod(job).update(serviceAccountName="restart-pod"), AS_TEMPLATE),
    "one variable more": (
        lambda job: container(job)["env"].append({"name": "PYTHONPATH", "value": "/tmp"}),
        AS_TEMPLATE,
    ),
    "a volume": (lambda job: pod(job).update(volumes=[{"name": "x", "secret": {"secretName": "y"}}]), AS_TEMPLATE),
    "a second container": (lambda job: pod(job)["containers"].append({"name": "x", "image": "y"}), AS_TEMPLATE),
    "a first container": (lambda job: pod(job).update(initContainers=[{"name": "x", "image": "y"}]), AS_TEMPLATE),
    "the network of the node": (lambda job: pod(job).update(hostNetwork=True), AS_TEMPLATE),
    "root": (lambda job: pod(job)["securityContext"].update(runAsNonRoot=False, runAsUser=0), AS_TEMPLATE),
    "a node of its choice": (lambda job: pod(job).update(nodeName="control-plane"), AS_TEMPLATE),
    "no limits": (lambda job: container(job).pop("resources"), AS_TEMPLATE),
    "more time": (lambda job: job["spec"].update(activeDeadlineSeconds=86_400), NUMBERS),
    "no end": (lambda job: job["spec"].pop("activeDeadlineSeconds"), NUMBERS),
    "more tries": (lambda job: job["spec"].update(backoffLimit=6), NUMBERS),
    "many at once": (lambda job: job["spec"].update(parallelism=50, completions=50), NUMBERS),
    "never deleted": (lambda job: job["spec"].pop("ttlSecondsAfterFinished"), NUMBERS),
    "other labels": (
        lambda job: about(job)["labels"].update({"app.kubernetes.io/name": "clear-cache"}),
        "the labels of a Job's pod are those of its template",
    ),
    "a label more": (
        lambda job: about(job)["labels"].update({"inject": "yes"}),
        "the labels of a Job's pod are those of its template",
    ),
    "an annotation more": (
        lambda job: about(job).update(annotations={"inject": "yes"}),
        "the only annotation of a Job's pod is tocsin.dev/request",
    ),
    "a long request": (
        lambda job: about(job).update(annotations={"tocsin.dev/request": "x" * 9_000}),
        "a request has at most 8192 bytes",
    ),
    "somebody else's controller": (
        lambda job: job["spec"].update(managedBy="example.com/evil"),
        "a Job has neither a selector of its own nor podFailurePolicy",
    ),
}


def test_every_change_of_a_template_is_refused_with_its_reason(ward: Ward) -> None:
    """One change at a time, each of which could be used to do something else."""
    for name, (change, reason) in CHANGES.items():
        job = ward.job("restart-deployment")
        change(job)
        said = ward.refusal(job)
        assert f"ValidatingAdmissionPolicy '{ward.policy}'" in said, f"{name}: {said!r}"
        assert f"denied request: {reason}" in said, f"{name}: {said}"


def test_a_job_that_names_no_template_is_refused(ward: Ward) -> None:
    """Nor one that is named like a template of which there is none, nor by another one's name."""
    reason = (
        "denied request: a Job names its template in the label tocsin.dev/template: one of clear-cache, "
        "look-by-schedule, restart-deployment, restart-pod, run-diagnostics, scale-deployment"
    )
    bare = ward.job("restart-deployment")
    bare["metadata"]["labels"] = {}
    assert reason in ward.refusal(bare)
    assert reason in ward.refusal(ward.job("restart-deployment", **{"tocsin.dev/template": "unknown"}))
    other = ward.job("restart-deployment", **{"tocsin.dev/template": "restart-pod"})
    assert f"denied request: {AS_TEMPLATE}" in ward.refusal(other)


def test_the_policy_is_made_anew_and_holds(ward: Ward) -> None:
    """As when a stack is destroyed and provisioned again; a kind that it watched would be lost to the API server."""
    policies = [one for one in ward.manifests() if "namespace" not in one["metadata"]]
    assert [one["kind"] for one in policies] == ["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"]
    changed = ward.job("restart-deployment")
    container(changed)["image"] = "registry.example/evil:1"
    for one in reversed(policies):
        ward.kube.delete(one["apiVersion"], one["kind"], one["metadata"]["name"])
    until("no policy", lambda: ward.refusal(changed) == "")
    for one in policies:
        ward.kube.apply(one)
    until("the policy", lambda: AS_TEMPLATE in ward.refusal(changed))
    assert ward.refusal(ward.job("restart-deployment")) == ""


def test_the_server_finds_no_fault_with_the_expressions(ward: Ward) -> None:
    """It checks them against the types of Jobs and says so in the policy's status."""

    def checked() -> dict[str, Any] | None:
        found = ward.kube.get("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy", ward.policy)
        status: dict[str, Any] = found.get("status", {})
        return status if status.get("observedGeneration") == found["metadata"]["generation"] else None

    assert until("the status", checked).get("typeChecking", {}) == {}


def test_jobs_by_schedule_are_admitted_too(ward: Ward) -> None:
    """The CronJob controller makes them; the bot's Jobs from them are as the template as well."""
    (name,) = (
        one["metadata"]["name"]
        for one in ward.kube.objects("batch/v1", "CronJob", ward.namespace)
        if not one["spec"]["suspend"]
    )
    assert name.startswith(f"look-at-{ward.namespace}-checkout-")
    assert ward.refusal(ward.job(name)) == ""


def test_other_namespaces_are_left_alone(ward: Ward, new_namespace: Callable[[dict[str, str]], str]) -> None:
    """What others do there is not the business of these policies."""
    elsewhere = new_namespace({})
    job = ward.job("restart-deployment")
    container(job)["image"] = "registry.example/other:1"
    job["metadata"] = {"name": "other", "namespace": elsewhere}
    ward.kube.call("POST", f"/apis/batch/v1/namespaces/{elsewhere}/jobs", job, {"dryRun": "All"})
