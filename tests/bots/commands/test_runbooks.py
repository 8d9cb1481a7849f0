"""Runbooks that several alerts share, and what is run by their names."""

from dataclasses import replace
from pathlib import Path

from alerting.model.action import RemediationBinding
from alerting.policy import load
from bots.commands import runbooks
from bots.timeline.state import Incident
from tests.bots.office import Office, alert, delivery

_LOADED = load(Path(__file__).parents[3])
_DB = _LOADED.services["payments-db"]
SHARED = "PaymentsDbReachableBurn"
_BOUND = _DB.model_copy(update={"remediations": {SHARED: RemediationBinding(action="run_diagnostics")}})
POLICY = replace(_LOADED, services={**_LOADED.services, "payments-db": _BOUND})
"""The objective of the database has the runbook DatabaseDown, and an action of its own."""


def _incident(name: str, *, service: str = "payments-db", end: float | None = None) -> Incident:
    office = Office()
    office.take(delivery(alert(name, 0, service=service)), now=0)
    if end is not None:
        office.take(delivery(alert(name, 0, end, service=service), received=end), now=end)
    return office.history().state


def test_the_alert_of_an_objective_is_found_by_the_runbook_that_it_names() -> None:
    """Its own name finds the alert as well; another service's alert of that kind has the runbook of its name."""
    burning = _incident(SHARED)
    found = runbooks.alert_of(POLICY, burning, "DatabaseDown")
    assert found is not None
    assert found.name == SHARED
    assert runbooks.alert_of(POLICY, burning, SHARED) == found
    assert runbooks.alert_of(POLICY, burning, "HighErrorRate") is None
    assert runbooks.alert_of(POLICY, _incident("DatabaseDown", service="checkout"), "DatabaseDown") is not None


def test_its_action_is_the_one_bound_to_the_alert() -> None:
    """Not only one that is bound under the runbook's own name."""
    assert runbooks.action_for(POLICY, "DatabaseDown", "payments-db", SHARED) == "run_diagnostics"
    assert runbooks.bindings(POLICY, "DatabaseDown")["payments-db"].action == "run_diagnostics"


def test_incidents_are_those_where_it_fires() -> None:
    """Whoever names no incident means one that goes on."""
    burning, quiet = _incident(SHARED), _incident(SHARED, end=5)
    assert runbooks.having(POLICY, [burning, quiet, _incident("HighErrorRate")], "DatabaseDown") == (burning,)
