"""What the policies bind to actions."""

from pathlib import Path

from alerting.policy import load
from alerting.remediations import Target, targets


def test_the_targets_of_every_action_are_those_of_services_and_runbooks(mini: Path) -> None:
    """A runbook that leaves its target to the services adds none."""
    found = targets(load(mini))
    assert found["restart_deployment"] == (Target("shop", "deployment", "checkout"),)
    assert found["clear_cache"] == ()
    assert Target("shop", "deployment", "checkout").to_dict() == {"namespace": "shop", "deployment": "checkout"}
