"""What dashboards ask for: every query can be read, and names nothing that nobody exports."""

import re
from pathlib import Path
from typing import Any

import pytest

import dashboards
from alerting.model.policy import Policy
from alerting.policy import load
from alerting.rules.slo import service_groups
from bots.figure_metrics import incident_series, policy_series, postmortem_series
from bots.index import Index
from dashboards.metrics import EXPORTERS, exporter_of
from dashboards.reading import GLOBALS, expressions, filled, metrics_in, panels, variables_in
from tests.bots.test_figures import NOW

ROOT = Path(__file__).resolve().parents[2]
UIDS = ("service-overview", "slo-tracking", "incident-metrics", "alert-review", "on-call")


@pytest.fixture(scope="module", params=["example", "mini"])
def policy(request: pytest.FixtureRequest) -> Policy:
    """The example company's policy, and the miniature one."""
    return load(ROOT if request.param == "example" else ROOT / "tests" / "data" / "mini")


@pytest.fixture(scope="module")
def made(policy: Policy) -> dict[str, dict[str, Any]]:
    """Its dashboards."""
    return dict(dashboards.all(policy))


def _recorded(policy: Policy) -> set[str]:
    """The names that the policy's rules record."""
    groups = (group for service in policy.services.values() for group in service_groups(policy, service))
    return {rule.record for group in groups for rule in group.rules if rule.record}


def test_every_query_is_promql_and_names_known_metrics(policy: Policy, made: dict[str, dict[str, Any]]) -> None:
    """A name is listed with its exporter; a pattern of names finds names that the policy's rules record."""
    recorded = _recorded(policy)
    for uid, dashboard in made.items():
        for expr in expressions(dashboard):
            for metric in metrics_in(expr):
                known = exporter_of(metric) or any(re.fullmatch(metric, name) for name in recorded)
                assert known, f"{uid}: {metric} in {expr}"


def test_every_listed_metric_is_used(made: dict[str, dict[str, Any]]) -> None:
    """The list of exporters holds nothing that no dashboard asks for."""
    used = {metric for dashboard in made.values() for expr in expressions(dashboard) for metric in metrics_in(expr)}
    listed = {metric for exporter in EXPORTERS.values() for metric in exporter.metrics}
    assert listed - used == set()


def test_the_rules_record_what_the_list_says_of_them(policy: Policy) -> None:
    """And the pattern of the rules fits every recorded name, but for the bookkeeping of calendar periods."""
    recorded = _recorded(policy)
    assert EXPORTERS["rules"].metrics <= recorded
    strange = {name for name in recorded if exporter_of(name) is None}
    assert strange <= {"slo:period_start:local_seconds", "slo:period:current", "slo:error_ratio:period"}


def test_the_bot_exports_what_the_list_says_of_it(tmp_path: Path, policy: Policy) -> None:
    """All figures of incidents and of the policy."""
    index = Index(tmp_path / "records.index")
    figures = index.recent_figures(NOW)
    wanted = postmortem_series(figures, policy.severity, {}, NOW)
    families = [*incident_series(figures), wanted, *policy_series(policy, NOW)]
    index.close()
    exported = {family.name for family in families}
    listed = {metric for metric in EXPORTERS["bot"].metrics if metric not in _ABOUT_THE_BOT}
    assert listed == exported


_ABOUT_THE_BOT = {
    "tocsin_inbox_oldest_seconds",
    "tocsin_outbox_lag_seconds",
    "tocsin_unpushed_seconds",
    "tocsin_last_reconcile_timestamp_seconds",
    "tocsin_incidents_open",
    "tocsin_remediation_frozen",
}
"""Figures of the bot itself, which tests/bots/test_api.py reads off a running one."""


def test_every_variable_that_is_used_is_defined(made: dict[str, dict[str, Any]]) -> None:
    """And every defined one is used; `${__…}` are Grafana's own."""
    for uid, dashboard in made.items():
        defined = {variable["name"] for variable in dashboard["templating"]["list"]}
        texts = [*expressions(dashboard), *_sources(dashboard)]
        used = {name for text in texts for name in variables_in(text)}
        assert {name for name in used if not name.startswith("__")} == defined, uid
        assert {name for name in used if name.startswith("__")} <= {*GLOBALS}, uid


def _sources(value: Any) -> list[str]:
    """Every data source that is named somewhere in a dashboard."""
    if isinstance(value, dict):
        own = [value["datasource"]["uid"]] if isinstance(value.get("datasource"), dict) else []
        return own + [text for inner in value.values() for text in _sources(inner)]
    return [text for inner in value for text in _sources(inner)] if isinstance(value, list) else []


def test_queries_of_one_service_do_not_show_another(made: dict[str, dict[str, Any]]) -> None:
    """Every query of a dashboard with a choice of services selects by it; what belongs to none says so."""
    for uid, dashboard in made.items():
        names = {variable["name"] for variable in dashboard["templating"]["list"]}
        for panel in panels(dashboard):
            for query in panel.queries:
                if not metrics_in(query.expr) or "All team" in panel.json.get("description", ""):
                    continue
                chosen = variables_in(query.expr) & {"team", "service"}
                whole = panel.row == "Do pages arrive" or "baseline" in query.expr or "left_out" in query.expr
                assert chosen or whole or not names & {"team", "service"}, f"{uid}: {panel.title}: {query.expr}"


def test_variables_are_filled_in_whatever_way_they_are_written() -> None:
    """As `$name`, `${name}` or `${name:format}`; a reference into a regular expression stays."""
    expr = 'label_replace(x{service="$service",team=~"${team:regex}"}[$__range], "a", "$1", "b", "(.+)")'
    assert filled(expr, {"service": "cart", "team": "a|b"}) == (
        'label_replace(x{service="cart",team=~"a|b"}[1h], "a", "$1", "b", "(.+)")'
    )
    assert variables_in(expr) == {"service", "team", "__range"}


@pytest.mark.parametrize(
    ("expr", "found"),
    [
        ("sum(rate(a[5m])) / -(b offset 1h) > bool 2", {"a", "b"}),
        ('max_over_time((c{x="y"})[1h:1m]) or vector(time())', {"c"}),
        ('{__name__=~"slo:.+",service="x"}', {"slo:.+"}),
        ('{__name__="d"} and on () absent(e)', {"d", "e"}),
        ('label_replace(quantile by (x) (0.5, f), "a", "b", "c", "d")', {"f"}),
    ],
)
def test_the_metrics_of_an_expression_are_found(expr: str, found: set[str]) -> None:
    """Wherever they stand."""
    assert metrics_in(expr) == found


def test_what_is_not_promql_is_refused() -> None:
    """With the expression and the parser's words."""
    with pytest.raises(ValueError, match=re.escape("'sum(' is not PromQL: ")):
        metrics_in("sum(")
