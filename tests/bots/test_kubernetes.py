"""Remediation jobs made by the bot's own code on a real API server, with the bot's own rights."""

import json
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import lightkube
import pytest

from alerting.remediations import Target
from bots.errors import Unreachable
from bots.kubernetes.runner import KubernetesRunner
from bots.outcome import Outcome
from tests.bots.actions.shop import Shop
from tests.bots.ward import BOT, Ward, run_of
from tests.cluster.api import Api, Refused
from tests.cluster.node import Node
from tests.cluster.plane import ControlPlane
from tests.cluster.waiting import until


@pytest.fixture
def shop(plane: ControlPlane, kube: Api, node: Node, namespace: str) -> Shop:
    """What is remedied."""
    return Shop(plane=plane, kube=kube, node=node, namespace=namespace)


@pytest.fixture
def ward(plane: ControlPlane, kube: Api, shop: Shop) -> Iterator[Ward]:
    """Where the jobs are; in these tests in the shop's own namespace."""
    checkout = Target(shop.namespace, "deployment", "checkout")
    actions = ("restart_deployment", "scale_deployment", "run_diagnostics")
    with Ward(
        plane=plane, kube=kube, namespace=shop.namespace, targets={action: [checkout] for action in actions}
    ) as here:
        yield here


def target(shop: Shop) -> dict[str, str]:
    """The deployment of the shop."""
    return {"namespace": shop.namespace, "deployment": "checkout"}


def done(runner: KubernetesRunner, run: Any) -> Outcome:
    """Begins and ends a run."""
    assert runner.begin(run) is None
    return runner.apply(run)


def test_an_action_runs_as_a_job_and_its_result_comes_back(shop: Shop, ward: Ward) -> None:
    """From the bot's request through admission, the job's own account and its log, to what is recorded."""
    shop.open(replicas=1)
    run = run_of("scale_deployment", target(shop), add=2, most=5)
    ended = done(ward.runner(), run)
    assert ended == Outcome(
        outcome="succeeded",
        exit_code=0,
        detail=f"scaled deployment {shop.namespace}/checkout from 1 to 3 pods; 3 of 3 pods are available",
    )
    assert shop.deployment()["spec"]["replicas"] == 3
    assert ward.jobs() == ["inc-7-1"]
    job = ward.kube.get("batch/v1", "Job", "inc-7-1", ward.namespace)
    assert job["metadata"]["labels"]["tocsin.dev/incident"] == "INC-7"
    assert job["metadata"]["ownerReferences"][0]["name"] == "scale-deployment"
    spec = {name: job["spec"][name] for name in ("backoffLimit", "ttlSecondsAfterFinished", "activeDeadlineSeconds")}
    assert spec == {"backoffLimit": 0, "ttlSecondsAfterFinished": 86_400, "activeDeadlineSeconds": 600}
    assert ward.lease()["spec"].get("holderIdentity", "") == ""


def test_what_diagnostics_find_comes_back_too(shop: Shop, ward: Ward) -> None:
    """It needs no lock, since it changes nothing."""
    shop.open(replicas=1)
    (pod,) = shop.pods()
    shop.node.logs[pod["metadata"]["name"], "main"] = "ready to serve\n"
    ended = done(ward.runner(), run_of("run_diagnostics", target(shop), lines=50))
    assert ended.outcome == "succeeded"
    assert "ready to serve" in ended.output
    assert ward.kube.objects("coordination.k8s.io/v1", "Lease", ward.namespace) == []


def test_twice_at_once_makes_one_job_and_acts_once(shop: Shop, ward: Ward) -> None:
    """However often the same attempt is begun, by however many: all of them tell the same end."""
    shop.open(replicas=1)
    run = run_of("scale_deployment", target(shop), add=1)
    runners = [ward.runner() for _ in range(4)]
    with ThreadPoolExecutor(len(runners)) as threads:
        outcomes = list(threads.map(lambda runner: done(runner, run), runners))
    assert len(set(outcomes)) == 1
    assert outcomes[0].outcome == "succeeded"
    assert ward.jobs() == ["inc-7-1"]
    assert shop.deployment()["spec"]["replicas"] == 2


def test_a_second_incident_waits_for_the_target(shop: Shop, ward: Ward) -> None:
    """It is told who works on it, and may begin when that has ended, whatever the action."""
    shop.open(replicas=1)
    shop.node.runs = False
    second = run_of("scale_deployment", target(shop), incident=8)
    waits = f"namespace {shop.namespace}, deployment checkout is being worked on by inc-7-1"
    with background(ward, run_of("restart_deployment", target(shop))) as first:
        with pytest.raises(Unreachable) as caught:
            ward.runner().begin(second)
        assert str(caught.value) == waits
        assert (caught.value.unknown, caught.value.alone, caught.value.after_s) == (False, True, 10.0)
        shop.node.runs = True
        assert first.result(60).outcome == "succeeded"
    assert done(ward.runner(), second).outcome == "succeeded"
    assert ward.jobs() == ["inc-7-1", "inc-8-1"]


@contextmanager
def background(ward: Ward, run: Any, runner: KubernetesRunner | None = None) -> Iterator[Future[Outcome]]:
    """A run that has its Job, and whose end is waited for in the background."""
    runs = runner or ward.runner()
    assert runs.begin(run) is None
    with ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(runs.apply, run)
        until("the job", lambda: "inc-7-1" in ward.jobs())
        yield waiting


def test_of_many_that_want_a_free_target_one_gets_it(shop: Shop, ward: Ward) -> None:
    """Those who saw the lock free at the same time lose against the first to write."""
    runs = [run_of("restart_deployment", target(shop), incident=number) for number in range(1, 7)]
    runners = [ward.runner() for _ in runs]  # one after the other: they share the file of their credentials

    def begin(runner: KubernetesRunner, run: Any) -> str:
        try:
            runner.begin(run)
        except Unreachable:
            return "waits"
        return "begins"

    for _ in range(2):  # when there is no lock yet, and when one was given back
        with ThreadPoolExecutor(6) as threads:
            assert sorted(threads.map(begin, runners, runs)) == ["begins"] + ["waits"] * 5
        ward.hold("")


def test_a_lock_whose_holder_is_over_is_taken(shop: Shop, ward: Ward) -> None:
    """It has held the lock longer than any Job lasts, or its Job has ended and it did not give the lock back."""
    shop.open(replicas=1)
    first = run_of("restart_deployment", target(shop))
    second = run_of("restart_deployment", target(shop), incident=8)
    assert ward.runner().begin(first) is None
    with pytest.raises(Unreachable):
        ward.runner(now=datetime.now(UTC) + timedelta(seconds=900 + 240 - 5)).begin(second)
    assert ward.runner(now=datetime.now(UTC) + timedelta(seconds=900 + 240 + 5)).begin(second) is None
    assert ward.lease()["spec"]["holderIdentity"] == "inc-8-1"
    assert ward.runner().apply(second).outcome == "succeeded"
    third = run_of("restart_deployment", target(shop), incident=9)
    ward.hold("inc-8-1")
    assert ward.runner().begin(third) is None
    assert ward.lease()["spec"]["holderIdentity"] == "inc-9-1"


def test_a_restarted_bot_finds_the_job_that_it_began(shop: Shop, ward: Ward) -> None:
    """Whether it runs still or has ended; where there is none, nobody knows."""
    shop.open(replicas=1)
    shop.node.runs = False
    run = run_of("restart_deployment", target(shop))
    assert ward.runner().find(run) is None
    stopped = ward.runner()
    with background(ward, run, stopped) as waiting:
        stopped.stop()
        with pytest.raises(Unreachable) as caught:
            waiting.result(30)
    assert str(caught.value) == "the bot stops; the Job is looked for after its start"
    assert (caught.value.unknown, caught.value.alone) == (True, True)
    shop.node.runs = True
    found = ward.runner().find(run)
    assert found is not None
    assert found.outcome == "succeeded"
    assert ward.runner().find(run) == found
    assert ward.lease()["spec"].get("holderIdentity", "") == ""


def test_a_dry_run_is_a_job_that_changes_nothing(shop: Shop, ward: Ward) -> None:
    """With the rights and through the admission of a real one."""
    shop.open(replicas=1)
    ended = done(ward.runner(), run_of("scale_deployment", target(shop), dry_run=True))
    assert (ended.outcome, ended.exit_code) == ("dry_run", 0)
    assert ended.detail == f"would scale deployment {shop.namespace}/checkout from 1 to 2 pods"
    assert shop.deployment()["spec"]["replicas"] == 1


def test_refusals_come_back_as_the_action_said_them(shop: Shop, ward: Ward) -> None:
    """A target that is not there, one that no policy names, an action that is none, a template that is gone."""
    shop.node.watched.add(shop.namespace)
    runner = ward.runner()
    ended = done(runner, run_of("restart_deployment", target(shop)))
    assert ended == Outcome(
        outcome="refused", exit_code=3, detail=f"deployment {shop.namespace}/checkout does not exist"
    )
    other = run_of("restart_deployment", {"namespace": shop.namespace, "deployment": "secret-store"}, attempt=2)
    assert 'deployments.apps "secret-store" is forbidden' in done(runner, other).detail
    unknown = runner.begin(run_of("format_disks", target(shop), attempt=3))
    assert unknown == Outcome(outcome="refused", exit_code=None, detail="no action format_disks")
    ward.kube.delete("batch/v1", "CronJob", "restart-pod", ward.namespace)
    gone = runner.begin(run_of("restart_pod", {"namespace": shop.namespace, "pod": "x"}, attempt=4))
    assert gone is not None
    assert gone.detail == ('template restart-pod or the lock on its target: cronjobs.batch "restart-pod" not found')


def test_a_name_that_is_taken_by_another_request_is_refused(shop: Shop, ward: Ward) -> None:
    """As after records were lost and numbers began anew."""
    shop.open(replicas=1)
    runner = ward.runner()
    done(runner, run_of("restart_deployment", target(shop)))
    again = done(runner, run_of("scale_deployment", target(shop)))
    assert again.outcome == "refused"
    assert again.detail == f"Job {ward.namespace}/inc-7-1 exists already and was asked for something else"


def test_a_pod_that_never_starts_is_told_with_the_reason(shop: Shop, ward: Ward) -> None:
    """When the Job's own time is up, which takes the pod away."""
    shop.open(replicas=1)
    shop.node.runs = False
    path = f"/apis/batch/v1/namespaces/{ward.namespace}/cronjobs/restart-deployment"
    patch = {"spec": {"jobTemplate": {"spec": {"activeDeadlineSeconds": 10}}}}
    ward.kube.call("PATCH", path, patch, content_type="application/merge-patch+json")
    ward.unbind()

    def pods() -> list[dict[str, Any]]:
        listed = ward.kube.objects("v1", "Pod", ward.namespace)
        return [one for one in listed if "batch.kubernetes.io/job-name" in one["metadata"]["labels"]]

    with background(ward, run_of("restart_deployment", target(shop))) as waiting:
        pod = until("its pod", lambda: [one for one in pods() if one["spec"].get("nodeName")])[0]
        state = {"name": "action", "image": "x", "imageID": "", "ready": False, "restartCount": 0}
        pulls = {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}
        status = {"status": {"containerStatuses": [state | {"state": pulls}]}}
        place = f"/api/v1/namespaces/{ward.namespace}/pods/{pod['metadata']['name']}/status"
        ward.kube.call("PATCH", place, status, content_type="application/merge-patch+json")
        ended = waiting.result(60)
    assert ended == Outcome(
        outcome="timed_out",
        exit_code=None,
        detail="Job was active longer than specified deadline; its pod waited: ImagePullBackOff: no such image",
    )


def test_a_job_that_somebody_deletes_ends_as_failed(shop: Shop, ward: Ward) -> None:
    """And gives the lock back."""
    shop.open(replicas=1)
    shop.node.runs = False
    with background(ward, run_of("restart_deployment", target(shop))) as waiting:
        ward.kube.delete("batch/v1", "Job", "inc-7-1", ward.namespace)
        ended = waiting.result(30)
    assert ended == Outcome(outcome="failed", exit_code=None, detail="its Job was deleted while it ran")
    assert ward.lease()["spec"].get("holderIdentity", "") == ""


def test_an_api_server_that_is_away_is_tried_again_later(plane: ControlPlane, tmp_path: Any) -> None:
    """Nothing was begun: neither the lock nor the Job."""
    kubeconfig = json.loads(plane.kubeconfig.read_text())
    kubeconfig["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:1"
    (tmp_path / "away").write_text(json.dumps(kubeconfig))
    config = lightkube.KubeConfig.from_file(tmp_path / "away")
    runner = KubernetesRunner(config, "tocsin-remediation", lambda: datetime.now(UTC), poll_s=0.01)
    run = run_of("restart_deployment", {"namespace": "shop", "deployment": "checkout"})
    for attempt in (runner.begin, runner.apply):
        with pytest.raises(Unreachable) as caught:
            attempt(run)
        assert str(caught.value) == "the API server: ConnectError: [Errno 111] Connection refused"
        assert caught.value.unknown is False


def test_the_bot_may_do_nothing_else(shop: Shop, ward: Ward) -> None:
    """Its account reads no secret, changes no template, starts no pod, and has no right outside its namespace."""
    shop.open(replicas=1)
    path = f"/apis/batch/v1/namespaces/{ward.namespace}"
    core = f"/api/v1/namespaces/{ward.namespace}"
    with plane_api(ward) as bot:
        for method, where, body in (
            ("GET", f"{core}/secrets", None),
            ("GET", f"{core}/configmaps", None),
            ("GET", f"{path}/cronjobs", None),
            ("PATCH", f"{path}/cronjobs/restart-pod", {"spec": {"suspend": False}}),
            ("POST", f"{path}/cronjobs", {"metadata": {"name": "x"}}),
            ("POST", f"{core}/pods", {"metadata": {"name": "x"}}),
            ("POST", f"{core}/pods/x/exec", None),
            ("DELETE", f"{path}/jobs/inc-7-1", None),
            ("PATCH", f"/apis/apps/v1/namespaces/{ward.namespace}/deployments/checkout", {"spec": {}}),
            ("POST", f"{core}/serviceaccounts/restart-deployment/token", {}),
            ("POST", "/apis/batch/v1/namespaces/default/jobs", {"metadata": {"name": "x"}}),
            ("GET", "/apis/batch/v1/namespaces/default/cronjobs/x", None),
            ("GET", "/api/v1/nodes", None),
        ):
            with pytest.raises(Refused) as refusal:
                bot.call(
                    method,
                    where,
                    body,
                    content_type="application/merge-patch+json" if method == "PATCH" else "application/json",
                )
            assert refusal.value.reason == "Forbidden", where
        evil = ward.job("restart-pod", "inc-9-1")
        evil["spec"]["template"]["spec"]["containers"][0]["command"] = ["sh"]
        with pytest.raises(Refused) as refusal:
            bot.create(evil)
        assert ward.policy in refusal.value.message


def plane_api(ward: Ward) -> Api:
    """The API server for the bot's account."""
    return ward.plane.api(ward.plane.token(ward.namespace, BOT))
