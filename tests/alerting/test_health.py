"""The questions that say whether a service is well again."""

from decimal import Decimal
from pathlib import Path

import pytest

from alerting.health import condition, health_queries
from alerting.model.service import RatioSli
from alerting.policy import load
from alerting.promql import parse
from alerting.timescale import Timescale

IDENTITY = 'service="checkout",slo="availability"'


def test_an_slo_s_own_alert_asks_for_that_slo(mini: Path) -> None:
    """By what its rules record: the ratio over five minutes, and events a second."""
    policy = load(mini)
    (query,) = health_queries(policy, policy.services["checkout"], "CheckoutAvailabilityBurn")
    assert (query.slo, query.objective) == ("availability", "99.9%")
    assert query.budget == pytest.approx(0.001)
    total = f"slo:total_events:rate1m{{{IDENTITY}}}[5m]"
    assert query.traffic == f"sum(sum_over_time({total})) / sum(count_over_time({total}))"
    assert f"sum(sum_over_time(slo:bad_events:rate1m{{{IDENTITY}}}[5m]))" in query.ratio
    parse(query.ratio)


def test_a_shared_alert_asks_for_every_objective_of_the_service(mini: Path) -> None:
    """A restart against errors must not have made it slow."""
    policy = load(mini)
    service = policy.services["checkout"]
    assert [one.slo for one in health_queries(policy, service, "HighErrorRate")] == [slo.name for slo in service.slos]


def test_only_a_shared_alert_has_a_condition_that_must_end(mini: Path) -> None:
    """That of an objective looks back for hours after everything is well."""
    service = load(mini).services["checkout"]
    assert condition(service, "CheckoutAvailabilityBurn") is None
    shared = condition(service, "HighErrorRate")
    assert shared == 'max(ALERTS{alertname="HighErrorRate",service="checkout"})'
    parse(shared)


def test_in_a_rehearsal_the_windows_are_shorter(mini: Path) -> None:
    """The names are not."""
    policy = load(mini)
    (query,) = health_queries(policy, policy.services["checkout"], "CheckoutAvailabilityBurn", Timescale(factor=60))
    assert query.traffic is not None
    assert f"slo:total_events:rate1m{{{IDENTITY}}}[5s]" in query.traffic


def test_an_sli_that_is_any_promql_is_asked_itself(mini: Path) -> None:
    """Where nothing counts events, that its ratio is a number says that there are some."""
    policy = load(mini)
    service = policy.services["checkout"]
    sli = RatioSli(ratio="1 - min(avg_over_time(picture_quality[{{window}}]))")
    slo = service.slos[0].model_copy(update={"sli": sli, "objective": Decimal("0.99")})
    (query,) = health_queries(policy, service.model_copy(update={"slos": (slo,)}), "CheckoutAvailabilityBurn")
    assert query.traffic is None
    assert query.ratio.startswith("max(")
    assert "[5m]" in query.ratio
    parse(query.ratio)
