"""The compiled catalogue under real promtool: every alert fires when it must, with the right labels, and else not."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from alerting import names
from alerting.errors import PolicyError
from alerting.model.catalog import CatalogAlert, CatalogArea
from alerting.model.policy import Policy
from alerting.model.service import CatalogOverride
from alerting.policy import load
from alerting.rules.catalog import catalog_alerts, catalog_groups, catalog_labels, check_alert
from alerting.rules.group import Rule, rule_file
from alerting.timescale import DRILL
from tests.alerting import catalog_cases

REPOSITORY = Path(__file__).parents[2]
PROMTOOLS = ["promtool", "promtool-2.42"]


@pytest.fixture(scope="module")
def policy() -> Policy:
    """The example company."""
    return load(REPOSITORY)


@pytest.fixture(scope="module")
def compiled(policy: Policy, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The rule file of the example company's catalogue."""
    path = tmp_path_factory.mktemp("rules") / "catalog.yaml"
    path.write_text(yaml.safe_dump(rule_file(catalog_groups(policy)), sort_keys=False))
    return path


def rules_of(policy: Policy, alert: str) -> list[Rule]:
    """The rules of one alert."""
    return [rule for group in catalog_groups(policy) for rule in group.rules if rule.alert == alert]


def changed(policy: Policy, alert: CatalogAlert, **overrides: CatalogOverride) -> Policy:
    """The policy with a catalogue of one alert and these services' own numbers for it."""
    services = {
        name: service.model_copy(
            update={
                "alerts": {alert.alert: overrides[name.replace("-", "_")]}
                if name.replace("-", "_") in overrides
                else {}
            }
        )
        for name, service in policy.services.items()
    }
    return Policy(
        services=services,
        teams=policy.teams,
        severity=policy.severity,
        routing=policy.routing,
        access=policy.access,
        silences=policy.silences,
        catalog={"errors": CatalogArea(area="errors", alerts=(alert,))},
        windows=policy.windows,
        runbooks=policy.runbooks,
    )


def alert(expr: str, **values: str | int | float) -> CatalogAlert:
    """An alert about nothing in particular."""
    return CatalogAlert(alert="Sample", expr=expr, values=values, severity="ticket", summary="{{service}} is odd")


@pytest.mark.parametrize("promtool", PROMTOOLS)
@pytest.mark.parametrize("area", catalog_cases.areas())
def test_every_alert_fires_when_it_must_and_not_else(
    policy: Policy, compiled: Path, tmp_path: Path, part: Callable[[str], Path], area: str, promtool: str
) -> None:
    """Each case of tests/data/catalog/ holds, labels and texts included, under the old and the current promtool."""
    tests = tmp_path / "test.yaml"
    tests.write_text(yaml.safe_dump(catalog_cases.promtool_file(policy, area, str(compiled)), sort_keys=False))
    run = subprocess.run([part(promtool), "test", "rules", tests], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("promtool", PROMTOOLS)
@pytest.mark.parametrize("factor", ["real", "drill"])
def test_promtool_accepts_the_rules(
    policy: Policy, tmp_path: Path, part: Callable[[str], Path], promtool: str, factor: str
) -> None:
    """The rule file is valid for both versions, also with the windows of the drill."""
    groups = catalog_groups(policy) if factor == "real" else catalog_groups(policy, DRILL)
    path = tmp_path / "catalog.yaml"
    path.write_text(yaml.safe_dump(rule_file(groups), sort_keys=False))
    run = subprocess.run([part(promtool), "check", "rules", path], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def test_every_alert_has_a_case_that_fires_and_one_that_does_not(policy: Policy) -> None:
    """No alert of the catalogue is untested; Watchdog alone can never be quiet."""
    cases = {name: case for area in catalog_cases.areas() for name, case in catalog_cases.read(area).items()}
    assert set(cases) == {alert.alert for _, alert in catalog_alerts(policy)} | {"Watchdog"}
    assert [name for name, case in cases.items() if not case["fires"]] == []
    assert [name for name, case in cases.items() if not case["quiet"]] == ["Watchdog"]


def test_every_rule_has_all_labels_and_annotations(policy: Policy) -> None:
    """Routing needs the labels, people need the texts and links, on every alert."""
    for group in catalog_groups(policy):
        for rule in group.rules:
            assert {"service", "team", "severity", "priority"} <= rule.labels.keys(), rule.alert
            assert list(rule.annotations) == ["summary", "description", "runbook_url", "dashboard_url"], rule.alert


def test_the_issue_s_three_alerts_have_its_thresholds(policy: Policy) -> None:
    """ServiceDown, HighErrorRate and HighLatency are what everybody expects under these names."""
    found = {
        alert.alert: (alert.expr.split("{")[0].strip(), dict(alert.values), str(alert.for_), alert.severity)
        for _, alert in catalog_alerts(policy)
    }
    assert found["ServiceDown"] == ("up", {"other_jobs": "node|node-exporter"}, "2m", "page")
    assert found["HighErrorRate"][1:] == ({"threshold": 0.02, "status": "status"}, "5m", "critical")
    assert found["HighLatency"][1:] == ({"threshold": 0.5, "quantile": 0.95}, "5m", "warning")


def test_a_service_s_own_numbers_take_it_out_of_the_default_rule(policy: Policy) -> None:
    """One rule for all others, one for the service, and no series in both."""
    changed_policy = changed(policy, alert("errors > {{most}}", most=1), cart=CatalogOverride(values={"most": 9}))
    default, own = rules_of(changed_policy, "Sample")
    assert (default.expr, own.expr) == ('errors{service!~"cart"} > 1', 'errors{service="cart"} > 9')
    assert own.labels == {"service": "cart", "team": "storefront", "severity": "ticket", "priority": "P3"}
    assert own.annotations["summary"] == "cart is odd"


def test_platform_s_own_numbers_cover_series_without_a_service(policy: Policy) -> None:
    """An alert without a service label belongs to `platform`, hence so do its numbers."""
    changed_policy = changed(policy, alert("errors > {{most}}", most=1), platform=CatalogOverride(values={"most": 9}))
    default, own = rules_of(changed_policy, "Sample")
    assert (default.expr, own.expr) == ('errors{service!~"platform|"} > 1', 'errors{service=~"platform|"} > 9')


def test_an_alert_that_names_no_service_takes_platform_s_numbers(policy: Policy) -> None:
    """Its rule is a single one, with constant labels."""
    changed_policy = changed(
        policy, alert("sum(errors) > {{most}}", most=1), platform=CatalogOverride(values={"most": 9}, severity="page")
    )
    (rule,) = rules_of(changed_policy, "Sample")
    assert rule.expr == "sum(errors) > 9"
    assert rule.labels == {"service": "platform", "team": "platform", "severity": "page", "priority": "P1"}


def test_a_service_can_switch_an_alert_off(policy: Policy) -> None:
    """It is excluded from the default rule and has none of its own."""
    (rule,) = rules_of(changed(policy, alert("errors > 1"), cart=CatalogOverride(enabled=False)), "Sample")
    assert rule.expr == 'errors{service!~"cart"} > 1'


def test_an_unknown_severity_counts_as_a_ticket(policy: Policy) -> None:
    """A foreign word that severity.yaml does not map neither pages nor gets lost."""
    odd = alert("errors > 1").model_copy(update={"severity": "disaster"})
    (rule,) = rules_of(changed(policy, odd), "Sample")
    assert rule.labels["severity"] == "ticket"


def test_a_policy_without_platform_is_refused(policy: Policy) -> None:
    """Alerts without a service would belong to nobody."""
    alone = changed(policy, alert("errors > 1"))
    services = {name: service for name, service in alone.services.items() if name != "platform"}
    broken = Policy(
        services=services,
        **{field: getattr(alone, field) for field in Policy.__slots__ if field != "services"},
    )
    with pytest.raises(PolicyError) as raised:
        catalog_groups(broken)
    assert str(raised.value) == (
        "policies/services/platform.yaml:1: service platform: there is no such service; "
        "expected one, since alerts without a service label belong to it; write the file and name its owner and tier"
    )


def test_windows_shrink_in_the_drill(policy: Policy) -> None:
    """Ranges, offsets, waiting times and durations among the values become sixty times shorter."""
    lapsed = alert("rate(errors[5m]) > 1 and errors offset 10m < time() - {{age|seconds}}", age="1h")
    (rule,) = [
        rule
        for group in catalog_groups(changed(policy, lapsed.model_copy(update={"for_": lapsed.for_.parse("5m")})), DRILL)
        for rule in group.rules
        if rule.alert == "Sample"
    ]
    assert rule.expr == "rate(errors[5s]) > 1 and errors offset 10s < time() - 60"
    assert str(rule.for_) == "5s"


def test_catalog_labels_lists_what_can_be_routed(policy: Policy) -> None:
    """Each alert with each service that it can be about, and only `platform` where series name none."""
    found = [
        labels for labels in catalog_labels(policy) if labels["alertname"] in ("HighLatency", "NodeDown", "Watchdog")
    ]
    assert {labels["service"] for labels in found if labels["alertname"] == "HighLatency"} == set(policy.services) - {
        "cart"
    }
    assert [dict(labels) for labels in found if labels["alertname"] != "HighLatency"] == [
        {"alertname": "Watchdog", "service": "platform", "team": "platform", "severity": "info", "priority": "P4"},
        {"alertname": "NodeDown", "service": "platform", "team": "platform", "severity": "page", "priority": "P1"},
    ]


def test_the_example_catalogue_has_no_complaints(policy: Policy) -> None:
    """Every alert, also with every service's own numbers, compiles."""
    for _, each in catalog_alerts(policy):
        for override in [None, *(service.alerts.get(each.alert) for service in policy.services.values())]:
            assert check_alert(each, override) == ()


def test_mistakes_in_an_alert_are_all_reported() -> None:
    """Expression, texts and overrides, each with the way out."""
    wrong = alert("errors > {{most}}").model_copy(update={"summary": "{{value|pct}}", "description": "{{pod|bytes}}"})
    assert check_alert(wrong, CatalogOverride(values={"mst": 3})) == (
        "expr: {{most}} has no value; expected one of `values`: mst; add `most` to `values`",
        "summary: {{value|pct}} is not known; expected one of number, percent, duration, bytes; choose one of them",
        "description: {{pod|bytes}} is a label; expected no form; write {{pod}}",
        "values.mst: the alert Sample has no such value; expected one of none; remove it",
    )


def test_a_value_cannot_take_a_name_with_a_meaning() -> None:
    """`{{value}}`, `{{for}}` and `{{service}}` say something else in texts."""
    (complaint,) = check_alert(alert("errors > {{value}}", value=3))
    assert complaint == (
        "values.value: {{value}} has a meaning of its own in texts; "
        "expected a name other than value, for, service; rename it"
    )


def test_an_expression_that_is_not_promql_is_reported() -> None:
    """The parser's words are kept, on one line."""
    (complaint,) = check_alert(alert("sum by (service) (errors"))
    assert complaint.startswith("expr: it is not PromQL (")
    assert complaint.endswith("); expected an expression that Prometheus can read; correct it")


def test_the_bot_s_alerts_read_metrics_that_the_bot_has(policy: Policy) -> None:
    """A renamed metric would leave an alert that can never fire."""
    read = {name for _, each in catalog_alerts(policy) for name in re.findall(r"\btocsin_\w+", each.expr)}
    assert read == {names.BOT_UNPUSHED, names.BOT_INBOX_OLDEST, names.BOT_OUTBOX_LAG}
