"""Cases of tests/data/catalog/ as a test file of promtool: when each alert fires, when not, and with which words."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from alerting.model.policy import Policy

CASES = Path(__file__).parents[1] / "data" / "catalog"


def areas() -> list[str]:
    """The files of cases."""
    return sorted(path.stem for path in CASES.glob("*.yaml"))


def read(area: str) -> dict[str, Any]:
    """The cases of an area by alert."""
    # Every scalar is a text: else `0x20`, no value twenty times over, would be the number 32.
    cases: dict[str, Any] = yaml.load((CASES / f"{area}.yaml").read_text(), yaml.BaseLoader)  # noqa: S506 - makes texts only
    return cases


def promtool_file(policy: Policy, area: str, rules: str) -> dict[str, Any]:
    """The unit tests of an area as promtool reads them."""
    tests = [test for alert, cases in read(area).items() for test in _tests(policy, alert, cases)]
    return {"rule_files": [rules], "evaluation_interval": "1m", "tests": tests}


def _tests(policy: Policy, alert: str, cases: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for case in cases["fires"]:
        looks = [(case["at"], [_expected(policy, alert, each) for each in case.get("alerts", [case])])]
        if "not_before" in case:
            looks.insert(0, (case["not_before"], []))
        yield _test(alert, case["series"], looks)
    for case in cases["quiet"]:
        yield _test(alert, case["series"], [(case["at"], [])])


def _test(alert: str, series: Mapping[str, Any], looks: list[tuple[str, list[Any]]]) -> dict[str, Any]:
    return {
        "interval": "1m",
        "input_series": [{"series": name, "values": str(values)} for name, values in series.items()],
        "alert_rule_test": [{"alertname": alert, "eval_time": at, "exp_alerts": expected} for at, expected in looks],
    }


def _expected(policy: Policy, alert: str, each: Mapping[str, Any]) -> dict[str, Any]:
    labels = each["labels"]
    return {
        "exp_labels": labels,
        "exp_annotations": {
            "summary": each["summary"],
            "description": each["description"],
            "runbook_url": f"{policy.routing.runbook_url}{alert}.md",
            "dashboard_url": f"{policy.routing.dashboard_url}service-overview?var-service={labels['service']}",
        },
    }
