"""How much of each error budget is left, as bars."""

from typing import Final

from dashboards.spec import GREEN, ORANGE, RED, Panel, Query, Step

BUDGET_STEPS: Final = (Step(0, ORANGE), Step(0.25, GREEN))
"""Red below zero; a quarter is when a team should slow down."""


def bars(title: str, left: str, *, width: int) -> Panel:
    """A bar for each objective, the emptiest first; `left` is the expression of the budgets."""
    return Panel(
        kind="bars",
        title=title,
        queries=(Query(expr=f"sort({left})", legend="{{service}} {{slo}}"),),
        unit="percentunit",
        decimals=1,
        low=0,
        high=1,
        first=RED,
        steps=BUDGET_STEPS,
        empty="no objective",
        width=width,
        height=9,
    )
