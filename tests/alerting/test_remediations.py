"""What the policies bind to actions."""

from dataclasses import replace
from pathlib import Path

from alerting.alert_windows import longest_window
from alerting.model.action import RemediationBinding
from alerting.model.runbook import RunbookFrontMatter
from alerting.model.service import CatalogOverride
from alerting.policy import load
from alerting.remediations import Target, bound, targets
from alerting.timescale import Timescale


def test_the_targets_of_every_action_are_those_of_services_and_runbooks(mini: Path) -> None:
    """A runbook that leaves its target to the services adds none."""
    found = targets(load(mini))
    assert found["restart_deployment"] == (Target("shop", "deployment", "checkout"),)
    assert found["clear_cache"] == ()
    assert Target("shop", "deployment", "checkout").to_dict() == {"namespace": "shop", "deployment": "checkout"}


def test_a_service_s_binding_takes_what_it_leaves_out_from_the_runbook(mini: Path) -> None:
    """If that names the same action; a target that neither names is the service's own."""
    policy = load(mini)
    checkout = policy.services["checkout"]
    general = RemediationBinding(
        action="scale_deployment", parameters={"add": 2, "most": 6}, automatic=True, approval=True, dry_run=True
    )
    runbook = RunbookFrontMatter(alert="HighErrorRate", title="Requests fail", remediation=general)
    policy = replace(policy, runbooks={**policy.runbooks, "HighErrorRate": runbook})
    aimed = {"namespace": "shop", "deployment": "checkout"}
    assert bound(policy, checkout, "HighErrorRate") == general.model_copy(update={"target": aimed})
    own = RemediationBinding(action="scale_deployment", parameters={"add": 1}, automatic=False)
    service = checkout.model_copy(update={"remediations": {"HighErrorRate": own}})
    assert bound(policy, service, "HighErrorRate") == RemediationBinding(
        action="scale_deployment",
        target=aimed,
        parameters={"add": 1, "most": 6},
        automatic=False,
        approval=True,
        dry_run=True,
    )
    other = own.model_copy(update={"action": "restart_deployment", "parameters": {}, "automatic": None})
    service = checkout.model_copy(update={"remediations": {"HighErrorRate": other}})
    assert bound(policy, service, "HighErrorRate") == other.model_copy(update={"target": aimed})
    assert bound(policy, checkout, "Watchdog") is None


def test_an_slo_s_alert_has_the_binding_of_the_runbook_that_it_shares(mini: Path) -> None:
    """Which may be called differently."""
    policy = load(mini)
    checkout = policy.services["checkout"]
    slo = checkout.slos[0].model_copy(update={"runbook": "HighErrorRate"})
    service = checkout.model_copy(update={"slos": (slo,), "remediations": {}})
    found = bound(policy, service, "CheckoutAvailabilityBurn")
    assert found is not None
    assert (found.action, found.target["deployment"]) == ("restart_deployment", "checkout")


def test_how_far_back_an_alert_looks(mini: Path) -> None:
    """An SLO's alert as its longest window of that severity, one of the catalogue as its range and what it waits."""
    policy = load(mini)
    checkout = policy.services["checkout"]
    assert str(longest_window(policy, checkout, "CheckoutAvailabilityBurn", "page")) == "6h"
    assert str(longest_window(policy, checkout, "CheckoutAvailabilityBurn", "ticket")) == "3d"
    assert str(longest_window(policy, checkout, "HighErrorRate", "page")) == "10m"
    assert str(longest_window(policy, checkout, "HighErrorRate", "page", Timescale(factor=60))) == "10s"
    assert str(longest_window(policy, checkout, "Nobody", "page")) == "0s"


def test_a_range_may_be_a_value_that_a_service_has_its_own_of(mini: Path) -> None:
    """As the rules fill it in; a place without a value is a mistake that the checks report."""
    policy = load(mini)
    area = policy.catalog["errors"]
    alert = area.alerts[0]
    values = {**alert.values, "window": "2h"}
    slow = alert.model_copy(update={"expr": alert.expr.replace("[5m]", "[{{window}}]"), "values": values})
    changed = replace(policy, catalog={"errors": area.model_copy(update={"alerts": (slow,)})})
    checkout = policy.services["checkout"].model_copy(update={"alerts": {}})
    assert str(longest_window(changed, checkout, "HighErrorRate", "page")) == "2h5m"
    own = checkout.model_copy(update={"alerts": {"HighErrorRate": CatalogOverride(values={"window": "6h"})}})
    assert str(longest_window(changed, own, "HighErrorRate", "page")) == "6h5m"
    broken = slow.model_copy(update={"values": {}})
    without = replace(policy, catalog={"errors": area.model_copy(update={"alerts": (broken,)})})
    assert str(longest_window(without, checkout, "HighErrorRate", "page")) == "5m"
