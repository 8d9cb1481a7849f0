"""Three silences that are not the same, and a series too young to judge: told apart by our rules, mixed up by others.

Every case is one of the tests that are made from each SLO. The same input is given to rules of Sloth's shape, which
shows that the test sees the difference.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from alerting import burn
from alerting.model.service import Service, Slo
from alerting.policy import load
from alerting.rule_tests.cases import Cases, cases
from alerting.rule_tests.file import load_of
from alerting.rules.subject import subject_of
from tests.alerting.prometheus_rules import own_rules, run, sloth_rules

POLICY = load(Path(__file__).parents[1] / "data" / "mini")
SERVICE: Service = POLICY.services["checkout"]
SLO: Slo = SERVICE.slos[0]

TRAPS: Mapping[str, Callable[[Cases], dict[str, Any]]] = {
    "idle": Cases.idle,
    "no error counter yet": Cases.no_error_yet,
    "vanished": Cases.vanished,
    "a blip of a young series": Cases.young_blip,
}
COMMON: Mapping[str, Callable[[Cases], dict[str, Any]]] = {
    "a complete outage": Cases.complete_outage,
    "errors below the threshold": Cases.below_threshold,
}


def made_cases() -> Cases:
    """The cases of the SLO."""
    series = load_of(SLO)
    assert series is not None
    return cases(subject_of(POLICY, SERVICE, SLO), series, burn.watch(SLO, SERVICE, POLICY.windows).theories)


@pytest.fixture(params=["promtool-2.42", "promtool"])
def promtool(request: pytest.FixtureRequest, part: Callable[[str], Path]) -> Path:
    """Both versions that are supported."""
    return part(request.param)


@pytest.mark.parametrize("name", [*TRAPS, *COMMON])
def test_our_rules_pass(name: str, promtool: Path, tmp_path: Path) -> None:
    """Idle is zero, a missing error counter is zero, what vanished alerts, and a young series is no outage."""
    test = {**TRAPS, **COMMON}[name](made_cases())
    assert run(promtool, tmp_path, own_rules(POLICY, SERVICE, SLO), [test]) == ""


@pytest.mark.parametrize("name", TRAPS)
def test_rules_that_divide_rates_over_each_window_fail(name: str, promtool: Path, tmp_path: Path) -> None:
    """The same input trips rules of Sloth's shape."""
    said = run(promtool, tmp_path, sloth_rules(SERVICE, SLO, SERVICE.owner), [TRAPS[name](made_cases())])
    assert "FAILED" in said


def test_those_rules_do_work_where_nothing_is_special(promtool: Path, tmp_path: Path) -> None:
    """The other shape is a fair one: it is silent below the threshold, and pages in an outage like ours does."""
    made = made_cases()
    outage = made.complete_outage()
    firing = [check for check in outage["promql_expr_test"] if check["exp_samples"]]
    tests = [made.below_threshold(), {**outage, "promql_expr_test": firing}]
    assert run(promtool, tmp_path, sloth_rules(SERVICE, SLO, SERVICE.owner), tests) == ""
