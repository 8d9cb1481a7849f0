"""A dashboard's JSON taken apart again: its panels, their queries, and what those name."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import promql_parser

from alerting.promql import parse

GLOBALS: Final[Mapping[str, str]] = {
    "__rate_interval": "1m",
    "__interval": "15s",
    "__interval_ms": "15000",
    "__range": "1h",
}
"""What Grafana replaces by itself, with values that any query works with.
https://grafana.com/docs/grafana/latest/dashboards/variables/add-template-variables/#global-variables"""
# `$1` in label_replace is no variable: the names of ours begin with a letter or an underscore.
_VARIABLE: Final = re.compile(r"\$\{([A-Za-z_]\w*)(?::\w+)?\}|\$([A-Za-z_]\w*)")

_WITH_ONE_INSIDE: Final = (
    promql_parser.AggregateExpr,
    promql_parser.ParenExpr,
    promql_parser.SubqueryExpr,
    promql_parser.UnaryExpr,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One query of a panel."""

    letter: str
    expr: str
    legend: str
    over_time: bool
    """Whether it is asked for its course; else for its newest value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One panel as it stands in a dashboard."""

    row: str
    title: str
    json: Mapping[str, Any]
    queries: tuple[Asked, ...]


def panels(dashboard: Mapping[str, Any]) -> Iterator[Shown]:
    """The panels in their order, those of closed rows among them."""
    row = ""
    for panel in dashboard["panels"]:
        if panel["type"] == "row":
            row = panel["title"]
            yield from (_shown(row, inner) for inner in panel.get("panels", ()))
        else:
            yield _shown(row, panel)


def _shown(row: str, panel: Mapping[str, Any]) -> Shown:
    queries = tuple(
        Asked(
            letter=target["refId"],
            expr=target["expr"],
            legend="" if target["legendFormat"] == "__auto" else target["legendFormat"],
            over_time=target["range"],
        )
        for target in panel["targets"]
    )
    return Shown(row=row, title=panel["title"], json=panel, queries=queries)


def expressions(dashboard: Mapping[str, Any]) -> Iterator[str]:
    """Every PromQL expression of a dashboard: of its panels and of its annotations."""
    for panel in panels(dashboard):
        yield from (query.expr for query in panel.queries)
    yield from (one["target"]["expr"] for one in dashboard["annotations"]["list"])


def variables_in(text: str) -> set[str]:
    """The names of the variables that a text uses."""
    return {braced or bare for braced, bare in _VARIABLE.findall(text)}


def filled(expr: str, values: Mapping[str, str]) -> str:
    """The expression with values for its variables; those without one stay."""
    known = {**GLOBALS, **values}
    return _VARIABLE.sub(lambda found: known.get(found[1] or found[2], found[0]), expr)


def metrics_in(expr: str) -> set[str]:
    """The names of the metrics, and the patterns of names, that an expression selects by.

    Raises ValueError if it is not PromQL.
    """
    found: set[str] = set()
    _walk(parse(filled(expr, {})), found)
    return found


def _walk(node: promql_parser.Expr, found: set[str]) -> None:
    if isinstance(node, promql_parser.VectorSelector):
        named = [matcher.value for matcher in node.matchers.matchers if matcher.name == "__name__"]
        found.update([node.name] if node.name else named)
        return
    for inner in _inside(node):
        _walk(inner, found)


def _inside(node: promql_parser.Expr) -> Iterator[promql_parser.Expr]:
    if isinstance(node, promql_parser.MatrixSelector):
        yield node.vector_selector
    elif isinstance(node, promql_parser.BinaryExpr):
        yield from (node.lhs, node.rhs)
    elif isinstance(node, promql_parser.Call):
        yield from node.args
    elif isinstance(node, _WITH_ONE_INSIDE):
        yield node.expr
