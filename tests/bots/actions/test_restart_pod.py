"""Restarting one pod on a real cluster."""

from datetime import UTC, datetime, timedelta

from tests.bots.actions.shop import IMAGE, Shop
from tests.cluster.waiting import until


def test_one_pod_is_replaced_and_the_others_stay(shop: Shop) -> None:
    """The controller makes a new one; the result names it."""
    shop.open(replicas=2)
    ill, well = (pod["metadata"]["name"] for pod in shop.pods())
    (owner,) = shop.pods()[0]["metadata"]["ownerReferences"]
    result = shop.perform(shop.request("restart_pod", {"pod": ill}, incident="INC-7", attempt=1))
    assert result.outcome == "succeeded"
    assert result.summary == f"deleted pod {shop.namespace}/{ill}; ReplicaSet {owner['name']} replaces it"
    names = until("a new pod", lambda: {pod["metadata"]["name"] for pod in shop.pods()})
    assert well in names
    assert ill not in names


def test_a_dry_run_deletes_nothing(shop: Shop) -> None:
    """The server would have let it."""
    shop.open(replicas=1)
    (pod,) = shop.pods()
    name = pod["metadata"]["name"]
    result = shop.perform(shop.request("restart_pod", {"pod": name}, incident="INC-7", attempt=1, dry_run=True))
    owner = pod["metadata"]["ownerReferences"][0]["name"]
    assert result.outcome == "dry_run"
    assert result.summary == f"would delete pod {shop.namespace}/{name} for ReplicaSet {owner} to replace"
    assert [one["metadata"]["uid"] for one in shop.pods()] == [pod["metadata"]["uid"]]


def test_a_pod_that_was_made_after_the_request_is_left_alone(shop: Shop) -> None:
    """As the pod of a StatefulSet keeps its name, a second start of the job would end the new one."""
    shop.open(replicas=1)
    (pod,) = shop.pods()
    earlier = datetime.now(UTC) - timedelta(minutes=5)
    request = shop.request("restart_pod", {"pod": pod["metadata"]["name"]}, incident="INC-7", attempt=1, at=earlier)
    result = shop.perform(request)
    assert result.outcome == "succeeded"
    made = pod["metadata"]["creationTimestamp"]
    name = pod["metadata"]["name"]
    assert result.summary == f"pod {shop.namespace}/{name} was replaced already, at {made}; it was left alone"
    assert [one["metadata"]["uid"] for one in shop.pods()] == [pod["metadata"]["uid"]]


def test_a_pod_that_nobody_would_replace_is_refused(shop: Shop) -> None:
    """And so is one that is not there."""
    request = shop.request("restart_pod", {"pod": "lonely"}, incident="INC-7", attempt=1)
    where = f"pod {shop.namespace}/lonely"
    result = shop.perform(request)
    assert result.outcome == "refused"
    assert result.summary == f"{where} does not exist; it may have been replaced already"
    pod = {"containers": [{"name": "main", "image": IMAGE}]}
    metadata = {"name": "lonely", "namespace": shop.namespace}
    shop.kube.create({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": pod})
    result = shop.perform(request)
    assert result.outcome == "refused"
    assert result.summary == f"{where} has no controller; nothing would make a new one"
