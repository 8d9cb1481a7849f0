"""How well incidents are handled: each figure beside its target. Drills and duplicates count nowhere here."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from alerting import names, targets
from alerting.model.policy import Policy
from dashboards.choices import OF_BOTH, OF_PRIORITY, priorities, services, teams
from dashboards.service_overview import BUDGET_STEPS
from dashboards.spec import GREEN, ORANGE, RED, Aside, Column, Page, Panel, Query, Row, Step, Unit, Word
from dashboards.ways import RUNBOOK_COLUMN, alert_column, incident_column, incidents, links, with_runbook

_CHOSEN: Final = f"{OF_BOTH},{OF_PRIORITY}"
_MET: Final = Aside(words={"1": Word("met", GREEN), "0": Word("missed", RED)})
_LEFT: Final = f"min by (service, slo) ({names.BUDGET_REMAINING}{{{OF_BOTH}}})"
_NOISE: Final = f'sum({names.PAGES_WEEK}{{verdict="noise",{OF_BOTH}}})'
_WORKED: Final = (
    f'(sum({names.REMEDIATIONS}{{outcome="succeeded",{OF_BOTH}}}) or 0 * sum({names.REMEDIATIONS}{{{OF_BOTH}}}))'
    f" / sum({names.REMEDIATIONS}{{{OF_BOTH}}})"
)
_WRITTEN: Final = (
    f'(sum({names.POSTMORTEMS}{{state="complete",{OF_BOTH}}}) or 0 * sum({names.POSTMORTEMS}{{{OF_BOTH}}}))'
    f" / sum({names.POSTMORTEMS}{{{OF_BOTH}}})"
)


@dataclass(frozen=True, slots=True)
class Goal:
    """What a figure is compared with, and how."""

    value: float
    operator: Literal["<", ">", ">="]
    unit: Unit


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
        annotations=(incidents(policy, _CHOSEN),),
        links=links(policy),
        rows=(
            Row(title="Against the targets", panels=(*_times(policy), *_shares())),
            Row(title="Over time", panels=tuple(_courses(policy))),
            Row(title="Incidents", panels=tuple(_incidents(policy))),
            Row(title="Alert noise and remediation", panels=tuple(_noise(policy))),
            Row(title="Objectives", panels=tuple(_objectives())),
        ),
        since="now-30d",
        refresh="5m",
    )


def _times(policy: Policy) -> Iterator[Panel]:
    acknowledge = targets.acknowledge_s(policy.severity)
    urgent = f'{names.TIME_TO_ACKNOWLEDGE}{{{OF_BOTH},priority=~"{"|".join(targets.URGENT)}"}}'
    yield _time(
        "Time to detect",
        "From when the trouble began to the first page (MTTD), of incidents whose beginning is known.",
        f"{names.TIME_TO_DETECT}{{{_CHOSEN}}}",
        f"vector({targets.DETECT_S:g})",
        (Step(targets.DETECT_S, RED),),
    )
    yield _time(
        f"Time to acknowledge, {' and '.join(targets.URGENT)}",
        "From the first page to the acknowledgment (MTTA), of the most urgent incidents.",
        urgent,
        f"vector({acknowledge:g})",
        (Step(acknowledge, RED),),
    )
    yield _time(
        "Time to resolve",
        (
            "From the first page to the resolution (MTTR). The target is 30 % less than the stored baseline; "
            "without a baseline there is no target."
        ),
        f"{names.TIME_TO_RESOLVE}{{{_CHOSEN}}}",
        f"{targets.RESOLVE_SHARE:g} * {names.RESOLVE_BASELINE}",
        (),
    )


def _time(title: str, description: str, of: str, target: str, steps: tuple[Step, ...]) -> Panel:
    """Median, ninth tenth and number of incidents, beside the target and whether the median meets it."""
    median = f"quantile(0.5, {of})"
    return Panel(
        kind="stat",
        title=title,
        description=f"{description} Median and 90th percentile, and of how many incidents.",
        queries=(
            Query(expr=median, legend="median"),
            Query(expr=f"quantile(0.9, {of})", legend="p90"),
            Query(expr=f"count({of})", legend="incidents"),
            Query(expr=target, legend="target"),
            Query(expr=f"{median} < bool on () ({target})", legend="target is"),
        ),
        unit="dtdurations",
        asides={"incidents": Aside(), "target": Aside(unit="dtdurations"), "target is": _MET},
        steps=steps,
        empty="none",
        width=8,
        height=5,
    )


def _shares() -> Iterator[Panel]:
    yield _share(
        "False pages in a week",
        "Page alerts of the last seven days that responders judged to be noise.",
        f"({_NOISE} or vector(0))",
        Goal(targets.FALSE_PAGES_A_WEEK, "<", "none"),
    )
    yield _share(
        "Remediations that worked",
        "Of all that ended, without dry runs.",
        f"({_WORKED})",
        Goal(targets.REMEDIATIONS, ">", "percentunit"),
    )
    yield _share(
        "Postmortems complete",
        "Of the incidents that need one. The bot does not export this figure yet.",
        f"({_WRITTEN})",
        Goal(targets.POSTMORTEMS, ">=", "percentunit"),
        empty="not exported yet",
    )
    yield Panel(
        kind="stat",
        title="Open incidents",
        description="Beside it, recent incidents that the other figures leave out since there are too many.",
        queries=(
            Query(expr=f"count({names.INCIDENT_STARTED}{{{_CHOSEN}}}) or vector(0)", legend="open"),
            Query(expr=f"max({names.FIGURES_LEFT_OUT})", legend="left out"),
        ),
        asides={"left out": Aside()},
        steps=(Step(1, ORANGE),),
        width=6,
        height=5,
    )


def _share(title: str, description: str, value: str, goal: Goal, empty: str = "none") -> Panel:
    """A figure beside its target and whether it is met."""
    target = f"target {goal.operator}".replace(">=", "≥")
    low, high = (GREEN, RED) if goal.operator == "<" else (RED, GREEN)
    return Panel(
        kind="stat",
        title=title,
        description=description,
        queries=(
            Query(expr=value, legend="now"),
            Query(expr=f"vector({goal.value:g}) and on () {value}", legend=target),
            Query(expr=f"{value} {goal.operator} bool {goal.value:g}", legend="target is"),
        ),
        unit=goal.unit,
        asides={target: Aside(unit=goal.unit), "target is": _MET},
        first=low,
        steps=(Step(goal.value, high),),
        empty=empty,
        width=6,
        height=5,
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
            queries=(Query(expr=f"quantile by (priority) (0.5, {metric}{{{_CHOSEN}}})", legend="{{priority}}"),),
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
            Query(expr=f"max by (incident, service, priority) ({metric}{{{_CHOSEN}}})")
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
    pages = f"sum by (alertname, service) ({names.PAGES}{{{OF_BOTH}}})"
    noise = f'sum by (alertname, service) ({names.PAGES}{{verdict="noise",{OF_BOTH}}})'
    yield Panel(
        kind="table",
        title="Noisiest alerts",
        description=f"Page alerts of the last {names.FIGURES_DAYS} days that were noise. Alert review has more.",
        queries=(
            Query(expr=with_runbook(policy, f"topk(10, {noise})")),
            Query(expr=with_runbook(policy, f"({noise} / {pages}) and topk(10, {noise})")),
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
        description="The share of the shown time in which each objective was met.",
        queries=(
            Query(
                expr=f"sort(avg_over_time(({_LEFT} >= bool 0)[$__range:$__interval]))",
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
    yield Panel(
        kind="bars",
        title="Error budget left",
        queries=(Query(expr=f"sort({_LEFT})", legend="{{service}} {{slo}}"),),
        unit="percentunit",
        decimals=1,
        low=0,
        high=1,
        first=RED,
        steps=BUDGET_STEPS,
        empty="no objective",
        width=12,
        height=9,
    )
