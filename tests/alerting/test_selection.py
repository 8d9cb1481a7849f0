"""PromQL narrowed to services: by its selectors where that is the same as filtering, by filtering elsewhere."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import promql_parser
import pytest
import yaml

from alerting.rules.selection import carries, only, without

NARROWED = {
    "errors > 1": 'errors{service="cart"} > 1',
    'rate(errors{a="b"}[5m])': 'rate(errors{a="b",service="cart"}[5m])',
    "sum by (service) (a) / sum by (service) (b)": (
        'sum by (service)(a{service="cart"}) / sum by (service)(b{service="cart"})'
    ),
    "a and on (pod) b": 'a{service="cart"} and on (pod) b',
    "a * on (pod) group_left (node) b": 'a{service="cart"} * on (pod) group_left (node) b',
    "max_over_time(a[1h:5m])": 'max_over_time(a{service="cart"}[1h:5m])',
    "time() - a > 5": 'time() - a{service="cart"} > 5',
}
FILTERED = [
    "sum(a) > 1",
    "absent(a)",
    "topk(1, a)",
    "a or on (pod) b",
    "a * on (pod) group_left (service) b",
    'a{path=~"/x\\\\d"} > 1',
    'label_replace(a, "service", "$1", "app", "(.*)")',
    "sum without (service) (a)",
]


@pytest.mark.parametrize(("written", "narrowed"), NARROWED.items())
def test_selectors_are_narrowed_where_the_result_is_the_same(written: str, narrowed: str) -> None:
    """Only the series of that service are read."""
    assert " ".join(only(written, "cart").replace("{}", "").split()) == narrowed


@pytest.mark.parametrize("written", FILTERED)
def test_anything_else_is_filtered(written: str) -> None:
    """What a selector does not decide is decided on the result."""
    assert only(written, "cart") == (
        f'({written})\nand on (service) (\n  label_replace(vector(1), "service", "cart", "", "")\n)'
    )


def test_filtering_for_platform_keeps_series_without_a_service() -> None:
    """`vector(1)` has no labels, and so matches what has no service."""
    assert without("absent(a)", ["cart", "platform"]) == (
        "(absent(a))\nunless on (service) (\n"
        '  label_replace(vector(1), "service", "cart", "", "")\n'
        '  or label_replace(vector(1), "service", "platform", "", "")\n'
        "  or vector(1)\n)"
    )


def test_nothing_to_leave_out_leaves_the_text_as_it_is() -> None:
    """Comments and line breaks of the author stay."""
    assert without("a # mine\n > 1", []) == "a # mine\n > 1"


@pytest.mark.parametrize(
    ("text", "carried"),
    [
        ("a", True),
        ("sum by (service) (a)", True),
        ("sum by (instance) (a)", False),
        ("sum without (instance) (a)", True),
        ("sum without (service) (a)", False),
        ("sum(a)", False),
        ("topk(3, a)", True),
        ("vector(1)", False),
        ("a / on (service) b", True),
        ("a / on (pod) b", False),
        ("a / ignoring (service) b", False),
        ("a / on (pod) group_left b", True),
        ("sum by (pod) (a) * on (pod) group_left (service) b", True),
        ("sum by (pod) (a) * on (pod) group_left (node) b", False),
        ("sum by (pod) (a) or b", True),
        ("sum by (pod) (a) and on (pod) b", False),
        ("1 - a", True),
        ('label_replace(sum(a), "service", "x", "", "")', True),
        ("-(a)", True),
    ],
)
def test_it_is_known_whether_series_can_name_a_service(text: str, carried: bool) -> None:
    """That decides between constant labels and templates."""
    assert carries(promql_parser.parse(text)) is carried


@pytest.mark.parametrize("promtool", ["promtool", "promtool-2.42"])
def test_narrowing_and_leaving_out_part_the_series_for_real(
    part: Callable[[str], Path], tmp_path: Path, promtool: str
) -> None:
    """Under Prometheus, each series is in exactly one of the two, whichever way the expression was changed."""
    tests = []
    for written in ["a > 1", "topk(9, a)", "sum by (service) (a)", "a and on (pod) b", "a or on (pod) b"]:
        for service, values in {"cart": [2], "platform": [3, 4]}.items():
            expected = [{"value": value} for value in values]
            tests.append(
                {"expr": f"count({only(written, service)})", "exp_samples": [{"labels": "{}", "value": len(expected)}]}
            )
            tests.append(
                {
                    "expr": f"count({without(written, [service])})",
                    "exp_samples": [{"labels": "{}", "value": 3 - len(expected)}],
                }
            )
    series = {'a{service="cart",pod="1"}': "2", 'a{service="platform",pod="2"}': "3", 'a{pod="3"}': "4"}
    both = {**series, **{f'b{{pod="{n}"}}': "1" for n in "123"}}
    path = tmp_path / "test.yaml"
    path.write_text(
        yaml.safe_dump(
            {
                "tests": [
                    {
                        "interval": "1m",
                        "input_series": [{"series": name, "values": value} for name, value in both.items()],
                        "promql_expr_test": [{**test, "eval_time": "0m"} for test in tests],
                    }
                ]
            }
        )
    )
    run = subprocess.run([part(promtool), "test", "rules", path], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
