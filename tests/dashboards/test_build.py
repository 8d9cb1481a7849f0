"""What Grafana gets: the same bytes for the same policy, valid by the SDK, and as Grafana itself would write it."""

import json
import re
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

import dashboards
from alerting import names
from alerting.model.policy import Policy
from alerting.policy import load
from alerting.rendering.header import is_rendered
from alerting.rules.catalog import catalog_groups
from alerting.rules.slo import service_groups
from dashboards.collection import text
from dashboards.layout import place
from dashboards.reading import panels
from dashboards.spec import Panel, Row

ROOT = Path(__file__).resolve().parents[2]
UIDS = ["service-overview", "slo-tracking", "incident-metrics", "alert-review", "on-call"]
# https://github.com/grafana/grafana/blob/main/packages/grafana-ui/src/components/DateTimePickers/options.ts
QUICK_RANGES = {"now-5m", "now-15m", "now-30m", "now-1h", "now-3h", "now-6h", "now-12h", "now-24h", "now-2d", "now-7d"}
QUICK_RANGES |= {"now-30d", "now-90d"}


@pytest.fixture(scope="module")
def policy() -> Policy:
    """The example company's."""
    return load(ROOT)


@pytest.fixture(scope="module")
def made(policy: Policy) -> dict[str, dict[str, Any]]:
    """Its dashboards."""
    return dict(dashboards.all(policy))


def _walk(value: Any) -> Iterator[tuple[str, Any]]:
    """Every key of a JSON value with what it holds."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key, inner
            yield from _walk(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _walk(inner)


def test_uids_are_what_people_have_saved(made: dict[str, dict[str, Any]]) -> None:
    """Links in notifications and bookmarks hold them: changing one breaks them."""
    assert list(made) == UIDS
    assert [dashboard["uid"] for dashboard in made.values()] == UIDS
    assert len({dashboard["title"] for dashboard in made.values()}) == len(UIDS)


@pytest.mark.parametrize("uid", UIDS)
def test_a_dashboard_is_its_golden_file(uid: str, mini: Path, golden: Callable[[str, str], None]) -> None:
    """Of the miniature policy; `make test PYTEST=--bless` rewrites it."""
    golden(f"dashboards/{uid}.json", text(dashboards.all(load(mini))[uid]))


def test_the_bytes_do_not_depend_on_the_process(policy: Policy) -> None:
    """Another seed of Python's hashes gives the same files."""
    program = "import sys, pathlib, dashboards; from alerting.policy import load; "
    program += "print(''.join(dashboards.rendered(load(pathlib.Path(sys.argv[1]))).values()), end='')"
    seeded = subprocess.run(
        [sys.executable, "-c", program, str(ROOT)], env={"PYTHONHASHSEED": "7"}, capture_output=True, check=True
    )
    assert seeded.stdout.decode() == "".join(dashboards.rendered(policy).values())


def test_files_say_that_they_were_made_here(policy: Policy) -> None:
    """So that `tocsin render` may replace and remove them."""
    files = dashboards.rendered(policy)
    assert list(files) == [f"dashboards/{uid}.json" for uid in UIDS]
    assert all(is_rendered(content.encode()[:100]) for content in files.values())
    assert not is_rendered(b'{\n  "tags": [\n    "other"\n  ],\n')


def test_the_sdk_reads_back_what_it_wrote(made: dict[str, dict[str, Any]]) -> None:
    """Nothing is lost and nothing is added on the way through its classes, so every key is one of the schema."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Prefer using dashboardv2", DeprecationWarning)
        from grafana_foundation_sdk.cog.encoder import JSONEncoder
        from grafana_foundation_sdk.cog.plugins import register_default_plugins
        from grafana_foundation_sdk.models.dashboard import Dashboard
    register_default_plugins()
    for dashboard in made.values():
        again = json.loads(json.dumps(Dashboard.from_json(json.loads(json.dumps(dashboard))), cls=JSONEncoder))
        assert again == dashboard


def test_numbers_and_places_are_grafanas(made: dict[str, dict[str, Any]]) -> None:
    """Numbers are unique; panels overlap nowhere, stay on the grid, and leave no hole."""
    for dashboard in made.values():
        shown = list(panels(dashboard))
        ids = [panel.json["id"] for panel in shown] + [row["id"] for row in dashboard["panels"] if row["type"] == "row"]
        assert len(ids) == len(set(ids))
        cells: set[tuple[int, int]] = set()
        for panel in dashboard["panels"]:
            at = panel["gridPos"]
            own = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
            assert not own & cells, panel["title"]
            cells |= own
        height = max(y for _, y in cells) + 1
        assert cells == {(x, y) for x in range(24) for y in range(height)}


def test_a_line_that_does_not_fill_the_grid_is_refused() -> None:
    """Whoever changes a width is told at once."""
    wide, narrow = (Panel(kind="stat", title=title, width=width) for title, width in (("wide", 20), ("narrow", 3)))
    with pytest.raises(ValueError, match=r"^row 'Now': its last line ends at column 23; expected 24$"):
        list(place([Row(title="Now", panels=(wide, narrow))]))
    with pytest.raises(ValueError, match=r"^row 'Now': 'wide' ends at column 40; expected at most 24$"):
        list(place([Row(title="Now", panels=(wide, wide))]))


def test_durations_are_spelled_as_grafana_spells_them(made: dict[str, dict[str, Any]]) -> None:
    """Another spelling, `60s` for `1m`, would be a difference for ever."""
    sizes = {"s": 60, "m": 60, "h": 24}
    for dashboard in made.values():
        found = [value for key, value in _walk(dashboard) if key in ("refresh", "interval", "timeFrom", "timeShift")]
        found += dashboard["timepicker"]["refresh_intervals"]
        for spelled in (value for value in found if isinstance(value, str) and value):
            match = re.fullmatch(r"([1-9]\d*)([smhd])", spelled)
            assert match, spelled
            assert int(match[1]) % sizes.get(match[2], 10**9), spelled
        assert dashboard["time"]["from"] in QUICK_RANGES
        assert dashboard["time"]["to"] == "now"
        assert dashboard["refresh"] in dashboard["timepicker"]["refresh_intervals"]


def test_every_panel_says_what_it_shows(made: dict[str, dict[str, Any]]) -> None:
    """With a title that is there once in its row, a unit, and words for when there is nothing."""
    for uid, dashboard in made.items():
        titles = [(panel.row, panel.title) for panel in panels(dashboard)]
        assert len(titles) == len(set(titles)), uid
        for panel in panels(dashboard):
            defaults = panel.json["fieldConfig"]["defaults"]
            assert panel.queries, panel.title
            assert {"unit", "noValue", "thresholds"} <= defaults.keys(), panel.title


def test_tables_show_only_columns_that_their_queries_give(made: dict[str, dict[str, Any]]) -> None:
    """A value is called `Value`, with its query's letter if there are several."""
    for dashboard in made.values():
        for panel in (panel for panel in panels(dashboard) if panel.json["type"] == "table"):
            steps = {step["id"]: step["options"] for step in panel.json["transformations"]}
            wanted = steps["filterFieldsByName"]["include"]["names"]
            letters = [query.letter for query in panel.queries]
            values = ["Value"] if len(letters) == 1 else [f"Value #{letter}" for letter in letters]
            assert {name for name in wanted if name.startswith("Value")} <= set(values)
            assert list(steps["organize"]["indexByName"]) == wanted
            titles = set(steps["organize"]["renameByName"].values())
            assert {rule["matcher"]["options"] for rule in panel.json["fieldConfig"]["overrides"]} <= titles
            assert {column["displayName"] for column in panel.json["options"].get("sortBy", [])} <= titles


def test_an_alerts_dashboard_link_leads_to_its_service(policy: Policy, made: dict[str, dict[str, Any]]) -> None:
    """To a dashboard that exists, with a variable that it has, set to a service that can be chosen."""
    groups = [group for service in policy.services.values() for group in service_groups(policy, service)]
    alerts = [rule for group in (*groups, *catalog_groups(policy)) for rule in group.rules if rule.alert]
    own = [rule for rule in alerts if "{{" not in rule.annotations["dashboard_url"]]
    assert own
    for rule in own:
        address = urlsplit(rule.annotations["dashboard_url"])
        dashboard = made[address.path.removeprefix("/d/")]
        ((name, values),) = parse_qs(address.query).items()
        variable = next(one for one in dashboard["templating"]["list"] if f"var-{one['name']}" == name)
        assert values == [rule.labels["service"]]
        assert values[0] in [option["value"] for option in variable["options"]]
    template = next(rule.annotations["dashboard_url"] for rule in alerts if rule not in own)
    assert f"{policy.routing.dashboard_url}service-overview?var-service={{{{ $labels.service }}}}" in template


def test_links_lead_to_runbooks_and_incidents(policy: Policy, made: dict[str, dict[str, Any]]) -> None:
    """In every table of alerts and of incidents, and above every dashboard."""
    runbook = f"{policy.routing.runbook_url}${{__data.fields.Runbook}}.md"
    incident = f"{policy.routing.public_bot_url}/incidents/${{__value.text}}"
    for dashboard in made.values():
        assert [link["title"] for link in dashboard["links"]] == ["Dashboards", "Incidents", "Runbooks"]
        for panel in (panel for panel in panels(dashboard) if panel.json["type"] == "table"):
            linked = {
                rule["matcher"]["options"]: value["value"][0]["url"]
                for rule in panel.json["fieldConfig"]["overrides"]
                for value in rule["properties"]
                if value["id"] == "links"
            }
            columns = next(s["options"] for s in panel.json["transformations"] if s["id"] == "organize")
            titles = set(columns["renameByName"].values())
            assert linked.get("Alert") == (runbook if "Alert" in titles else None), panel.title
            assert linked.get("Incident") == (incident if "Incident" in titles else None), panel.title


def test_incidents_mark_every_graph(policy: Policy, made: dict[str, dict[str, Any]]) -> None:
    """For as long as they go on, with a way to their page."""
    for dashboard in made.values():
        (mark,) = dashboard["annotations"]["list"]
        assert mark["target"]["expr"].startswith(f"{names.INCIDENT_STARTED}{{")
        assert f"{policy.routing.public_bot_url}/incidents/{{{{incident}}}}" in mark["textFormat"]


def test_objectives_that_share_a_runbook_link_to_it(policy: Policy, made: dict[str, dict[str, Any]]) -> None:
    """The alert's own name leads nowhere then."""
    queries = [query.expr for panel in panels(made["on-call"]) for query in panel.queries if "runbook" in query.expr]
    assert queries
    shared = '"runbook", "DatabaseDown", "alertname", "CatalogDbReachableBurn|PaymentsDbReachableBurn")'
    assert all(shared in expr for expr in queries)


def test_a_team_chooses_among_what_the_policy_knows(policy: Policy, made: dict[str, dict[str, Any]]) -> None:
    """Names hold nothing that Grafana would take apart in a list."""
    found = {
        variable["name"]: variable["query"].split(",")
        for variable in made["slo-tracking"]["templating"]["list"]
        if variable["type"] == "custom"
    }
    assert found == {
        "team": sorted(policy.teams),
        "service": sorted(policy.services),
        "slo": sorted({slo.name for service in policy.services.values() for slo in service.slos}),
    }
