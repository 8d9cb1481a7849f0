"""PromQL narrowed to some services, or to all but some, without knowing what the expression is about.

Where the syntax tree shows that narrowing the selectors gives the same result, the selectors are narrowed, and
Prometheus reads only the series it needs. Everywhere else the result is filtered, which is right but reads everything.
"""

from collections.abc import Sequence
from typing import Final

import promql_parser as promql

from alerting.model.policy import PLATFORM
from alerting.names import SERVICE

_SETS: Final = ("and", "unless")
_SELECTING: Final = ("topk", "bottomk", "limitk", "limit_ratio")
# Functions whose result has labels of its own or hangs on the absence of series.
_OPAQUE: Final = ("absent", "absent_over_time", "scalar", "vector", "label_replace", "label_join", "info")


def is_vector(expr: promql.Expr) -> bool:
    """Whether the expression gives series rather than one number."""
    if isinstance(expr, promql.ParenExpr | promql.UnaryExpr):
        return is_vector(expr.expr)
    if isinstance(expr, promql.BinaryExpr):
        return is_vector(expr.lhs) or is_vector(expr.rhs)
    if isinstance(expr, promql.Call):
        return bool(expr.func.return_type == promql.ValueType.Vector)
    return not isinstance(expr, promql.NumberLiteral | promql.StringLiteral)


def _matches_on(expr: promql.BinaryExpr, label: str) -> bool:
    """Whether both sides must agree in that label."""
    matching = expr.modifier.matching if expr.modifier else None
    if matching is None:
        return True
    listed = label in matching.labels
    return bool(listed if matching.type == promql.LabelModifierType.Include else not listed)


def _keeps(expr: promql.AggregateExpr, label: str) -> bool:
    """Whether the aggregation keeps apart what differs in that label."""
    if expr.modifier is None:
        return False
    listed = label in expr.modifier.labels
    return bool(listed if expr.modifier.type == promql.AggModifierType.By else not listed)


def _binary_carries(expr: promql.BinaryExpr, label: str) -> bool:
    """`carries` of an operation on two sides."""
    left, right = (is_vector(side) and carries(side, label) for side in (expr.lhs, expr.rhs))
    if not (is_vector(expr.lhs) and is_vector(expr.rhs)):
        return left or right
    modifier, op = expr.modifier, str(expr.op)
    if op in _SETS:
        return left
    if op == "or":
        return left or right
    if modifier and modifier.card in (promql.VectorMatchCardinality.ManyToOne, promql.VectorMatchCardinality.OneToMany):
        many, one = (left, right) if modifier.card == promql.VectorMatchCardinality.ManyToOne else (right, left)
        return many or (one and label in (modifier.group_labels or ()))
    return left and _matches_on(expr, label)


def carries(expr: promql.Expr, label: str = SERVICE) -> bool:
    """Whether the expression's series can have that label."""
    if isinstance(expr, promql.ParenExpr | promql.UnaryExpr | promql.SubqueryExpr):
        return carries(expr.expr, label)
    if isinstance(expr, promql.AggregateExpr):
        kept = str(expr.op) in _SELECTING or _keeps(expr, label)
        return kept and carries(expr.expr, label)
    if isinstance(expr, promql.BinaryExpr):
        return _binary_carries(expr, label)
    if isinstance(expr, promql.Call):
        if expr.func.name in ("label_replace", "label_join") and expr.args[1].val == label:
            return True
        return expr.func.name not in ("scalar", "vector") and any(carries(each, label) for each in expr.args)
    return isinstance(expr, promql.VectorSelector | promql.MatrixSelector)


def _binary_narrowable(expr: promql.BinaryExpr) -> list[bool] | None:
    """`_narrowable` of an operation on two sides."""
    left, right = _narrowable(expr.lhs), _narrowable(expr.rhs)
    if left is None:
        return None
    both = is_vector(expr.lhs) and is_vector(expr.rhs)
    if not both or _matches_on(expr, SERVICE):
        return None if right is None else left + right
    # Filtering the left side is enough where every series of the result is one of the left side.
    if str(expr.op) in _SETS or _adds_to_left(expr):
        return left + [False] * _selectors(expr.rhs)
    return None


def _adds_to_left(expr: promql.BinaryExpr) -> bool:
    """Whether the right side only adds to series of the left side, and not the service."""
    modifier = expr.modifier
    if modifier is None or modifier.card != promql.VectorMatchCardinality.ManyToOne:
        return False
    return SERVICE not in (modifier.group_labels or ())


def _narrowable(expr: promql.Expr) -> list[bool] | None:
    """For each selector, in order, whether to narrow it; None if narrowing selectors is not the same as filtering."""
    if isinstance(expr, promql.ParenExpr | promql.UnaryExpr | promql.SubqueryExpr):
        return _narrowable(expr.expr)
    if isinstance(expr, promql.AggregateExpr):
        return _narrowable(expr.expr) if _keeps(expr, SERVICE) else None
    if isinstance(expr, promql.BinaryExpr):
        return _binary_narrowable(expr)
    if isinstance(expr, promql.Call):
        if expr.func.name in _OPAQUE:
            return None
        found = [_narrowable(each) for each in expr.args]
        return None if None in found else [flag for each in found for flag in each or ()]
    if isinstance(expr, promql.VectorSelector):
        return None if expr.matchers.or_matchers else [True]
    return [True] if isinstance(expr, promql.MatrixSelector) else []


def _selectors(expr: promql.Expr) -> int:
    """How many selectors the expression has."""
    count = 0

    def visit(node: promql.Expr) -> bool:
        nonlocal count
        count += isinstance(node, promql.VectorSelector)
        return True

    promql.walk(expr, visit)
    return count


def _narrow(expr: promql.Expr, flags: Sequence[bool], matcher: promql.Matcher) -> str:
    """The expression with the matcher in the selectors that `flags` names."""
    order = iter(flags)

    def visit(node: promql.Expr) -> promql.Expr | None:
        if not isinstance(node, promql.VectorSelector) or not next(order):
            return None
        node.matchers = promql.Matchers([*node.matchers.matchers, matcher])
        return promql.parse(str(node))

    return str(promql.transform(expr, post_visit=visit))


def _filter(text: str, services: Sequence[str], operator: str) -> str:
    """The result of the expression and only (`and`) or without (`unless`) those services."""
    named = [f'label_replace(vector(1), "{SERVICE}", "{name}", "", "")' for name in services]
    if PLATFORM in services:
        named.append("vector(1)")
    return f"({text})\n{operator} on ({SERVICE}) (\n  " + "\n  or ".join(named) + "\n)"


def _select(text: str, services: Sequence[str], op: promql.MatchOp, operator: str) -> str:
    """Narrows selectors where that is right, filters the result elsewhere."""
    expr = promql.parse(text)
    # The parser's printer loses backslashes inside of strings, hence such an expression is left as it is written.
    flags = None if "\\" in text else _narrowable(expr)
    if flags is None or len(flags) != _selectors(expr):
        return _filter(text, services, operator)
    names = [*services, ""] if PLATFORM in services else services
    return _narrow(expr, flags, promql.Matcher(op, SERVICE, "|".join(names)))


def only(text: str, service: str) -> str:
    """The expression for one service; `platform` has the series without a service label too."""
    if service == PLATFORM:
        return _select(text, [service], promql.MatchOp.Re, "and")
    return _select(text, [service], promql.MatchOp.Equal, "and")


def without(text: str, services: Sequence[str]) -> str:
    """The expression for all but these services; unchanged if there are none."""
    return _select(text, services, promql.MatchOp.NotRe, "unless") if services else text
