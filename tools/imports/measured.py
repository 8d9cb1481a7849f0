"""OpenSLO's metrics as an SLI of ours.

OpenSLO leaves open how a query and the window come together. A selector or a sum of one is taken as a counter; a range
that all of a query shares is taken as the window; anything without a range is looked at again and again over it.
"""

import re
from typing import Final

import promql_parser as ast

from alerting import promql
from alerting.promql import WINDOW, Expr
from tools.imports.shapes import Query, Sli, of_events, of_good_events, of_ratio

PROBES: Final = ("up", "probe_success")
# What holds for a measurement that is not good.
_BAD: Final = {"lte": ">", "lt": ">=", "gte": "<", "gt": "<="}
_STRING: Final = r'"(?:\\.|[^"\\])*"'
_RANGE: Final = re.compile(rf"({_STRING})|\[(\w+)(?=[\]:])")


def over_counters(part: str, text: str, total: str) -> Sli:
    """The SLI of two counters; `part` says whether the first counts `bad` or `good` events.

    Raises ValueError for queries that are not counters over one window.
    """
    one, all_ = _counter(text), _counter(total)
    return of_events(one, all_) if part == "bad" else of_good_events(one, all_)


def over_gauges(part: str, text: str, total: str) -> Sli:
    """The SLI of two numbers that go up and down; raises ValueError for what is not PromQL."""
    share = promql.binary("/", _mean(text, "sum"), _mean(total, "sum"))
    return {"ratio": (share if part == "bad" else promql.binary("-", promql.number(1), share)).text}


def over_raw(text: str, success: bool) -> Sli:
    """The SLI of a ratio that is there already; raises ValueError for what is not PromQL."""
    query = Query(text)
    ratio = query.expr if query.uses_window else _mean(text, "avg")
    return of_ratio(Query((promql.binary("-", promql.number(1), ratio) if success else ratio).text))


def over_threshold(text: str, op: str, value: float) -> Sli:
    """The SLI of a measurement that is good while it compares with a value; raises ValueError otherwise."""
    query = Query(text)
    if query.uses_window:
        raise ValueError("a measurement that is compared with a value cannot itself use the window")
    tree = query.tree
    if isinstance(tree, ast.VectorSelector) and tree.name in PROBES and (op, value) in (("gte", 1.0), ("gt", 0.0)):
        return {"probe": str(promql.selector(text))}
    bad = promql.binary(f"{_BAD[op]} bool", query.expr, promql.number(value))
    return {"ratio": _over_time(bad if _is_single(query) else promql.call("avg", bad)).text}


def fixed_range(text: str) -> str | None:
    """The range that all of a query shares and that stands for the window; None if there is none."""
    query = Query(text)
    found = set() if query.uses_window else {span for _, span in _RANGE.findall(query.text) if span}
    return found.pop() if len(found) == 1 else None


def _counter(text: str) -> Query:
    """A query that counts events over the window."""
    query = Query(text)
    if query.uses_window:
        return query
    tree = query.tree
    if isinstance(tree, ast.AggregateExpr) and str(tree.op) == "sum" and tree.modifier is None:
        tree = tree.expr
    while isinstance(tree, ast.ParenExpr):
        tree = tree.expr
    if isinstance(tree, ast.VectorSelector):
        return Query(f"sum(rate({promql.selector(tree.prettify())}[{WINDOW}]))")
    span = fixed_range(text)
    if span is None:
        raise ValueError("it neither is a counter nor has one range that could stand for the window")
    return Query(_replace_range(query.text, span))


def _replace_range(text: str, span: str) -> str:
    """The query with `{{window}}` in place of a range, strings untouched."""
    return _RANGE.sub(lambda match: f"[{WINDOW}" if match[2] == span else match[0], text)


def _mean(text: str, across: str) -> Expr:
    """The mean of a query over the window, after its series, if there may be several, have become one."""
    query = Query(text)
    if query.uses_window:
        return query.expr
    return _over_time(query.expr if _is_single(query) else promql.call(across, query.expr))


def _is_single(query: Query) -> bool:
    """Whether the query surely gives one series."""
    tree = query.tree
    while isinstance(tree, ast.ParenExpr):
        tree = tree.expr
    if isinstance(tree, ast.BinaryExpr):
        return tree.modifier is None and all(_is_single(Query(side.prettify())) for side in (tree.lhs, tree.rhs))
    if isinstance(tree, ast.AggregateExpr):
        return tree.modifier is None
    if isinstance(tree, ast.Call) and tree.func.name in ("clamp_min", "clamp_max", "histogram_quantile"):
        inner = tree.args[-1] if tree.func.name == "histogram_quantile" else tree.args[0]
        return _sums_by_le(inner) if tree.func.name == "histogram_quantile" else _is_single(Query(inner.prettify()))
    return isinstance(tree, ast.NumberLiteral) or (
        isinstance(tree, ast.Call) and tree.func.name in ("scalar", "vector", "time")
    )


def _sums_by_le(tree: ast.Expr) -> bool:
    """Whether it is `sum by (le) (…)`, which gives a quantile one series."""
    if not isinstance(tree, ast.AggregateExpr) or tree.modifier is None:
        return False
    return str(tree.modifier.type) == "AggModifierType.By" and list(tree.modifier.labels) == ["le"]


def _over_time(expr: Expr) -> Expr:
    """The mean over the window of an expression that is evaluated again and again."""
    return Expr(f"avg_over_time(({expr.text})[{WINDOW}:])")
