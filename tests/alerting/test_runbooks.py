"""The runbooks that ship: whole, and with commands that can work."""

import re
from collections.abc import Iterator
from pathlib import Path

import promql_parser
import pytest

from alerting import runbook_page
from alerting.actions import ACTIONS, check_binding
from alerting.model.policy import Policy
from alerting.policy import load
from alerting.remediations import bindings
from alerting.remediations import bound as bound_to
from alerting.rules.catalog import catalog_alerts, catalog_groups
from alerting.rules.slo import service_groups

REPOSITORY = Path(__file__).parents[2]
FILES = sorted(path for path in (REPOSITORY / "runbooks").glob("*.md") if path.stem != "TEMPLATE")
PAGES = pytest.mark.parametrize("file", FILES, ids=lambda path: path.stem)


def read(file: Path) -> runbook_page.Page:
    """One runbook."""
    return runbook_page.read(file.read_bytes())


@pytest.fixture(scope="module")
def policy() -> Policy:
    """The example company."""
    return load(REPOSITORY)


def metrics(text: str) -> Iterator[str]:
    """The metrics that an expression reads."""
    found: list[str] = []

    def visit(node: promql_parser.Expr) -> bool:
        if isinstance(node, promql_parser.VectorSelector):
            found.append(node.name)
        return True

    promql_parser.walk(promql_parser.parse(text), visit)
    return iter(found)


@pytest.fixture(scope="module")
def known(policy: Policy) -> set[str]:
    """Every metric that a rule reads or records, `ALERTS`, and the ones that histograms have on top."""
    groups = [*catalog_groups(policy)]
    for service in policy.services.values():
        groups += service_groups(policy, service)
    rules = [rule for group in groups for rule in group.rules]
    read_by_rules = {metric for rule in rules for metric in metrics(rule.expr)}
    return read_by_rules | {rule.record for rule in rules if rule.record} | {"ALERTS"}


@PAGES
def test_a_runbook_has_exactly_the_sections(file: Path) -> None:
    """Whoever is woken finds everything in the same place."""
    assert read(file).sections == runbook_page.SECTIONS


@PAGES
def test_its_queries_read_metrics_that_rules_know(file: Path, known: set[str]) -> None:
    """What is not read by a rule is perhaps not scraped, and nobody notices when its name changes."""
    queries = read(file).queries
    unknown = {metric for query in queries for metric in metrics(query)} - known
    assert queries, "a diagnosis without a query"
    assert unknown == set()


@PAGES
def test_its_diagnosis_has_commands_in_a_known_language(file: Path) -> None:
    """At least a query and a command for a shell, each marked as what it is."""
    blocks = [block for block in read(file).blocks if block.section == "Diagnosis"]
    assert {block.language for block in read(file).blocks} <= {"sh", "sql", "promql"}
    assert {block.language for block in blocks} & {"sh", "sql"}


@PAGES
def test_its_links_lead_to_runbooks(file: Path) -> None:
    """No link to another runbook is dead."""
    for target in re.findall(r"\]\(([^)]+)\)", file.read_text()):
        assert (file.parent / target).exists(), target


@PAGES
def test_it_is_short_and_says_what_it_is(file: Path) -> None:
    """One heading with the title, and no more than a screen or two; nothing of the template is left."""
    text = file.read_text()
    title = re.search(r"^title: (.+)$", text, re.MULTILINE)
    assert title is not None
    assert f"\n# {title[1]}\n" in text
    assert len(text.splitlines()) <= 80
    assert "{{" not in text
    assert "NAMESPACE get pods" not in text


def test_several_actions_are_bound_by_runbooks(policy: Policy) -> None:
    """Restart, scale, clear cache and diagnostics are really used, and each service names its targets."""
    bound = {front.remediation.action for front in policy.runbooks.values() if front.remediation}
    assert bound == set(ACTIONS)
    usable = {binding.action for _, _, binding in bindings(policy) if check_binding(binding, whole=True) == ()}
    assert usable == set(ACTIONS)
    for service in policy.services.values():
        for alert in service.remediations:
            binding = bound_to(policy, service, alert)
            assert binding is not None
            assert check_binding(binding, whole=True) == (), (service.service, alert)


def test_every_alert_of_the_catalogue_has_its_runbook(policy: Policy) -> None:
    """The address in the annotation leads somewhere."""
    assert {alert.alert for _, alert in catalog_alerts(policy)} <= set(policy.runbooks)


def test_sections_and_blocks_are_found_as_markdown_means_them() -> None:
    """Fences of either kind and any length; what stands inside of one is no heading."""
    page = runbook_page.read(
        b"---\nalert: A\ntitle: t\n---\n# t\n\n## One ##\n~~~sh\n## not a heading\n```\n~~~\n   ## Two\n"
        b"````promql\nup\n\n```\n````\n##none\n```\nunclosed"
    )
    assert page.sections == ("One", "Two")
    assert [(block.section, block.language, block.text) for block in page.blocks] == [
        ("One", "sh", "## not a heading\n```\n"),
        ("Two", "promql", "up\n\n```\n"),
    ]
    assert page.queries == ("up", "```")
    assert page.missing == runbook_page.SECTIONS
    assert page.markdown.startswith("# t\n")
