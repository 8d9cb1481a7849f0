"""What a report shows of objectives, of which there may be many."""

from pathlib import Path

import pytest

from alerting.policy import load
from bots.numbers.measured import Course
from tests.tools.report.stories import after
from tools.report.charts import charts
from tools.report.content import Report, report
from tools.report.objectives import Objective, Objectives
from tools.report.page import page
from tools.report.week import Week


@pytest.fixture(scope="module")
def many() -> Report:
    """A week without incidents, of forty objectives; of one nothing is known."""
    rows = tuple(
        Objective(service=f"s{n:02}", slo="up", promised=0.99999, left=left, within=0.5, known=1.0)
        for n, left in enumerate([None, *(1 - n / 30 for n in range(39))])
    )
    severity = load(Path(__file__).parents[2] / "data" / "mini").severity
    course = Course(cases=(), completed={}, severity=severity, at=after(9))
    return report(course, Week.parse("2026-W09"), Objectives(rows=rows), "")


def test_the_objectives_with_the_least_budget_come_first(many: Report) -> None:
    """How many are left out is said."""
    lines = page(many, ()).splitlines()
    rows = [line for line in lines if line.startswith("| s")]
    assert len(rows) == 30
    assert rows[0] == "| s39 | up | 99.999 % | 50 % | -26.7 % | **missed** |"
    assert "10 more are not shown." in lines


def test_the_chart_of_budgets_ends_somewhere(many: Report) -> None:
    """And says which it shows."""
    picture = charts(many)["budgets.svg"].decode()
    assert '<title id="t">Error budget left: the 30 with the least</title>' in picture
    assert picture.count(' text-anchor="end">s') == 30
