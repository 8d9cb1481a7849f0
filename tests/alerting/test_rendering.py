"""What is rendered: the same text whether a form is written once or each time, and rules that pass their own tests."""

import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from alerting import burn
from alerting.model.policy import Policy
from alerting.model.service import Service, Slo
from alerting.policy import load
from alerting.promql import quote
from alerting.rendering.header import HEADER, TEMPLATE_HEADER, is_rendered
from alerting.rendering.service import prometheus_rule, render_service
from alerting.rendering.whole import render_shared
from alerting.rule_tests.cases import cases
from alerting.rule_tests.file import head_of, load_of
from alerting.rules.catalog import catalog_groups
from alerting.rules.group import rule_file
from alerting.rules.slo import service_groups
from alerting.rules.subject import subject_of
from alerting.yaml_text import dump
from tests.alerting.prometheus_rules import check, run_file

ROOT = Path(__file__).parents[2]
MINI = load(ROOT / "tests" / "data" / "mini")
COMPANY = load(ROOT)
OLD, NEW = "promtool-2.42", "promtool"


def written_plainly(policy: Policy, service: Service) -> dict[str, str]:
    """What `render_service` gives, without templates."""
    name, groups = service.service, service_groups(policy, service)
    files = {
        f"prometheus/{name}.yaml": rule_file(groups),
        f"kubernetes/rules/{name}.yaml": prometheus_rule(name, groups),
    }
    for kind, native in (("test", False), ("native_test", True)):
        tests: list[dict[str, Any]] = []
        for slo in service.slos:
            load = load_of(slo)
            if load is not None and (load.kind == "native") == native:
                theories = burn.watch(slo, service, policy.windows).theories
                tests += cases(subject_of(policy, service, slo), load, theories).all()
        if tests:
            head = head_of(service, f"../prometheus/{name}.yaml")
            files[f"promtool/{name}_{kind}.yaml"] = {**head, "tests": tests}
    return {path: HEADER + dump(content) for path, content in files.items()}


@pytest.mark.parametrize("policy", [MINI, COMPANY], ids=["mini", "company"])
def test_a_filled_template_is_what_would_have_been_written(policy: Policy) -> None:
    """Byte for byte, for every service there is."""
    for service in policy.services.values():
        if service.slos:
            assert render_service(policy, service).files == written_plainly(policy, service)


TEXTS = st.one_of(st.text(max_size=12), st.text("ab :#'\"{}\\-éZq0 ", max_size=12))
NAMES = st.sampled_from(["web", "on", "y", "null", "a-b", "zq1qz", "n", "yes"])
VALUES = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8)


@given(NAMES, NAMES, TEXTS, VALUES, st.sampled_from(["99%", "99.95%", "50%"]), st.sampled_from(["1/s", "3/m", "500/s"]))
def test_no_text_makes_a_difference(name: str, slo: str, text: str, value: str, objective: str, traffic: str) -> None:
    """Names that YAML takes for other things, quotes, colons and line breaks are written as they must be."""
    sli = {"bad": f"bad{{a={quote(value)}}}", "total": f"all{{a={quote(value)}}}"}
    given_slo = {"name": slo, "objective": objective, "traffic": traffic, "description": text, "sli": sli}
    service = MINI.services["checkout"].model_copy(
        update={"service": name, "slos": (Slo.model_validate(given_slo),), "dashboard": text or None}
    )
    files = render_service(MINI, service).files
    assert files == written_plainly(MINI, service)
    groups = yaml.load(files[f"prometheus/{name}.yaml"], Loader=yaml.CSafeLoader)
    assert groups == rule_file(service_groups(MINI, service))


def write(folder: Path, files: Mapping[str, str]) -> list[Path]:
    """Writes rendered files below a folder."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return [folder / path for path in files]


WITH_SLOS = [service.service for service in COMPANY.services.values() if service.slos]


@pytest.mark.parametrize("version", [OLD, NEW])
@pytest.mark.parametrize("name", WITH_SLOS)
def test_every_slo_fires_when_it_must_and_not_before(
    name: str, version: str, part: Callable[[str], Path], tmp_path: Path
) -> None:
    """The tests that are rendered with a service pass under both promtools; native histograms need the new one.

    Takes seconds: a ticket at a low objective is hours away, and promtool evaluates every step until then.
    """
    files = write(tmp_path, render_service(COMPANY, COMPANY.services[name]).files)
    rules = [file for file in files if file.parent.name == "prometheus"]
    assert check(part(version), *rules) == ""
    tests = [file for file in files if file.parent.name == "promtool"]
    readable = [file for file in tests if version == NEW or not file.stem.endswith("native_test")]
    assert [run_file(part(version), file) for file in readable] == [""] * len(readable)
    assert tests


@pytest.mark.parametrize("version", [OLD, NEW])
def test_promtool_finds_nothing_wrong_with_any_rule(version: str, part: Callable[[str], Path], tmp_path: Path) -> None:
    """The catalogue's rules too."""
    files = write(tmp_path, render_shared(COMPANY))
    rules = [file for file in files if file.parent.name == "prometheus"]
    assert check(part(version), *rules) == ""
    assert [file.name for file in rules] == ["catalog.yaml"]


def test_the_kubernetes_object_holds_the_same_groups() -> None:
    """A PrometheusRule of the operator, named after the service."""
    service = MINI.services["payments-db"]
    text = render_service(MINI, service).files["kubernetes/rules/payments-db.yaml"]
    assert yaml.safe_load(text) == {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "payments-db", "labels": {"app.kubernetes.io/part-of": "tocsin"}},
        "spec": rule_file(service_groups(MINI, service)),
    }


def test_a_service_without_slos_has_no_files() -> None:
    """There is nothing to record."""
    assert render_service(MINI, MINI.services["platform"]).files == {}


def test_an_expression_that_nobody_can_make_series_for_is_named() -> None:
    """Its rules are rendered, its test is not, and that is said."""
    slo = {"name": "odd", "objective": "99%", "sli": {"ratio": "avg_over_time(my_ratio[{{window}}])"}}
    service = MINI.services["checkout"].model_copy(update={"slos": (Slo.model_validate(slo),)})
    rendered = render_service(MINI, service)
    assert rendered.untested == ("checkout/odd",)
    assert sorted(rendered.files) == ["kubernetes/rules/checkout.yaml", "prometheus/checkout.yaml"]


def test_every_file_says_who_made_it() -> None:
    """In its first line, whether YAML or a template."""
    files = {**render_shared(MINI), **render_service(MINI, MINI.services["checkout"]).files}
    assert all(is_rendered(text.encode()) for text in files.values())
    assert {text.split("\n")[0] + "\n" for text in files.values()} == {HEADER, TEMPLATE_HEADER}
    assert files["prometheus/catalog.yaml"] == HEADER + dump(rule_file(catalog_groups(MINI)))


def test_alertmanager_still_reads_what_has_our_first_line(part: Callable[[str], Path], tmp_path: Path) -> None:
    """amtool accepts the configuration with its templates."""
    write(tmp_path, render_shared(COMPANY))
    config = tmp_path / "alertmanager" / "alertmanager.yml"
    done = subprocess.run([part("amtool"), "check-config", config], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
