"""PromQL of foreign files → an SLI of ours, as the selectors it is made of where it has one of the usual shapes.

Selectors are worth the trouble: they can be recorded once, checked for absence, and explained. Everything else stays
the ratio that it was.
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, NamedTuple

import promql_parser as ast

from alerting import promql
from alerting.model.quantities import Duration
from alerting.promql import WINDOW, Expr, LabelMatcher, Selector

LONGEST_QUERY: Final = 4000
"""Characters; more is a program and not a query."""

_TEMPLATE: Final = re.compile(r"\{\{-?\s*\.?window\s*-?\}\}")
# Two ranges that nobody writes: what is the window is what differs between the two readings.
_STAND_INS: Final = (timedelta(seconds=4033), timedelta(seconds=7937))

Sli = Mapping[str, Any]


class Counted(NamedTuple):
    """`sum(rate(selector[window]))`, or the same with `increase`."""

    function: str
    selector: Selector


class Query:
    """One query with the window of alerts in it."""

    def __init__(self, text: str) -> None:
        """Reads the query; raises ValueError if it is not PromQL, or not with `{{.window}}` as the only template."""
        readings = [_template(text, stand_in) for stand_in in _STAND_INS]
        promql.check_depth(text)
        try:
            self.tree: Final = ast.parse(readings[0])
        except ValueError as error:
            raise ValueError(f"it is not PromQL ({' '.join(str(error).split())})") from error
        self.text: Final = _with_window(readings[0], _STAND_INS[0])
        if self.text != _with_window(readings[1], _STAND_INS[1]):
            raise ValueError("`{{.window}}` does not stand where a range goes")
        self.uses_window: Final = WINDOW in self.text

    @property
    def expr(self) -> Expr:
        """The query written anew, with our `{{window}}`."""
        whole = isinstance(self.tree, ast.Call | ast.AggregateExpr | ast.ParenExpr | ast.VectorSelector)
        return Expr(self.text) if whole else Expr(self.text, strength=0)


def of_events(bad: Query, total: Query) -> Sli:
    """The SLI whose bad and total events two queries count."""
    shaped = _of_trees(bad.tree, total.tree)
    return shaped or {"ratio": promql.binary("/", bad.expr, total.expr).text}


def of_good_events(good: Query, total: Query) -> Sli:
    """The SLI whose good and total events two queries count."""
    shaped = _of_good(counted(good.tree), counted(total.tree))
    if shaped:
        return shaped
    share = promql.binary("/", good.expr, total.expr)
    return {"ratio": promql.binary("-", promql.number(1), share).text}


def of_ratio(ratio: Query) -> Sli:
    """The SLI of a query that gives the ratio of bad events itself."""
    tree = _bare(ratio.tree)
    shaped: Sli | None = None
    if isinstance(tree, ast.BinaryExpr) and tree.modifier is None:
        if str(tree.op) == "/":
            shaped = _of_trees(tree.lhs, tree.rhs)
        elif str(tree.op) == "-" and _number(tree.lhs) == 1:
            share = _bare(tree.rhs)
            if isinstance(share, ast.BinaryExpr) and str(share.op) == "/" and share.modifier is None:
                shaped = _of_good(counted(share.lhs), counted(share.rhs))
    return shaped or {"ratio": ratio.text}


def counted(tree: ast.Expr) -> Counted | None:
    """The selector and function of `sum(rate(selector[window]))`, with or without `or vector(0)`; None otherwise."""
    tree = _bare(tree)
    if isinstance(tree, ast.BinaryExpr) and str(tree.op) == "or" and _is_zero(tree.rhs):
        tree = _bare(tree.lhs)
    if not isinstance(tree, ast.AggregateExpr) or str(tree.op) != "sum" or tree.modifier is not None:
        return None
    rate = _bare(tree.expr)
    if not isinstance(rate, ast.Call) or rate.func.name not in ("rate", "increase"):
        return None
    over = _bare(rate.args[0])
    if not isinstance(over, ast.MatrixSelector) or over.range not in _STAND_INS:
        return None
    try:
        return Counted(rate.func.name, promql.selector(over.vector_selector.prettify()))
    except ValueError:
        return None


def _of_trees(bad: ast.Expr, total: ast.Expr) -> Sli | None:
    everything = counted(total)
    if everything is None:
        return None
    direct = counted(bad)
    if direct is not None and direct.function == everything.function:
        return {"bad": str(direct.selector), "total": str(everything.selector)}
    rest = _bare(bad)
    if isinstance(rest, ast.BinaryExpr) and str(rest.op) == "or" and _is_zero(rest.rhs):
        rest = _bare(rest.lhs)
    if isinstance(rest, ast.BinaryExpr) and str(rest.op) == "-" and rest.modifier is None:
        whole = counted(rest.lhs)
        if whole is not None and whole.function == everything.function and _same(whole.selector, everything.selector):
            return _of_good(counted(rest.rhs), everything)
    return None


def _of_good(good: Counted | None, total: Counted | None) -> Sli | None:
    """Good and total events as selectors, or as a histogram if the good ones are one of its buckets."""
    if good is None or total is None or good.function != total.function:
        return None
    return _histogram(good.selector, total.selector) or {"good": str(good.selector), "total": str(total.selector)}


def _histogram(good: Selector, total: Selector) -> Sli | None:
    """The histogram whose bucket and count two selectors name."""
    family = total.metric.removesuffix("_count")
    bounds = [matcher for matcher in good.matchers if matcher.label == "le"]
    if f"{family}_bucket" != good.metric or f"{family}_count" != total.metric or len(bounds) != 1:
        return None
    others = Selector(metric=total.metric, matchers=tuple(one for one in good.matchers if one.label != "le"))
    below = _bound(bounds[0])
    if below is None or not _same(others, total):
        return None
    found: dict[str, Any] = {"histogram": family}
    if total.matchers:
        found["selector"] = f"{{{','.join(str(matcher) for matcher in total.matchers)}}}"
    return found | {"below": str(below)}


def _bound(le: LabelMatcher) -> Duration | None:
    """A bucket's bound in seconds as a duration; None for one that is written in an unusual way."""
    if le.operator != "=" or not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", le.value):
        return None
    below = Duration.of_seconds(float(le.value))
    usual = promql.format_number(below.seconds)
    return below if below.ms > 0 and le.value in (usual, f"{usual}.0") else None


def _template(text: str, stand_in: timedelta) -> str:
    if len(text) > LONGEST_QUERY:
        raise ValueError(f"a query of {len(text)} characters is too long; expected at most {LONGEST_QUERY}")
    filled = _TEMPLATE.sub(f"{int(stand_in.total_seconds())}s", text)
    if "{{" in filled:
        rest = filled[filled.index("{{") :]
        raise ValueError(f"the template {rest[:30]!r} is unknown; expected {{{{.window}}}} alone")
    return filled


def _with_window(text: str, stand_in: timedelta) -> str:
    """The query written anew on one line, with `{{window}}` where the stand-in was."""
    written = promql.expression(text).text
    return written.replace(ast.display_duration(stand_in), WINDOW)


def _bare(tree: ast.Expr) -> ast.Expr:
    """The expression without brackets around it."""
    while isinstance(tree, ast.ParenExpr):
        tree = tree.expr
    return tree


def _number(tree: ast.Expr) -> float | None:
    tree = _bare(tree)
    return tree.val if isinstance(tree, ast.NumberLiteral) else None


def _is_zero(tree: ast.Expr) -> bool:
    """Whether it is `vector(0)`."""
    tree = _bare(tree)
    return isinstance(tree, ast.Call) and tree.func.name == "vector" and _number(tree.args[0]) == 0


def _same(one: Selector, other: Selector) -> bool:
    """Whether two selectors name the same series; the order of conditions does not matter."""
    return one.metric == other.metric and set(one.matchers) == set(other.matchers)
