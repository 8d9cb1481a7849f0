"""Objectives: what is left of each error budget, how fast it burns, when it will be spent."""

from collections.abc import Iterator
from typing import Final

from alerting import budget, names
from alerting.model.policy import Policy
from alerting.timescale import REAL
from dashboards import budget_left
from dashboards.budget_left import BUDGET_STEPS
from dashboards.choices import OF_BOTH, OF_SLO, services, slos, teams
from dashboards.spec import GREEN, ORANGE, RED, Column, Page, Panel, Query, Row, Step
from dashboards.ways import incidents, links

_EACH: Final = "by (service, slo)"
LEFT: Final = budget.left(OF_SLO)
_BURN: Final = f'{{__name__=~"slo:burn_rate:.+",{OF_SLO}}}'
_PACE: Final = f"min {_EACH} (deriv({names.BUDGET_REMAINING}{{{OF_SLO}}}[6h]))"
SPENT_IN: Final = f"({LEFT} > 0) / (0 - ({_PACE} < 0))"
"""Seconds until a budget is spent at the pace of the last six hours; of those that shrink."""
WITHIN: Final = budget.within(LEFT, "$__range", "$__interval")
"""Share of the shown time in which each objective was met."""


def page(policy: Policy) -> Page:
    """The dashboard of the policy's objectives."""
    return Page(
        uid=names.SLO_TRACKING,
        title="SLO tracking",
        description="What is left of each error budget, how fast it burns, and when it will be spent.",
        variables=(teams(policy), services(policy), slos(policy)),
        annotations=(incidents(policy, OF_BOTH),),
        links=links(policy),
        rows=(
            Row(title="Now", panels=tuple(_now())),
            Row(title="Objectives", panels=tuple(_objectives(policy))),
            Row(title="Error budget", panels=tuple(_budget())),
            Row(title="Burn rate", panels=tuple(_burn(policy))),
            Row(title="Events", panels=tuple(_events(policy))),
        ),
        since="now-30d",
        refresh="5m",
    )


def _now() -> Iterator[Panel]:
    yield Panel(
        kind="stat",
        title="Objectives met",
        description="The share of objectives whose error budget is not spent.",
        queries=(Query(expr=f"avg({LEFT} >= bool 0)"),),
        unit="percentunit",
        first=RED,
        steps=(Step(0.9, ORANGE), Step(1, GREEN)),
        empty="no objective",
        height=5,
    )
    yield Panel(
        kind="stat",
        title="Compliance",
        description="The share of the shown time in which the objectives were met, on average.",
        queries=(Query(expr=f"avg({WITHIN})"),),
        unit="percentunit",
        decimals=2,
        first=RED,
        steps=(Step(0.95, ORANGE), Step(0.99, GREEN)),
        empty="no objective",
        height=5,
    )
    yield Panel(
        kind="stat",
        title="Least budget left",
        queries=(Query(expr=f"bottomk(1, {LEFT})", legend="{{service}} {{slo}}"),),
        unit="percentunit",
        decimals=1,
        first=RED,
        steps=BUDGET_STEPS,
        empty="no objective",
        height=5,
    )
    yield Panel(
        kind="stat",
        title="First to be spent",
        description="How long the budget lasts that ends first, at the pace of the last six hours.",
        queries=(Query(expr=f"bottomk(1, {SPENT_IN})", legend="{{service}} {{slo}}"),),
        unit="dtdurations",
        first=RED,
        steps=(Step(86_400, ORANGE), Step(7 * 86_400, GREEN)),
        empty="none shrinks",
        height=5,
    )


def _objectives(policy: Policy) -> Iterator[Panel]:
    overview = policy.routing.dashboard_url + names.service_dashboard("${__value.text}")
    yield Panel(
        kind="table",
        title="Every objective",
        description="A click on a service opens its overview. A budget that does not shrink has no end.",
        queries=(
            Query(expr=budget.promised(OF_SLO)),
            Query(expr=LEFT),
            Query(expr=f"max {_EACH} ({_BURN})"),
            Query(expr=SPENT_IN),
            Query(expr=WITHIN),
        ),
        columns=(
            Column(source="service", title="Service", link=overview, link_title="The service's overview"),
            Column(source="slo", title="Objective"),
            Column(source="A", title="Target", unit="percentunit"),
            Column(source="B", title="Budget left", unit="percentunit", steps=(Step(-100, RED), *BUDGET_STEPS)),
            Column(source="C", title="Fastest burn", steps=(Step(0, GREEN), Step(1, ORANGE), Step(6, RED))),
            Column(source="D", title="Spent in", unit="dtdurations"),
            Column(source="E", title="Time within target", unit="percentunit"),
        ),
        sort="Fastest burn",
        decimals=2,
        empty="no objective",
        width=24,
        height=9,
    )


def _budget() -> Iterator[Panel]:
    yield Panel(
        kind="graph",
        title="Budget burn-down",
        description="Below zero the objective is missed. A rolling period gives back what is older than it.",
        queries=(Query(expr=LEFT, legend="{{service}} {{slo}}"),),
        unit="percentunit",
        high=1,
        steps=(Step(0, RED),),
        empty="no objective",
        width=14,
        height=9,
    )
    yield budget_left.bars("Budget left", LEFT, width=10)


def _burn(policy: Policy) -> Iterator[Panel]:
    factors = {pair.factor: RED if pair.severity == "page" else ORANGE for pair in policy.windows.pairs}
    steps = tuple(Step(factor, color) for factor, color in sorted(factors.items()))
    yield Panel(
        kind="graph",
        title="Burn rate by window",
        description=(
            "How many times faster than allowed the budget burns over each window, for the objective that is fastest "
            "in it. The lines are what alerts compare with: a pair of windows above one of them alerts."
        ),
        queries=(
            Query(
                expr=(f'max by (window) (label_replace({_BURN}, "window", "$1", "__name__", "slo:burn_rate:(.+)"))'),
                legend="{{window}}",
            ),
        ),
        unit="short",
        low=0,
        steps=steps,
        empty="no objective",
        width=12,
        height=9,
    )
    yield Panel(
        kind="graph",
        title="Burn rate by objective",
        description="The fastest of each objective's windows.",
        queries=(Query(expr=f"max {_EACH} ({_BURN})", legend="{{service}} {{slo}}"),),
        unit="short",
        low=0,
        steps=steps,
        empty="no objective",
        width=12,
        height=9,
    )


def _events(policy: Policy) -> Iterator[Panel]:
    bases = sorted({str(REAL.base(service.scrape_interval)) for service in policy.services.values() if service.slos})
    windows = "|".join(bases)
    kinds = (("all", "total", "All events"), ("bad", "bad", "Bad events"))
    for legend, kind, title in kinds:
        names_of = f'{{__name__=~"slo:{kind}_events:rate({windows})",{OF_SLO}}}'
        yield Panel(
            kind="graph",
            title=title,
            description=f"Events a second that count for the objectives: {legend} of them.",
            queries=(Query(expr=f"max {_EACH} ({names_of})", legend="{{service}} {{slo}}"),),
            unit="reqps",
            low=0,
            empty="no events",
            width=12,
        )
