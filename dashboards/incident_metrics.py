"""How well incidents are handled: each figure beside its target. Drills and duplicates count nowhere here."""

from collections.abc import Iterator
from typing import Final

from alerting import budget, names, numbers, targets
from alerting.model.policy import Policy
from dashboards import budget_left
from dashboards.choices import OF_BOTH, OF_PRIORITY, priorities, services, teams
from dashboards.incident_targets import CHOSEN, shares, times
from dashboards.spec import GREEN, ORANGE, RED, Column, Page, Panel, Query, Row, Step
from dashboards.ways import RUNBOOK_COLUMN, alert_column, incident_column, incidents, links, with_runbook

_LEFT: Final = budget.left(OF_BOTH)


def page(policy: Policy) -> Page:
    """The dashboard of the policy's incidents."""
    return Page(
        uid=names.INCIDENT_METRICS,
        title="Incident metrics",
        description=(
            f"How incidents of the last {names.FIGURES_DAYS} days were handled, each figure beside its target. "
            "Drills and duplicates do not count."
        ),
        variables=(teams(policy), services(policy), priorities(policy)),
        annotations=(incidents(policy, CHOSEN),),
        links=links(policy),
        rows=(
            Row(title="Against the targets", panels=(*times(policy), *shares(policy))),
            Row(title="Over time", panels=tuple(_courses(policy))),
            Row(title="Incidents", panels=tuple(_incidents(policy))),
            Row(title="Alert noise and remediation", panels=tuple(_noise(policy))),
            Row(title="Objectives", panels=tuple(_objectives())),
        ),
        since="now-30d",
        refresh="5m",
    )


def _courses(policy: Policy) -> Iterator[Panel]:
    acknowledge = targets.acknowledge_s(policy.severity)
    courses = (
        ("Time to detect", names.TIME_TO_DETECT, targets.DETECT_S),
        ("Time to acknowledge", names.TIME_TO_ACKNOWLEDGE, acknowledge),
        ("Time to resolve", names.TIME_TO_RESOLVE, None),
    )
    for title, metric, target in courses:
        yield Panel(
            kind="graph",
            title=f"{title}, by priority",
            description=f"The median of the {names.FIGURES_DAYS} days before each moment.",
            queries=(Query(expr=f"quantile by (priority) (0.5, {metric}{{{CHOSEN}}})", legend="{{priority}}"),),
            unit="dtdurations",
            low=0,
            steps=() if target is None else (Step(target, RED),),
            empty="no incidents",
            width=8,
        )


def _incidents(policy: Policy) -> Iterator[Panel]:
    yield Panel(
        kind="table",
        title=f"Incidents of the last {names.FIGURES_DAYS} days",
        description="A click on an incident opens its page.",
        queries=tuple(
            Query(expr=f"max by (incident, service, priority) ({metric}{{{CHOSEN}}})")
            for metric in (names.TIME_TO_DETECT, names.TIME_TO_ACKNOWLEDGE, names.TIME_TO_RESOLVE)
        ),
        columns=(
            incident_column(policy),
            Column(source="service", title="Service"),
            Column(source="priority", title="Priority"),
            Column(source="A", title="Detected in", unit="dtdurations"),
            Column(source="B", title="Acknowledged in", unit="dtdurations"),
            Column(source="C", title="Resolved in", unit="dtdurations"),
        ),
        sort="Resolved in",
        empty="no incidents",
        width=16,
        height=9,
    )
    yield Panel(
        kind="graph",
        title="Open incidents by priority",
        description="All teams and services.",
        queries=(
            Query(expr=f"sum by (priority) ({names.BOT_INCIDENTS_OPEN}{{{OF_PRIORITY}}})", legend="{{priority}}"),
        ),
        unit="short",
        low=0,
        stacked=True,
        empty="the bot is not scraped",
        width=8,
        height=9,
    )


def _noise(policy: Policy) -> Iterator[Panel]:
    judged = f'sum by (alertname, service) ({names.PAGES}{{verdict!="none",{OF_BOTH}}})'
    noise = f'sum by (alertname, service) ({names.PAGES}{{verdict="noise",{OF_BOTH}}})'
    yield Panel(
        kind="table",
        title="Noisiest alerts",
        description=f"Pages of the last {names.FIGURES_DAYS} days that were noise. Alert review has more.",
        queries=(
            Query(expr=with_runbook(policy, f"topk(10, {noise})")),
            Query(expr=with_runbook(policy, f"({noise} / {judged}) and topk(10, {noise})")),
        ),
        columns=(
            alert_column(policy),
            Column(source="service", title="Service"),
            Column(source="A", title="Noise"),
            Column(source="B", title="Share", unit="percentunit", steps=(Step(0.25, ORANGE), Step(0.5, RED))),
            RUNBOOK_COLUMN,
        ),
        sort="Noise",
        empty="no noise",
        width=12,
    )
    yield Panel(
        kind="bars",
        title="Remediations by action and outcome",
        description=f"Attempts of the last {names.FIGURES_DAYS} days, without dry runs.",
        queries=(
            Query(
                expr=f"sort_desc(sum by (action, outcome) ({names.REMEDIATIONS}{{{OF_BOTH}}}))",
                legend="{{action}}: {{outcome}}",
            ),
        ),
        low=0,
        empty="no remediation",
        width=12,
    )


def _objectives() -> Iterator[Panel]:
    yield Panel(
        kind="bars",
        title="Compliance",
        description=f"{numbers.COMPLIANCE.meaning} Of the shown time.",
        queries=(
            Query(
                expr=f"sort({budget.within(_LEFT, '$__range', '$__interval')})",
                legend="{{service}} {{slo}}",
            ),
        ),
        unit="percentunit",
        low=0,
        high=1,
        first=RED,
        steps=(Step(0.95, ORANGE), Step(0.99, GREEN)),
        empty="no objective",
        width=12,
        height=9,
    )
    yield budget_left.bars("Error budget left", _LEFT, width=12)
