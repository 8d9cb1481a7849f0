"""The numbers of the guard rails, as the files say them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from alerting.model.remediation import Freeze
from alerting.policy import load
from alerting.timescale import Timescale
from bots.guards.freeze import Freeze as Switch
from bots.guards.limits import Limits

ALERT = "CheckoutAvailabilityBurn"


def test_they_come_from_the_policy(mini: Path) -> None:
    """Each key reaches its limit; without the file the defaults hold."""
    policy = load(mini)
    until = datetime(2026, 1, 6, tzinfo=UTC)
    told = policy.remediation.model_copy(update={"freeze": Freeze(reason="sale", until=until), "dry_run": True})
    limits = Limits.of(replace(policy, remediation=told))
    assert limits == Limits(
        frozen=Switch(reason="sale", until=until),
        dry_run=True,
        per_target=2,
        per_hour=10,
        most_ill=2,
        quiet=timedelta(hours=1),
    )
    (mini / "policies" / "remediation.yaml").unlink()
    assert Limits.of(load(mini)) == Limits()


def test_quiet_outlasts_the_window_of_what_runs_by_itself(mini: Path) -> None:
    """Six hours after a page, three days after a ticket, as its windows are; in a rehearsal as much shorter."""
    policy = load(mini)
    checkout = policy.services["checkout"]
    binding = checkout.remediations[ALERT].model_copy(update={"automatic": True})
    changed = checkout.model_copy(update={"remediations": {ALERT: binding}})
    policy = replace(policy, services={**policy.services, "checkout": changed})
    limits = Limits.of(policy)
    assert limits.quiet_for("checkout", ALERT, "page") == timedelta(hours=6)
    assert limits.quiet_for("checkout", ALERT, "ticket") == timedelta(days=3)
    assert limits.quiet_for("checkout", "HighErrorRate", "page") == timedelta(hours=1)
    assert limits.horizon == timedelta(days=3)
    quick = Limits.of(policy, Timescale(factor=60))
    assert quick.quiet_for("checkout", ALERT, "page") == timedelta(minutes=6)
    assert (quick.hour, quick.approve_within) == (timedelta(minutes=1), timedelta(seconds=30))
