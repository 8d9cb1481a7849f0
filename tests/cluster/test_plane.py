"""The ground that tests of the deployment stand on behaves as a real cluster does."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import lightkube
import pytest
from lightkube.models.batch_v1 import JobSpec
from lightkube.models.meta_v1 import ObjectMeta, OwnerReference
from lightkube.resources.batch_v1 import CronJob, Job

from tests.cluster.api import Answer, Api, Object, Refused
from tests.cluster.kubelet import end_job
from tests.cluster.plane import ControlPlane
from tests.cluster.waiting import until

CONTAINER = {"name": "main", "image": "registry.example/action:1", "command": ["true"]}
TEMPLATE = {"spec": {"containers": [CONTAINER], "restartPolicy": "Never"}}
ONCE = {"backoffLimit": 0, "template": TEMPLATE}


def cron_job(namespace: str, name: str = "restart") -> dict[str, Any]:
    """A suspended CronJob, as remediations are kept."""
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "schedule": "0 0 1 1 *",
            "suspend": True,
            "jobTemplate": {"spec": ONCE},
        },
    }


def job(namespace: str, name: str, **labels: str) -> dict[str, Any]:
    """A Job of its own."""
    metadata = {"name": name, "namespace": namespace, "labels": labels}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": ONCE}


def job_from(client: lightkube.Client, name: str) -> Job:
    """Creates a Job from the CronJob `restart` under a fixed name."""
    parent = client.get(CronJob, "restart")
    spec: JobSpec = parent.spec.jobTemplate.spec
    owner = OwnerReference(apiVersion="batch/v1", kind="CronJob", name="restart", uid=parent.metadata.uid)
    return client.create(Job(metadata=ObjectMeta(name=name, ownerReferences=[owner]), spec=spec))


def test_api_server_answers(kube: Api) -> None:
    """The server is of the pinned line and has all that its readiness asks for."""
    assert kube.call("GET", "/version").object["gitVersion"].startswith("v1.36.")
    assert kube.call("GET", "/readyz").object == {}


def test_custom_resources_are_known(kube: Api, namespace: str) -> None:
    """All kinds of prometheus-operator are served."""
    listed = kube.call("GET", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions").object["items"]
    assert {one["spec"]["names"]["kind"] for one in listed} >= {
        *("Alertmanager", "AlertmanagerConfig", "Prometheus", "PrometheusAgent", "PrometheusRule"),
        *("PodMonitor", "Probe", "ScrapeConfig", "ServiceMonitor", "ThanosRuler"),
    }
    assert kube.objects("monitoring.coreos.com/v1", "PrometheusRule", namespace) == []


@pytest.mark.parametrize(
    ("version", "kind", "spec", "says"),
    [
        ("apps/v1", "Deployment", {"replica": 2}, ".spec.replica: field not declared in schema"),
        ("monitoring.coreos.com/v1", "Prometheus", {"replica": 2}, ".spec.replica: field not declared in schema"),
    ],
)
def test_misspelt_fields_are_refused(
    kube: Api, namespace: str, version: str, kind: str, spec: Object, says: str
) -> None:
    """A field that the schema does not have is an error, for built-in and for custom kinds."""
    metadata = {"name": "shop", "namespace": namespace}
    with pytest.raises(Refused) as refusal:
        kube.apply({"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec})
    assert says in refusal.value.message


def test_unknown_kind_is_told(kube: Api, namespace: str) -> None:
    """An object of a kind that no definition has is refused by name."""
    metadata = {"name": "shop", "namespace": namespace}
    with pytest.raises(Refused) as refusal:
        kube.apply({"apiVersion": "batch/v1", "kind": "Jib", "metadata": metadata})
    assert str(refusal.value) == "404 NotFound: the server knows no Jib in batch/v1"


def test_second_job_of_the_same_name_is_refused(kube: Api, kube_client: lightkube.Client, namespace: str) -> None:
    """The name of a Job is the idempotency key of a remediation: the second is refused as AlreadyExists."""
    kube.create(cron_job(namespace))
    job_from(kube_client, "restart-inc-7-1")
    with pytest.raises(lightkube.ApiError) as refusal:
        job_from(kube_client, "restart-inc-7-1")
    assert (refusal.value.status.code, refusal.value.status.reason) == (409, "AlreadyExists")


def test_of_many_at_once_one_job_is_made(kube: Api, kube_client: lightkube.Client, namespace: str) -> None:
    """However many try at the same time, exactly one Job of a name exists."""
    kube.create(cron_job(namespace))
    # lightkube prepares a class when it first reads one, without a lock: other threads then meet a half-made class.
    job_from(kube_client, "restart-inc-6-1")

    def attempt(_: int) -> str:
        try:
            job_from(kube_client, "restart-inc-7-1")
        except lightkube.ApiError as refusal:
            return str(refusal.status.reason)
        return "made"

    with ThreadPoolExecutor(8) as threads:
        outcomes = list(threads.map(attempt, range(8)))
    assert sorted(outcomes) == ["AlreadyExists"] * 7 + ["made"]
    jobs = {one["metadata"]["name"] for one in kube.objects("batch/v1", "Job", namespace)}
    assert jobs == {"restart-inc-6-1", "restart-inc-7-1"}


def test_job_gets_a_pod_that_stays_pending(kube: Api, namespace: str) -> None:
    """Controllers are at work, nodes are not there."""
    kube.create(job(namespace, "once"))
    pod = until("a pod", lambda: kube.objects("v1", "Pod", namespace))[0]
    assert pod["metadata"]["ownerReferences"][0]["name"] == "once"
    assert pod["status"]["phase"] == "Pending"


@pytest.mark.parametrize(("succeeded", "condition"), [(True, "Complete"), (False, "Failed")])
def test_job_ends_as_its_pod_does(kube: Api, namespace: str, succeeded: bool, condition: str) -> None:
    """A test can end a Job as a node would."""
    kube.create(job(namespace, "once"))
    end_job(kube, namespace, "once", succeeded=succeeded)

    def ended() -> bool:
        status = kube.get("batch/v1", "Job", "once", namespace)["status"]
        return any(one["type"] == condition and one["status"] == "True" for one in status.get("conditions", []))

    until(condition, ended)


def test_what_an_object_owns_goes_with_it(kube: Api, kube_client: lightkube.Client, namespace: str) -> None:
    """The garbage collector deletes the Jobs of a deleted CronJob."""
    kube.create(cron_job(namespace))
    job_from(kube_client, "restart-inc-7-1")
    kube.delete("batch/v1", "CronJob", "restart", namespace)
    until("no job", lambda: not kube.objects("batch/v1", "Job", namespace))


def test_admission_policy_is_enforced(kube: Api, applied: Callable[[Object], Answer], namespace: str) -> None:
    """A ValidatingAdmissionPolicy refuses what its expression says no to, with its message."""
    api, name = "admissionregistration.k8s.io/v1", f"jobs-of-incidents-{namespace}"
    rule = {"apiGroups": ["batch"], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["jobs"]}
    expression = "has(object.metadata.labels) && 'incident' in object.metadata.labels"
    spec = {
        "failurePolicy": "Fail",
        "matchConstraints": {"resourceRules": [rule]},
        "validations": [{"expression": expression, "message": "a job names its incident"}],
    }
    where = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}}
    binding = {"policyName": name, "validationActions": ["Deny"], "matchResources": where}
    applied({"apiVersion": api, "kind": "ValidatingAdmissionPolicy", "metadata": {"name": name}, "spec": spec})
    applied(
        {"apiVersion": api, "kind": "ValidatingAdmissionPolicyBinding", "metadata": {"name": name}, "spec": binding}
    )

    def refusal() -> str | None:
        try:
            kube.apply(job(namespace, "anonymous"), dry_run=True)
        except Refused as refused:
            return refused.message
        return None

    assert "denied request: a job names its incident" in until("the policy is in force", refusal)
    kube.apply(job(namespace, "known", incident="INC-7"))


def test_pod_security_warns_and_refuses(kube: Api, new_namespace: Callable[[Mapping[str, str]], str]) -> None:
    """The level `restricted` comes as warnings where a namespace asks to be warned, as a refusal where it enforces."""
    pod = {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [CONTAINER]}}
    warned = new_namespace({"pod-security.kubernetes.io/warn": "restricted"})
    answer = kube.apply(job(warned, "root"))
    assert len(answer.warnings) == 1
    assert answer.warnings[0].startswith(
        'would violate PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "main" must set '
        "securityContext.allowPrivilegeEscalation=false), unrestricted capabilities "
    )
    assert kube.apply(cron_job(warned)).warnings == answer.warnings
    enforced = new_namespace({"pod-security.kubernetes.io/enforce": "restricted"})
    with pytest.raises(Refused) as refusal:
        kube.apply(pod | {"metadata": {"name": "root", "namespace": enforced}})
    assert (refusal.value.code, refusal.value.reason) == (403, "Forbidden")
    assert 'violates PodSecurity "restricted:latest"' in refusal.value.message


def test_service_account_may_what_its_role_says(plane: ControlPlane, kube: Api, namespace: str) -> None:
    """A token of a service account opens what is granted to it, there and nowhere else."""
    rbac = "rbac.authorization.k8s.io"
    subject = {"kind": "ServiceAccount", "name": "bot", "namespace": namespace}
    named = {"metadata": {"name": "bot", "namespace": namespace}}
    rules = [{"apiGroups": ["batch"], "resources": ["jobs"], "verbs": ["create", "get"]}]
    reference = {"apiGroup": rbac, "kind": "Role", "name": "bot"}
    kube.apply({"apiVersion": "v1", "kind": "ServiceAccount", **named})
    kube.apply({"apiVersion": f"{rbac}/v1", "kind": "Role", **named, "rules": rules})
    kube.apply(
        {"apiVersion": f"{rbac}/v1", "kind": "RoleBinding", **named, "subjects": [subject], "roleRef": reference}
    )
    with plane.api(plane.token(namespace, "bot")) as bot:
        bot.create(job(namespace, "granted"))
        assert bot.get("batch/v1", "Job", "granted", namespace)["metadata"]["name"] == "granted"
        for forbidden in (
            lambda: bot.create(job("default", "elsewhere")),
            lambda: bot.delete("batch/v1", "Job", "granted", namespace),
            lambda: bot.objects("v1", "Secret", namespace),
        ):
            with pytest.raises(Refused) as refusal:
                forbidden()
            assert refusal.value.reason == "Forbidden"
            assert f'User "system:serviceaccount:{namespace}:bot" cannot ' in refusal.value.message


def test_strangers_may_nothing(plane: ControlPlane) -> None:
    """A token that nobody gave is refused."""
    with plane.api("not-a-token") as stranger, pytest.raises(Refused) as refusal:
        stranger.objects("v1", "Namespace")
    assert refusal.value.code == 401


def test_account_that_is_not_there_gets_no_token(plane: ControlPlane, namespace: str) -> None:
    """A misspelt service account is an error, not an anonymous token."""
    with pytest.raises(Refused) as refusal:
        plane.token(namespace, "bott")
    assert str(refusal.value) == '404 NotFound: serviceaccounts "bott" not found'
