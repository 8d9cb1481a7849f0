"""What fires and what is open, as tables for one service or for a team."""

from collections.abc import Sequence

from alerting import names
from alerting.model.policy import Policy
from dashboards.spec import Column, Panel, Query
from dashboards.ways import RUNBOOK_COLUMN, alert_column, incident_column, with_runbook


def firing(
    policy: Policy, title: str, selector: str, columns: Sequence[Column], *, width: int, height: int = 8
) -> Panel:
    """The alerts of a selector that fire, each with the way to its runbook."""
    expr = f'ALERTS{{alertstate="firing",{selector}}}'
    return Panel(
        kind="table",
        title=title,
        description="A click on an alert opens its runbook.",
        queries=(Query(expr=with_runbook(policy, expr)),),
        columns=(alert_column(policy), *columns, RUNBOOK_COLUMN),
        empty="nothing fires",
        width=width,
        height=height,
    )


def open_incidents(
    policy: Policy, selector: str, columns: Sequence[Column] = (), *, width: int, height: int = 8
) -> Panel:
    """The incidents of a selector that are not over, each with the way to its page."""
    return Panel(
        kind="table",
        title="Open incidents",
        description="A click on an incident opens its page.",
        queries=(Query(expr=f"{names.INCIDENT_STARTED}{{{selector}}} * 1000"),),
        columns=(
            incident_column(policy),
            *columns,
            Column(source="priority", title="Priority"),
            Column(source="status", title="Status"),
            Column(source="A", title="Since", unit="dateTimeFromNow"),
        ),
        empty="no incident",
        width=width,
        height=height,
    )
