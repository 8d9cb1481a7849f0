"""One service at a glance: is it well, who has it, what fires, what do its users see, what does it lean on."""

from collections.abc import Iterator

from alerting import names
from alerting.model.policy import Policy
from dashboards import service_ground
from dashboards.budget_left import BUDGET_STEPS
from dashboards.choices import NOTHING, ONE_SERVICE, RATE, one_service
from dashboards.spec import GREEN, ORANGE, RED, Column, Page, Panel, Query, Row, Step
from dashboards.trouble import firing, open_incidents
from dashboards.ways import incidents, links


def page(policy: Policy) -> Page:
    """The dashboard of the policy's services."""
    return Page(
        uid=names.SERVICE_OVERVIEW,
        title="Service overview",
        description="One service at a glance: its objectives, what fires, what its users see, what it leans on.",
        variables=(one_service(policy),),
        annotations=(incidents(policy, ONE_SERVICE),),
        links=links(policy),
        rows=(
            Row(title="Now", panels=(*_budgets(), *_state())),
            Row(title="Trouble", panels=tuple(_trouble(policy))),
            Row(title="What users see", panels=tuple(_requests())),
            Row(title="What it leans on", panels=tuple(service_ground.ground(policy))),
            Row(title="Database", panels=tuple(service_ground.database()), collapsed=True),
        ),
        since="now-6h",
        refresh="1m",
    )


def _budgets() -> Iterator[Panel]:
    yield Panel(
        kind="stat",
        title="Error budget left",
        description="What is left of the period's error budget of each objective. Below zero the objective is missed.",
        queries=(Query(expr=f"min by (slo) ({names.BUDGET_REMAINING}{{{ONE_SERVICE}}})", legend="{{slo}}"),),
        unit="percentunit",
        decimals=1,
        first=RED,
        steps=BUDGET_STEPS,
        empty="no objective",
        spark=True,
        width=6,
        height=5,
    )
    yield Panel(
        kind="stat",
        title="Fastest burn",
        description="Of the window in which each objective burns fastest. At 1 the budget lasts its period.",
        queries=(
            Query(
                expr=f'max by (slo) ({{__name__=~"slo:burn_rate:.+",{ONE_SERVICE}}})',
                legend="{{slo}}",
            ),
        ),
        decimals=1,
        steps=(Step(1, ORANGE), Step(6, RED)),
        empty="no objective",
        spark=True,
        width=5,
        height=5,
    )


def _state() -> Iterator[Panel]:
    yield Panel(
        kind="stat",
        title="Open incidents",
        queries=(Query(expr=f"count({names.INCIDENT_STARTED}{{{ONE_SERVICE}}}) or {NOTHING}"),),
        steps=(Step(1, RED),),
        empty="the bot is not scraped",
        width=3,
        height=5,
    )
    yield Panel(
        kind="stat",
        title="Instances up",
        description="The share of instances that Prometheus can scrape.",
        queries=(Query(expr=f"avg(up{{{ONE_SERVICE}}})"),),
        unit="percentunit",
        first=RED,
        steps=(Step(0.5, ORANGE), Step(1, GREEN)),
        empty="not scraped",
        width=3,
        height=5,
    )
    yield Panel(
        kind="table",
        title="On call now",
        description="Who answers a page of this service now, and until when.",
        queries=(
            Query(
                expr=f"1000 * {names.ON_CALL_UNTIL} * on (team) group_left () {names.SERVICE_INFO}{{{ONE_SERVICE}}}",
            ),
        ),
        columns=(
            Column(source="team", title="Team"),
            Column(source="layer", title="Layer"),
            Column(source="member", title="Who"),
            Column(source="A", title="Until", unit="dateTimeFromNow"),
        ),
        empty="nobody",
        width=7,
        height=5,
    )


def _trouble(policy: Policy) -> Iterator[Panel]:
    columns = (
        Column(source="severity", title="Severity"),
        Column(source="priority", title="Priority"),
        Column(source="slo", title="Objective"),
        Column(source="instance", title="Instance"),
    )
    of = f'severity=~"page|ticket",{ONE_SERVICE}'
    yield firing(policy, "Firing alerts", of, columns, width=14, height=6)
    yield open_incidents(policy, ONE_SERVICE, width=10, height=6)


def _requests() -> Iterator[Panel]:
    everything = f"http_requests_total{{{ONE_SERVICE}}}"
    all_of_them = f"sum(rate({everything}{RATE}))"
    failed = [f'sum(rate(http_requests_total{{{ONE_SERVICE},{label}=~"5.."}}{RATE}))' for label in ("code", "status")]
    yield Panel(
        kind="graph",
        title="Requests by status",
        queries=(Query(expr=f"sum by (code, status) (rate({everything}{RATE}))", legend="{{code}}{{status}}"),),
        unit="reqps",
        low=0,
        stacked=True,
        empty="no http_requests_total",
        width=8,
    )
    yield Panel(
        kind="graph",
        title="Failed requests",
        description="The share of requests answered with 5xx. Client libraries call the label `code` or `status`.",
        queries=(
            Query(
                expr=f"({failed[0]} or {failed[1]} or 0 * {all_of_them}) / {all_of_them}",
                legend="failed",
            ),
        ),
        unit="percentunit",
        low=0,
        empty="no http_requests_total",
        width=8,
    )
    yield Panel(
        kind="graph",
        title="Duration of requests",
        description="Half of all requests are faster than p50, one in a hundred is slower than p99.",
        queries=tuple(Query(expr=_quantile(share), legend=f"p{round(100 * share)}") for share in (0.5, 0.95, 0.99)),
        unit="s",
        low=0,
        empty="no http_request_duration_seconds",
        width=8,
    )


def _quantile(share: float) -> str:
    """Of classic histograms, or of native ones, which have no buckets of their own name."""
    metric = "http_request_duration_seconds"
    classic = f"histogram_quantile({share}, sum by (le) (rate({metric}_bucket{{{ONE_SERVICE}}}{RATE})))"
    return f"{classic} or histogram_quantile({share}, sum(rate({metric}{{{ONE_SERVICE}}}{RATE})))"
