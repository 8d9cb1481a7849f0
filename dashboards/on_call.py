"""For whoever is on call: who has duty, what waits for an acknowledgment, and whether pages would arrive at all."""

from collections.abc import Iterator
from typing import Final

from alerting import names, targets
from alerting.model.policy import Policy
from dashboards.choices import NOTHING, OF_TEAM, teams
from dashboards.spec import GREEN, ORANGE, RED, Column, Page, Panel, Query, Row, Step, Word
from dashboards.trouble import firing, open_incidents
from dashboards.ways import incidents, links

_WAITING: Final = f'{names.INCIDENT_STARTED}{{status="open",{OF_TEAM}}}'


def page(policy: Policy) -> Page:
    """The dashboard of the policy's teams."""
    return Page(
        uid=names.ON_CALL,
        title="On call",
        description="Who has duty, what waits for an acknowledgment, and whether pages would arrive at all.",
        variables=(teams(policy),),
        annotations=(incidents(policy, OF_TEAM),),
        links=links(policy),
        rows=(
            Row(title="Now", panels=tuple(_now(policy))),
            Row(title="What fires", panels=tuple(_firing(policy))),
            Row(title="Load", panels=tuple(_load(policy))),
            Row(title="Do pages arrive", panels=tuple(_chain())),
        ),
        since="now-24h",
        refresh="1m",
    )


def _now(policy: Policy) -> Iterator[Panel]:
    limit = targets.acknowledge_s(policy.severity)
    yield Panel(
        kind="table",
        title="On call now",
        description="Who has duty in each layer, and when it ends. A layer without a line has nobody now.",
        queries=(Query(expr=f"max by (team, layer, member) ({names.ON_CALL_UNTIL}{{{OF_TEAM}}}) * 1000"),),
        columns=(
            Column(source="team", title="Team"),
            Column(source="layer", title="Layer"),
            Column(source="member", title="Who"),
            Column(source="A", title="Until", unit="dateTimeFromNow"),
        ),
        empty="nobody",
        width=12,
        height=7,
    )
    yield Panel(
        kind="stat",
        title="Waiting for an acknowledgment",
        queries=(Query(expr=f"count({_WAITING}) or {NOTHING}"),),
        steps=(Step(1, RED),),
        empty="the bot is not scraped",
        width=6,
        height=7,
    )
    yield Panel(
        kind="stat",
        title="Longest wait",
        description="How long the oldest of them has been waiting.",
        queries=(Query(expr=f"time() - min({_WAITING})"),),
        unit="dtdurations",
        steps=(Step(limit / 2, ORANGE), Step(limit, RED)),
        empty="none waits",
        width=6,
        height=7,
    )


def _firing(policy: Policy) -> Iterator[Panel]:
    columns = (
        Column(source="service", title="Service"),
        Column(source="team", title="Team"),
        Column(source="priority", title="Priority"),
    )
    yield firing(policy, "Firing pages", f'severity="page",{OF_TEAM}', columns, width=12)
    yield open_incidents(policy, OF_TEAM, (Column(source="service", title="Service"),), width=12)


def _load(policy: Policy) -> Iterator[Panel]:
    limit = targets.acknowledge_s(policy.severity)
    yield Panel(
        kind="bars",
        title="Pages of the last seven days",
        description="Pages by team, noise included: it wakes people just the same.",
        queries=(Query(expr=f"sort_desc(sum by (team) ({names.PAGES_WEEK}{{{OF_TEAM}}}))", legend="{{team}}"),),
        low=0,
        steps=(Step(5, ORANGE), Step(15, RED)),
        empty="nobody was paged",
        width=8,
    )
    yield Panel(
        kind="graph",
        title="Time to acknowledge, 90th percentile",
        description=f"Of the {names.FIGURES_DAYS} days before each moment, by team.",
        queries=(Query(expr=f"quantile by (team) (0.9, {names.TIME_TO_ACKNOWLEDGE}{{{OF_TEAM}}})", legend="{{team}}"),),
        unit="dtdurations",
        low=0,
        steps=(Step(limit, RED),),
        empty="no incidents",
        width=8,
    )
    yield Panel(
        kind="graph",
        title="Firing pages over time",
        queries=(
            Query(expr=f'count by (team) (ALERTS{{alertstate="firing",severity="page",{OF_TEAM}}})', legend="{{team}}"),
        ),
        unit="short",
        low=0,
        stacked=True,
        empty="nothing fires",
        width=8,
    )


def _chain() -> Iterator[Panel]:
    failures = "increase(prometheus_rule_evaluation_failures_total[5m])"
    watchdog = f'ALERTS{{alertname="{names.WATCHDOG}",alertstate="firing"}}'
    yield Panel(
        kind="stat",
        title="Alerting works",
        description="The alert that always fires is there: Prometheus evaluates its rules.",
        queries=(Query(expr=f"count({watchdog}) > bool 0 or vector(0)"),),
        words={"1": Word("yes", GREEN), "0": Word("no", RED)},
        first=RED,
        steps=(Step(1, GREEN),),
        width=4,
        height=5,
    )
    yield _age("Oldest delivery", f"max({names.BOT_INBOX_OLDEST})", "Of those that the bot has not worked on.", 120)
    yield _age("Records not pushed", f"max({names.BOT_UNPUSHED})", "Age of the oldest one.", 300)
    yield _age(
        "Last comparison",
        f"time() - max({names.BOT_RECONCILED} > 0)",
        "Since when the bot has not compared its incidents with Prometheus and Alertmanager.",
        900,
    )
    yield Panel(
        kind="stat",
        title="Remediation",
        description=(
            "Frozen is every action, whoever asks; `tocsin remediation status` says by which switch, by whom and why."
        ),
        queries=(Query(expr=f"max({names.REMEDIATION_FROZEN})"),),
        words={"0": Word("may run", GREEN), "1": Word("frozen", ORANGE)},
        empty="the bot is not scraped",
        width=5,
        height=5,
    )
    yield Panel(
        kind="graph",
        title="Waiting for others",
        description="How long the bot has waited for each place that it tells of incidents.",
        queries=(Query(expr=f"max by (destination) ({names.BOT_OUTBOX_LAG})", legend="{{destination}}"),),
        unit="s",
        low=0,
        steps=(Step(600, RED),),
        empty="the bot is not scraped",
        width=12,
        height=7,
    )
    yield Panel(
        kind="graph",
        title="Blind rules",
        description="Rules that could not be evaluated in five minutes, by group.",
        queries=(
            Query(
                expr=f'topk(5, sum by (group) (label_replace({failures}, "group", "$1", "rule_group", ".*;(.+)")))',
                legend="{{group}}",
            ),
        ),
        unit="short",
        low=0,
        empty="Prometheus does not scrape itself",
        width=12,
        height=7,
    )


def _age(title: str, expr: str, description: str, limit_s: float) -> Panel:
    return Panel(
        kind="stat",
        title=title,
        description=description,
        queries=(Query(expr=expr),),
        unit="dtdurations",
        steps=(Step(limit_s, RED),),
        empty="the bot is not scraped",
        width=5,
        height=5,
    )
