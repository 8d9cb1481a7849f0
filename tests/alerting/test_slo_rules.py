"""The rules of an SLO: what they record, what their alerts carry, and that no text of a policy can bend them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from alerting import names, promql
from alerting.model.policy import Policy
from alerting.model.service import Slo
from alerting.policy import load
from alerting.rules.group import Rule
from alerting.rules.slo import service_groups, slo_groups
from alerting.timescale import DRILL, REAL
from tests.alerting.prometheus_rules import own_rules, run

DATA = Path(__file__).parents[1] / "data" / "mini"
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def policy() -> Policy:
    """The miniature company."""
    return load(DATA)


def rules(policy: Policy, **more: Any) -> list[Rule]:
    """The rules of an SLO of checkout, changed as the test likes."""
    given = {"name": "availability", "objective": "99.9%", "traffic": "20/s", "sli": {"bad": "bad", "total": "all"}}
    slo = Slo.model_validate(given | more)
    return [rule for group in slo_groups(policy, policy.services["checkout"], slo) for rule in group.rules]


def expr(found: list[Rule], record: str) -> str:
    """The expression of a recorded series."""
    return next(rule.expr for rule in found if rule.record == record)


def test_an_slo_has_a_fast_group_and_a_slow_one(policy: Policy) -> None:
    """One evaluation a scrape for what alerts; the period's figures every twenty scrapes."""
    groups = service_groups(policy, policy.services["checkout"])
    assert [(group.name, str(group.interval)) for group in groups] == [
        ("slo:checkout:availability", "15s"),
        ("slo:checkout:availability:period", "5m"),
        ("slo:checkout:latency", "15s"),
        ("slo:checkout:latency:period", "5m"),
    ]
    order = [rule.record or f"{rule.alert}/{rule.labels['severity']}" for rule in groups[0].rules]
    windows = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")
    assert order == [
        "slo:total_events:rate1m",
        "slo:bad_events:rate1m",
        *(name for window in windows for name in (f"slo:error_ratio:{window}", f"slo:burn_rate:{window}")),
        "CheckoutAvailabilityBurn/page",
        "CheckoutAvailabilityBurn/ticket",
        "SloMetricsVanished/page",
    ]
    assert [rule.record for rule in groups[1].rules] == [
        "slo:total_events:rate5m",
        "slo:bad_events:rate5m",
        "slo:error_ratio:30d",
        "slo:error_budget:remaining_ratio",
        "slo:objective:ratio",
    ]


def test_a_rehearsal_records_the_same_names_over_shorter_windows(policy: Policy) -> None:
    """The drill's rules differ from the real ones in windows only."""
    service = policy.services["checkout"]
    real, drill = service_groups(policy, service, REAL), service_groups(policy, service, DRILL)
    assert [[rule.record for rule in group.rules] for group in real] == [
        [rule.record for rule in group.rules] for group in drill
    ]
    assert "[8s]" in next(rule.expr for rule in drill[0].rules if rule.record == "slo:error_ratio:5m")
    assert str(drill[0].interval) == "1s"


def test_each_kind_of_indicator_has_its_own_first_rules(policy: Policy) -> None:
    """Bad ones, good ones, buckets, native histograms, probes, and any expression."""
    total = 'sum(slo:total_events:rate1m{service="checkout",slo="availability",team="payments"})'
    found = {
        name: expr(rules(policy, sli=sli), "slo:bad_events:rate1m")
        for name, sli in {
            "bad": {"bad": "bad", "total": "all"},
            "good": {"good": "good", "total": "all"},
            "classic": {"histogram": "h", "selector": '{a="b"}', "below": "500ms"},
            "whole": {"histogram": "h", "below": "1s"},
            "native": {"histogram": "h", "below": "500ms", "native": True},
            "probe": {"probe": "up"},
        }.items()
    }
    assert found == {
        "bad": f"sum(rate(bad[1m])) or {total} * 0",
        "good": f"clamp_min({total} - (sum(rate(good[1m])) or {total} * 0), 0)",
        "classic": f'clamp_min({total} - sum(rate(h_bucket{{a="b",le="0.5"}}[1m])), 0)',
        "whole": f'clamp_min({total} - sum(rate(h_bucket{{le=~"1(\\\\.0)?"}}[1m])), 0)',
        "native": f"(1 - histogram_fraction(-Inf, 0.5, sum(rate(h[1m])))) * ({total} > 0) or {total} * 0",
        "probe": "sum(count_over_time(up[1m]) - sum_over_time(up[1m])) / 60",
    }


def test_any_expression_is_evaluated_over_each_window(policy: Policy) -> None:
    """Its guard compares ratios, since it has no events to count; without traffic it has none."""
    sli = {"ratio": "my:ratio:over[{{window}}:] ".replace("[{{window}}:]", "{} * rate(x[{{window}}])")}
    found = rules(policy, sli=sli, traffic="20/s")
    assert "rate(x[3d])" in expr(found, "slo:error_ratio:3d")
    page = next(rule for rule in found if rule.alert == "CheckoutAvailabilityBurn")
    assert page.expr.splitlines()[2].endswith("> 0.00375")
    bare = next(rule for rule in rules(policy, sli=sli, traffic=None) if rule.alert == page.alert)
    assert len(bare.expr.splitlines()) == 4


def test_an_alert_tells_a_person_what_is_wrong_and_where_to_look(
    policy: Policy, part: Callable[[str], Path], tmp_path: Path
) -> None:
    """Labels and annotations of a real firing alert, whole."""
    service = policy.services["checkout"]
    labels = {"service": "checkout", "slo": "availability", "team": "payments"}
    alert = {
        "exp_labels": labels | {"severity": "page", "priority": "P0"},
        "exp_annotations": {
            "summary": "availability of checkout burns its error budget so fast that it needs a person now",
            "description": "1.92% of events are bad; the objective of 99.9% over 30d allows 0.1%.",
            "runbook_url": "https://git.example.com/shop/tocsin/blob/main/runbooks/CheckoutAvailabilityBurn.md",
            "dashboard_url": "https://grafana.example.com/d/service-overview?var-service=checkout",
        },
    }
    test = {
        "interval": "15s",
        "input_series": [
            {"series": 'http_requests_total{service="checkout",code="200"}', "values": "0+300x80 24000x20"},
            {"series": 'http_requests_total{service="checkout",code="500"}', "values": "0x80 300+300x20"},
        ],
        "alert_rule_test": [{"eval_time": "21m30s", "alertname": "CheckoutAvailabilityBurn", "exp_alerts": [alert]}],
    }
    assert run(part("promtool"), tmp_path, own_rules(policy, service, service.slos[0]), [test]) == ""


@given(st.text("ab{}\"\\'`$#\n\t:[]()é .5", max_size=30), st.text("ab{}\"\\'`$#\n\t:[]()é .5", max_size=30))
def test_hostile_texts_stay_texts(text: str, value: str) -> None:
    """A description never becomes a template, and a label value never leaves its quotes."""
    sli = {"bad": f"bad{{a={promql.quote(value)}}}", "total": "all"}
    found = rules(load(DATA), sli=sli, description=text)
    for rule in found:
        promql.parse(rule.expr)
    bad = expr(found, "slo:bad_events:rate1m")
    assert bad.startswith(f"sum(rate(bad{{a={promql.quote(value)}}}[1m])) or sum(slo:total_events:rate1m{{")
    description = next(rule for rule in found if rule.alert).annotations["description"]
    fixed = "{{ $value | humanizePercentage }} of events are bad; the objective of 99.9% over 30d allows 0.1%."
    assert description.removeprefix(fixed).strip().replace('{{ "{{" }}', "{{") == " ".join(text.split())


def test_the_example_company_has_a_rule_for_every_slo() -> None:
    """Each SLO of the repository gives two groups, and every alert has the labels and annotations that routes need."""
    policy = load(ROOT)
    for service in policy.services.values():
        groups = service_groups(policy, service)
        assert len(groups) == 2 * len(service.slos)
        alerts = [rule for group in groups for rule in group.rules if rule.alert]
        for rule in alerts:
            assert set(rule.labels) == {names.SERVICE, names.SLO, names.TEAM, names.SEVERITY, names.PRIORITY}
            assert set(rule.annotations) == {"summary", "description", "runbook_url", "dashboard_url"}
            assert (ROOT / "runbooks" / rule.annotations["runbook_url"].rsplit("/", 1)[1]).is_file()


def test_a_rule_is_a_record_or_an_alert() -> None:
    """Neither and both are refused."""
    with pytest.raises(ValueError, match=r"^a rule is either a record or an alert, got record=None, alert=None$"):
        Rule(expr="1")
    assert yaml.safe_load(yaml.safe_dump(Rule(expr="1", record="a").to_dict())) == {"record": "a", "expr": "1"}
