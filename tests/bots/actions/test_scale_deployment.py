"""Scaling a deployment on a real cluster."""

from tests.bots.actions.shop import Shop

TARGET = {"deployment": "checkout"}


def test_pods_are_added(shop: Shop) -> None:
    """So many as were asked for, and the result waits until they are available."""
    shop.open(replicas=1)
    request = shop.request("scale_deployment", TARGET, parameters={"add": 2, "most": 5}, incident="INC-7", attempt=1)
    result = shop.perform(request)
    where = f"deployment {shop.namespace}/checkout"
    assert result.outcome == "succeeded"
    assert result.summary == f"scaled {where} from 1 to 3 pods; 3 of 3 pods are available"
    assert [change.model_dump() for change in result.changes] == [
        {"what": f"{where}: pods", "before": "1", "after": "3"}
    ]
    assert shop.deployment()["spec"]["replicas"] == 3


def test_the_limit_holds(shop: Shop) -> None:
    """The last step is shorter, and beyond the limit nothing is added."""
    shop.open(replicas=2)
    request = shop.request("scale_deployment", TARGET, parameters={"add": 2, "most": 3}, incident="INC-7", attempt=1)
    assert shop.perform(request).outcome == "succeeded"
    assert shop.deployment()["spec"]["replicas"] == 3
    again = shop.request("scale_deployment", TARGET, parameters={"add": 2, "most": 3}, incident="INC-7", attempt=2)
    result = shop.perform(again)
    assert result.outcome == "refused"
    assert result.summary == f"deployment {shop.namespace}/checkout has 3 pods; its limit is 3"


def test_a_run_that_is_started_twice_adds_once(shop: Shop) -> None:
    """The server knows who set the number last."""
    shop.open(replicas=1)
    request = shop.request("scale_deployment", TARGET, parameters={"add": 1}, incident="INC-7", attempt=1)
    shop.perform(request)
    result = shop.perform(request)
    assert result.outcome == "succeeded"
    assert result.summary == f"deployment {shop.namespace}/checkout has 2 pods; 2 of 2 pods are available"
    assert shop.deployment()["spec"]["replicas"] == 2


def test_a_dry_run_adds_nothing(shop: Shop) -> None:
    """It says from how many to how many."""
    shop.open(replicas=1)
    request = shop.request("scale_deployment", TARGET, incident="INC-7", attempt=1, dry_run=True)
    result = shop.perform(request)
    assert result.outcome == "dry_run"
    assert result.summary == f"would scale deployment {shop.namespace}/checkout from 1 to 2 pods"
    assert shop.deployment()["spec"]["replicas"] == 1


def test_what_was_scaled_to_nothing_stays_so(shop: Shop) -> None:
    """Somebody has switched it off."""
    shop.open(replicas=1)
    path = shop.kube.path(shop.deployment())
    shop.kube.call("PATCH", path, {"spec": {"replicas": 0}}, content_type="application/merge-patch+json")
    result = shop.perform(shop.request("scale_deployment", TARGET, incident="INC-7", attempt=1))
    assert result.outcome == "refused"
    assert result.summary == f"deployment {shop.namespace}/checkout is scaled to 0 pods; somebody wants it so"
