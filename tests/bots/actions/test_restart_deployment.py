"""Restarting a deployment on a real cluster."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from alerting.actions import ACTIONS
from bots.actions import __main__ as program
from tests.bots.actions.shop import Shop

TARGET = {"deployment": "checkout"}


def test_all_pods_are_replaced_and_the_result_says_so(shop: Shop) -> None:
    """The action ends when every pod is new and available."""
    shop.open(replicas=2)
    before = {pod["metadata"]["uid"] for pod in shop.pods()}
    result = shop.perform(shop.request("restart_deployment", TARGET, incident="INC-7", attempt=1))
    after = {pod["metadata"]["uid"] for pod in shop.pods()}
    assert result.outcome == "succeeded"
    assert result.summary == f"restarted deployment {shop.namespace}/checkout; 2 of 2 pods are available"
    assert len(after) == 2
    assert not after & before
    (change,) = result.changes
    assert change.what == f"deployment {shop.namespace}/checkout: restarted"
    assert change.before == ""
    assert shop.deployment()["spec"]["template"]["metadata"]["annotations"] == {
        "kubectl.kubernetes.io/restartedAt": change.after,
        "tocsin.dev/restarted-by": "INC-7/1",
    }
    assert datetime.now(UTC) - datetime.fromisoformat(change.after) < timedelta(minutes=1)


def test_a_run_that_is_started_twice_restarts_once(shop: Shop) -> None:
    """Kubernetes may start the pod of a Job twice; the second only waits."""
    shop.open(replicas=1)
    request = shop.request("restart_deployment", TARGET, incident="INC-7", attempt=1)
    shop.perform(request)
    generation = shop.deployment()["metadata"]["generation"]
    assert shop.perform(request).outcome == "succeeded"
    assert shop.deployment()["metadata"]["generation"] == generation
    again = shop.request("restart_deployment", TARGET, incident="INC-7", attempt=2)
    assert shop.perform(again).outcome == "succeeded"
    assert shop.deployment()["metadata"]["generation"] == generation + 1


def test_a_dry_run_says_what_would_change_and_changes_nothing(shop: Shop) -> None:
    """The server checks the change all the same."""
    shop.open(replicas=2)
    generation = shop.deployment()["metadata"]["generation"]
    result = shop.perform(shop.request("restart_deployment", TARGET, incident="INC-7", attempt=1, dry_run=True))
    assert result.outcome == "dry_run"
    assert result.summary == f"would restart deployment {shop.namespace}/checkout with 2 pods"
    assert shop.deployment()["metadata"]["generation"] == generation


def test_what_cannot_be_restarted_is_refused(shop: Shop) -> None:
    """Not there, paused, or scaled to nothing."""
    where = f"deployment {shop.namespace}/checkout"
    request = shop.request("restart_deployment", TARGET, incident="INC-7", attempt=1)
    assert (shop.perform(request).outcome, shop.perform(request).summary) == ("refused", f"{where} does not exist")
    shop.open(replicas=1)
    patch = {"spec": {"paused": True}}
    path = shop.kube.path(shop.deployment())
    shop.kube.call("PATCH", path, patch, content_type="application/merge-patch+json")
    result = shop.perform(request)
    assert result.outcome == "refused"
    assert result.summary == f"{where} is paused; nothing would be restarted; resume its rollout first"
    patch = {"spec": {"paused": False, "replicas": 0}}
    shop.kube.call("PATCH", path, patch, content_type="application/merge-patch+json")
    assert shop.perform(request).summary == f"{where} is scaled to 0 pods; there is nothing to restart"


def test_another_target_than_the_policies_name_is_forbidden(shop: Shop) -> None:
    """The role of the job knows the names of its targets."""
    shop.open("checkout", 1)
    shop.perform(shop.request("restart_deployment", TARGET))
    shop.open("cart", 1)
    request = shop.request("restart_deployment", {"deployment": "cart"})
    kubeconfig = shop.plane.folder / f"{shop.namespace}-restart_deployment.kubeconfig"
    result = program.run(
        ACTIONS["restart_deployment"],
        request,
        {"KUBECONFIG": str(kubeconfig)},
        datetime.now(UTC),
        fail_on_findings=False,
    )
    assert result.outcome == "refused"
    assert result.summary == (
        f'deployment {shop.namespace}/cart: deployments.apps "cart" is forbidden: User '
        f'"system:serviceaccount:{shop.namespace}:restart-deployment" cannot get resource "deployments" in API group '
        f'"apps" in the namespace "{shop.namespace}"'
    )


def test_pods_that_do_not_become_ready_are_told_when_time_is_up(shop: Shop) -> None:
    """The change was made; what was seen last is in the summary."""
    shop.open(replicas=1)
    shop.node.ready = lambda pod: False
    hurried = replace(ACTIONS["restart_deployment"], limit_s=32)
    request = shop.request("restart_deployment", TARGET, incident="INC-7", attempt=1)
    environment = {"KUBECONFIG": shop.kubeconfig(request)}
    result = program.run(hurried, request, environment, datetime.now(UTC), fail_on_findings=False)
    assert result.outcome == "timed_out"
    assert result.summary == (
        f"deployment {shop.namespace}/checkout was changed, but its rollout has not ended: 1 old pods are still there"
    )
