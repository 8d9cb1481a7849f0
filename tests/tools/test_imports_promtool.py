"""The imported SLI and Sloth's own query give the same ratio, as real Prometheus code computes both."""

import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from click.testing import CliRunner

from alerting.policy import load
from alerting.rules.slo import service_groups
from tools.cli import main

DATA: Final = Path(__file__).parent.parent / "data" / "import"
JOB: Final = 'job="ticket-shop"'
# Two hours at 15 s: the second one has three times the traffic and six times the errors.
SERIES: Final = {
    f'http_requests_total{{{JOB},code="200"}}': "0+20x240 4860+60x240",
    f'http_requests_total{{{JOB},code="503"}}': "0+1x240 246+6x240",
    f'http_requests_total{{{JOB},code="429"}}': "0+1x240 246+6x240",
    f'http_requests_total{{{JOB},code="404"}}': "0+3x480",
    'http_requests_total{job="other",code="500"}': "0+50x480",
    f'http_request_duration_seconds_count{{{JOB},verb="GET"}}': "0+20x240 4860+60x240",
    f'http_request_duration_seconds_count{{{JOB},verb="WATCH"}}': "0+90x480",
    f'http_request_duration_seconds_bucket{{{JOB},verb="GET",le="0.4"}}': "0+18x240 4370+50x240",
    f'http_request_duration_seconds_bucket{{{JOB},verb="GET",le="1"}}': "0+20x240 4860+60x240",
    f'http_request_duration_seconds_bucket{{{JOB},verb="WATCH",le="0.4"}}': "0+1x480",
    'seat_satisfaction_ratio{seat="a"}': "0.9x200 0.6x280",
    'seat_satisfaction_ratio{seat="b"}': "0.8x480",
    'payments_total{result="ok"}': "0+9x240 2208+20x240",
    'payments_total{result="declined"}': "0+1x240 245+5x240",
}


def sloth_ratio(slo: dict[str, Any], window: str) -> str:
    """The ratio as Sloth computes it: its query, or one query over the other."""
    sli = slo["sli"]
    query = (
        sli["raw"]["error_ratio_query"] if "raw" in sli else "({error_query}) / ({total_query})".format(**sli["events"])
    )
    return str(query).replace("{{.window}}", window)


def only(group: dict[str, Any], window: str) -> dict[str, Any]:
    """A group without longer windows: a subquery over days is more than promtool's memory limit lets a test read."""
    needed = ("slo:bad_events:", "slo:total_events:", "slo:error_ratio:1m", f"slo:error_ratio:{window}")
    return group | {"rules": [rule for rule in group["rules"] if rule.get("record", "").startswith(needed)]}


@pytest.mark.parametrize("window", ["30m", "1h"])
def test_an_imported_sli_is_the_ratio_that_sloth_computes(
    mini: Path, tmp_path: Path, part: Callable[[str], Path], window: str
) -> None:
    """Events, a latency bucket, a subquery and a raw ratio agree within one percent when traffic and errors change."""
    outcome = CliRunner().invoke(main, ["--root", str(mini), "import", "sloth", str(DATA / "sloth.yaml")])
    assert "created" in outcome.output
    policy = load(mini)
    service = policy.services["ticket-shop"]
    groups = service_groups(replace(policy, services={service.service: service}), service)
    rules = {"groups": [only(group.to_dict(), window) for group in groups if not group.name.endswith(":period")]}
    (tmp_path / "rules.json").write_text(json.dumps(rules))
    wire = {slo["name"]: slo for slo in yaml.load((DATA / "sloth.yaml").read_text(), Loader=yaml.CSafeLoader)["slos"]}
    names = [slo.name for slo in service.slos]
    assert len(names) == 4
    cases = [
        {
            "expr": (
                f'abs(vector(scalar(slo:error_ratio:{window}{{service="ticket-shop",slo="{name}"}})) '
                f"/ scalar({sloth_ratio(wire[name], window)}) - 1) < bool 0.01"
            ),
            "eval_time": "75m",
            "exp_samples": [{"labels": "{}", "value": 1}],
        }
        for name in names
    ]
    test = {
        "rule_files": ["rules.json"],
        "evaluation_interval": "15s",
        "tests": [
            {
                "interval": "15s",
                "input_series": [{"series": series, "values": values} for series, values in SERIES.items()],
                "promql_expr_test": cases,
            }
        ],
    }
    (tmp_path / "test.json").write_text(json.dumps(test))
    ran = subprocess.run(
        [part("promtool"), "test", "rules", "test.json"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
