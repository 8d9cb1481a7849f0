"""Ratios whose counters are plain to see: they are compiled as counters, which is cheaper and tells silences apart."""

import functools

import promql_parser

from alerting import promql
from alerting.model.service import EventsSli, RatioSli, Sli


@functools.lru_cache(maxsize=4096)
def compiled_sli(sli: Sli) -> Sli:
    """The SLI that rules are made from: counters for `sum(rate(bad)) / sum(rate(total))` or 1 minus good ones.

    Any other ratio, and any other kind, stays what it is. Raises ValueError for a ratio that is not PromQL.
    """
    return (counters_of(sli) or sli) if isinstance(sli, RatioSli) else sli


def counters_of(sli: RatioSli) -> EventsSli | None:
    """The counters in a ratio of the form bad / total or 1 - good / total; None for any other form."""
    whole = promql.parse(sli.ratio.replace(promql.WINDOW, _MARK))
    tree, part = _bare(whole), "bad"
    rest = _sides(tree, "-")
    if rest and str(rest[0]) == "1":
        tree, part = rest[1], "good"
    division = _sides(tree, "/")
    counters = [_counter(side) for side in division or ()]
    if not counters or None in counters:
        return None
    return EventsSli.model_validate({part: counters[0], "total": counters[1]})


_MARK = "17m"
"""Stands for the window while the expression is looked at; a range that is something else is not the window."""


def _counter(side: promql_parser.Expr) -> str | None:
    """The selector in `sum(rate(x[window]))` or `sum(increase(x[window]))`; None for anything else."""
    side = _bare(side)
    if not isinstance(side, promql_parser.AggregateExpr) or side.modifier is not None or str(side.op) != "sum":
        return None
    inner = _bare(side.expr)
    if not isinstance(inner, promql_parser.Call) or inner.func.name not in ("rate", "increase"):
        return None
    matrix = inner.args[0]
    if not isinstance(matrix, promql_parser.MatrixSelector) or not matrix.prettify().endswith(f"[{_MARK}]"):
        return None
    text: str = matrix.vector_selector.prettify()
    try:
        promql.selector(text)
    except ValueError:
        return None
    return text


def _sides(tree: promql_parser.Expr, operator: str) -> tuple[promql_parser.Expr, promql_parser.Expr] | None:
    """Both operands of that operator; None if the expression is something else."""
    if not isinstance(tree, promql_parser.BinaryExpr) or str(tree.op) != operator:
        return None
    matching = tree.modifier.matching if tree.modifier else None
    return None if matching is not None else (_bare(tree.lhs), _bare(tree.rhs))


def _bare(tree: promql_parser.Expr) -> promql_parser.Expr:
    while isinstance(tree, promql_parser.ParenExpr):
        tree = tree.expr
    return tree
