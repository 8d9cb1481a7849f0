"""Runs real promtool on rules and their unit tests."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from alerting.model.policy import Policy
from alerting.model.service import Service, Slo
from alerting.rules.group import rule_file
from alerting.rules.slo import slo_groups
from alerting.yaml_text import dump

Test = Mapping[str, Any]


def own_rules(policy: Policy, service: Service, slo: Slo) -> dict[str, Any]:
    """The rule file of one SLO."""
    return rule_file(slo_groups(policy, service, slo))


def sloth_rules(service: Service, slo: Slo, team: str) -> dict[str, Any]:
    """The shape of Sloth's rules for an SLO of bad and all events, under the names that our tests ask for.

    Each window divides the rates over that window, the alerts compare two of them:
    https://sloth.dev/introduction/architecture/ and https://sre.google/workbook/alerting-on-slos/
    """
    labels = {"service": service.service, "slo": slo.name, "team": team}
    bad, total = slo.sli.bad, slo.sli.total  # type: ignore[union-attr]  # the tests pass SLOs of events
    windows = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")
    records = [
        {
            "record": f"slo:error_ratio:{window}",
            "expr": f"(sum(rate({bad}[{window}]))) / (sum(rate({total}[{window}])))",
            "labels": labels,
        }
        for window in windows
    ]
    alerts = [
        {
            "alert": f"{service.service.capitalize()}{slo.name.capitalize()}Burn",
            "expr": expr,
            "labels": {**labels, **more},
        }
        for expr, more in (
            (_either(slo, ("5m", "1h", 14.4), ("30m", "6h", 6)), {"severity": "page", "priority": "P0"}),
            (_either(slo, ("2h", "1d", 3), ("6h", "3d", 1)), {"severity": "ticket", "priority": "P2"}),
        )
    ]
    return {"groups": [{"name": "sloth", "rules": [*records, *alerts]}]}


def _either(slo: Slo, *pairs: tuple[str, str, float]) -> str:
    def burns(window: str, factor: float) -> str:
        return f"(max(slo:error_ratio:{window} > ({factor} * {slo.error_budget:.6f})) without (none))"

    return " or ".join(f"({burns(short, factor)} and {burns(long, factor)})" for short, long, factor in pairs)


def run(promtool: Path, folder: Path, rules: Mapping[str, Any], tests: Sequence[Test], interval: str = "15s") -> str:
    """What promtool says of tests of these rules; empty if they pass."""
    (folder / "rules.yaml").write_text(dump(rules), encoding="utf-8")
    document = {"rule_files": ["rules.yaml"], "evaluation_interval": interval, "tests": list(tests)}
    (folder / "test.yaml").write_text(dump(document), encoding="utf-8")
    return _said([str(promtool), "test", "rules", str(folder / "test.yaml")])


def check(promtool: Path, *files: Path) -> str:
    """What promtool says against rule files; empty if nothing."""
    return _said([str(promtool), "check", "rules", *map(str, files)])


def run_file(promtool: Path, file: Path) -> str:
    """What promtool says of a test file; empty if its tests pass."""
    return _said([str(promtool), "test", "rules", str(file)])


def _said(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr
