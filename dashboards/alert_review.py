"""For the weekly look at alerts: which paged, which were worth it, which fire for hours, which come and go."""

from collections.abc import Iterator
from typing import Final

from alerting import names, targets
from alerting.model.policy import Policy
from dashboards.choices import NOTHING, OF_BOTH, services, teams
from dashboards.spec import GREEN, ORANGE, PLAIN, RED, Column, Page, Panel, Query, Row, Step
from dashboards.ways import RUNBOOK_COLUMN, alert_column, incidents, links, with_runbook

_EACH: Final = "by (alertname, service)"
_PAGES: Final = f"{names.PAGES}{{{OF_BOTH}}}"
_JUDGED: Final = f'{names.PAGES}{{verdict!="none",{OF_BOTH}}}'
"""Pages of which somebody has said what they were; what has no verdict yet is not taken for worth it."""
_FIRING: Final = f'ALERTS{{alertstate="firing",severity=~"page|ticket",{OF_BOTH}}}'

_FIRING_EACH: Final = f"max by (alertname, service, severity) ({_FIRING})"
_SINCE: Final = f'ALERTS_FOR_STATE{{severity=~"page|ticket",{OF_BOTH}}}'


def _with(verdict: str) -> str:
    return f'{names.PAGES}{{verdict="{verdict}",{OF_BOTH}}}'


def page(policy: Policy) -> Page:
    """The dashboard of the policy's alerts."""
    return Page(
        uid=names.ALERT_REVIEW,
        title="Alert review",
        description=(
            "For the weekly look at alerts: which paged, which were worth it, which fire for hours, which come and go."
        ),
        variables=(teams(policy), services(policy)),
        annotations=(incidents(policy, OF_BOTH),),
        links=links(policy),
        rows=(
            Row(title=f"Pages of the last {names.FIGURES_DAYS} days", panels=(*_counts(), *_by_alert(policy))),
            Row(title="What fires", panels=tuple(_firing(policy))),
            Row(title="Notifications", panels=tuple(_notifications())),
        ),
        since="now-7d",
        refresh="5m",
    )


def _counts() -> Iterator[Panel]:
    yield _number("Pages", f"sum({_PAGES}) or {NOTHING}", "All series of an alert that fire together page once.")
    yield _number(
        "Noise in a week",
        f'sum({names.PAGES_WEEK}{{verdict="noise",{OF_BOTH}}}) or {NOTHING}',
        f"Pages of the last seven days judged to be noise; fewer than {targets.FALSE_PAGES_A_WEEK:g} are wanted.",
        steps=(Step(targets.FALSE_PAGES_A_WEEK, RED),),
    )
    yield Panel(
        kind="stat",
        title="Share of noise",
        description="Of the pages with a verdict.",
        queries=(Query(expr=f"(sum({_with('noise')}) or 0 * sum({_JUDGED})) / sum({_JUDGED})"),),
        unit="percentunit",
        steps=(Step(0.1, ORANGE), Step(0.25, RED)),
        empty="no verdict",
        height=4,
    )
    yield _number(
        "Without a verdict",
        f"sum({_with('none')}) or {NOTHING}",
        "Pages of which nobody has said yet whether they were worth it.",
        steps=(Step(1, ORANGE),),
    )


def _by_alert(policy: Policy) -> Iterator[Panel]:
    yield Panel(
        kind="table",
        title="Pages by alert",
        description="What an alert asked of people and what they said of it. A click on an alert opens its runbook.",
        queries=tuple(
            Query(expr=with_runbook(policy, expr))
            for expr in (
                f"sum {_EACH} ({_PAGES})",
                f"sum {_EACH} ({_with('actionable')})",
                f"sum {_EACH} ({_with('noise')})",
                f"sum {_EACH} ({_with('none')})",
                f"(sum {_EACH} ({_with('noise')}) or 0 * sum {_EACH} ({_JUDGED})) / sum {_EACH} ({_JUDGED})",
            )
        ),
        columns=(
            alert_column(policy),
            Column(source="service", title="Service"),
            Column(source="A", title="Pages"),
            Column(source="B", title="Actionable"),
            Column(source="C", title="Noise"),
            Column(source="D", title="No verdict"),
            Column(source="E", title="Share of noise", unit="percentunit", steps=(Step(0.1, ORANGE), Step(0.25, RED))),
            RUNBOOK_COLUMN,
        ),
        sort="Noise",
        empty="nobody was paged",
        width=16,
        height=10,
    )
    yield Panel(
        kind="bars",
        title="Noise by alert",
        queries=(
            Query(expr=f"sort_desc(topk(10, sum {_EACH} ({_with('noise')})))", legend="{{alertname}} {{service}}"),
        ),
        low=0,
        steps=(Step(2, ORANGE), Step(5, RED)),
        empty="no noise",
        width=8,
        height=10,
    )


def _number(title: str, expr: str, description: str, steps: tuple[Step, ...] = ()) -> Panel:
    return Panel(
        kind="stat",
        title=title,
        description=description,
        queries=(Query(expr=expr),),
        first=GREEN if steps else PLAIN,
        steps=steps,
        empty="the bot is not scraped",
        height=4,
    )


def _firing(policy: Policy) -> Iterator[Panel]:
    yield Panel(
        kind="graph",
        title="Firing alerts",
        queries=(Query(expr=f"count by (severity) ({_FIRING})", legend="{{severity}}"),),
        unit="short",
        low=0,
        stacked=True,
        empty="nothing fires",
        width=10,
        height=9,
    )
    yield Panel(
        kind="table",
        title="Longest and most often",
        description=(
            "How long each alert fired in the shown time, and how often it started again. One that fires for days asks "
            "nothing of anybody; one that comes and goes needs a longer `for`."
        ),
        queries=(
            Query(
                expr=with_runbook(
                    policy,
                    f"sum_over_time(({_FIRING_EACH})[$__range:$__interval]) * $__interval_ms / 1000",
                )
            ),
            Query(
                expr=with_runbook(
                    policy,
                    f"sum by (alertname, service, severity) (changes({_SINCE}[$__range]))",
                )
            ),
        ),
        columns=(
            alert_column(policy),
            Column(source="service", title="Service"),
            Column(source="severity", title="Severity"),
            Column(source="A", title="Fired for", unit="dtdurations", steps=(Step(86_400, ORANGE),)),
            Column(source="B", title="Started again", steps=(Step(3, ORANGE), Step(10, RED))),
            RUNBOOK_COLUMN,
        ),
        sort="Fired for",
        empty="nothing fired",
        width=14,
        height=9,
    )


def _notifications() -> Iterator[Panel]:
    yield Panel(
        kind="graph",
        title="Notifications an hour",
        description="What Alertmanager sent, by integration. All teams.",
        queries=(
            Query(
                expr="sum by (integration) (rate(alertmanager_notifications_total[$__rate_interval])) * 3600",
                legend="{{integration}}",
            ),
        ),
        unit="short",
        low=0,
        empty="Alertmanager is not scraped",
        width=8,
    )
    yield Panel(
        kind="graph",
        title="Failed notifications",
        description="The share of attempts that failed, by integration. All teams.",
        queries=(
            Query(
                expr=(
                    "sum by (integration) (rate(alertmanager_notifications_failed_total[$__rate_interval])) / "
                    "sum by (integration) (rate(alertmanager_notifications_total[$__rate_interval]))"
                ),
                legend="{{integration}}",
            ),
        ),
        unit="percentunit",
        low=0,
        steps=(Step(0.05, RED),),
        empty="Alertmanager is not scraped",
        width=8,
    )
    yield Panel(
        kind="graph",
        title="Suppressed alerts",
        description="Alerts that are silenced or muted by another one, beside those that are not. All teams.",
        queries=(Query(expr="sum by (state) (alertmanager_alerts)", legend="{{state}}"),),
        unit="short",
        low=0,
        stacked=True,
        empty="Alertmanager is not scraped",
        width=8,
    )
