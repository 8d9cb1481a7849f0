"""PromQL in and out: selectors and expressions that people wrote, and expressions composed from them.

Text from outside is parsed and written anew, so that no quote, comment or line break of it can change what stands
around it. Grammar: https://prometheus.io/docs/prometheus/latest/querying/basics/
"""

import functools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import promql_parser

from alerting.model.quantities import Duration

WINDOW: Final = "{{window}}"
"""Where the range goes in the expression of a ratio."""

MOST_NESTED: Final = 100
MOST_OPERATORS: Final = 300
"""Far beyond what people write; the parser takes some thousands of either before it ends the process."""

_TEXTS: Final = re.compile(r"""\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|`[^`]*`|\#[^\n]*""", re.DOTALL)
_BRACKET: Final = re.compile(r"[(){}\[\]]")
_OPERATOR: Final = re.compile(r"[-+*/%^<>]|[=!]=|\b(?:and|or|unless|atan2)\b", re.IGNORECASE)
_NAME: Final = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
# https://prometheus.io/docs/prometheus/latest/querying/operators/#binary-operator-precedence
_STRENGTH: Final[Mapping[str, int]] = {
    "or": 1,
    **dict.fromkeys(("and", "unless"), 2),
    **dict.fromkeys(("==", "!=", "<=", "<", ">=", ">"), 3),
    **dict.fromkeys(("+", "-"), 4),
    **dict.fromkeys(("*", "/", "%"), 5),
}
_OPERATORS: Final[Mapping[str, str]] = {
    "MatchOp.Equal": "=",
    "MatchOp.NotEqual": "!=",
    "MatchOp.Re": "=~",
    "MatchOp.NotRe": "!~",
}


@dataclass(frozen=True, slots=True)
class Expr:
    """A piece of PromQL, and how strongly it holds together."""

    text: str
    strength: int = 9
    """Precedence of its outermost operator, as in `_STRENGTH`; 9 for what needs no brackets anywhere."""

    def __str__(self) -> str:
        """The text."""
        return self.text

    def beside(self, strength: int) -> str:
        """The text as an operand of an operator, in brackets unless it holds together at least that strongly."""
        return self.text if self.strength >= strength else f"({self.text})"


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelMatcher:
    """One condition of a selector."""

    label: str
    operator: str
    value: str

    def __str__(self) -> str:
        """As PromQL writes it."""
        return f"{_label(self.label)}{self.operator}{quote(self.value)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """An instant vector selector without offset."""

    metric: str
    matchers: tuple[LabelMatcher, ...] = ()

    def __str__(self) -> str:
        """As PromQL writes it, in the order in which the matchers were given."""
        inside = [str(matcher) for matcher in self.matchers]
        if _NAME.fullmatch(self.metric):
            return f"{self.metric}{{{','.join(inside)}}}" if inside else self.metric
        return f"{{{','.join([quote(self.metric), *inside])}}}"

    @property
    def expr(self) -> Expr:
        """The selector as an expression."""
        return Expr(str(self))

    def also(self, label: str, operator: str, value: str) -> "Selector":
        """The selector with one more condition."""
        matcher = LabelMatcher(label=label, operator=operator, value=value)
        return Selector(metric=self.metric, matchers=(*self.matchers, matcher))

    def named(self, metric: str) -> "Selector":
        """The same conditions on another metric."""
        return Selector(metric=metric, matchers=self.matchers)


@functools.lru_cache(maxsize=4096)
def _label(name: str) -> str:
    """A label's name as PromQL writes it."""
    return name if _LABEL.fullmatch(name) else quote(name)


@functools.lru_cache(maxsize=16384)
def quote(text: str) -> str:
    """A PromQL string; JSON's escapes are a subset of those of PromQL."""
    return json.dumps(text, ensure_ascii=False)


@functools.lru_cache(maxsize=16384)
def selector(text: str) -> Selector:
    """Reads one selector with a metric name; raises ValueError that says what was expected."""
    parsed = parse(text)
    while isinstance(parsed, promql_parser.ParenExpr):
        parsed = parsed.expr
    expected = 'expected a selector such as http_requests_total{service="checkout"}'
    if not isinstance(parsed, promql_parser.VectorSelector):
        raise ValueError(f"{text!r} is not one selector; {expected}")
    if parsed.offset is not None or parsed.at is not None:
        raise ValueError(f"{text!r} has an offset or @; {expected}")
    metric, matchers = _metric(parsed)
    if not metric:
        raise ValueError(f"{text!r} names no metric; {expected}")
    if parsed.matchers.or_matchers:
        raise ValueError(f"{text!r} has `or` between conditions; {expected}")
    return Selector(metric=metric, matchers=matchers)


def parse(text: str) -> promql_parser.Expr:
    """The syntax tree; raises ValueError with the parser's words on one line."""
    check_depth(text)
    try:
        return promql_parser.parse(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is not PromQL: {' '.join(str(error).split())}") from error


def check_depth(text: str) -> None:
    """Raises ValueError for text whose tree might be so deep that the parser runs out of stack and ends the process."""
    if len(text) <= MOST_NESTED:
        return
    depth = 0
    rest = _TEXTS.sub("", text)
    for bracket in _BRACKET.findall(rest):
        depth += 1 if bracket in "([{" else -1
        if depth > MOST_NESTED:
            raise ValueError(f"{text[:40]!r}… has more than {MOST_NESTED} brackets inside each other")
    if len(_OPERATOR.findall(rest)) > MOST_OPERATORS:
        raise ValueError(f"{text[:40]!r}… has more than {MOST_OPERATORS} operators")


@functools.lru_cache(maxsize=4096)
def expression(text: str) -> Expr:
    """Any outside expression, written anew on one line; raises ValueError if it is not PromQL."""
    return Expr(" ".join(line.strip() for line in parse(text).prettify().split("\n")), strength=0)


def over_window(text: str, window: Duration) -> Expr:
    """An outside expression with `{{window}}` filled in; raises ValueError if the result is not PromQL."""
    return expression(text.replace(WINDOW, str(window)))


def recorded(metric: str, labels: Mapping[str, str]) -> Selector:
    """The selector of a series of our own."""
    matchers = (LabelMatcher(label=label, operator="=", value=value) for label, value in labels.items())
    return Selector(metric=metric, matchers=tuple(matchers))


def over(function: str, what: Selector, window: Duration) -> Expr:
    """A function over a range of series, such as `rate(x[5m])`."""
    return Expr(f"{function}({what}[{window}])")


def call(function: str, *arguments: Expr) -> Expr:
    """A function or an aggregation of expressions."""
    return Expr(f"{function}({', '.join(argument.text for argument in arguments)})")


def number(value: float | str) -> Expr:
    """A number; given as text, it keeps its digits."""
    return Expr(format_number(value) if isinstance(value, float | int) else value)


def format_number(value: float) -> str:
    """A number as people write it: no exponent between a millionth and a billion, no `.0`."""
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return repr(value)


def binary(operator: str, left: Expr, right: Expr) -> Expr:
    """Two operands and an operator between them; modifiers such as `bool` or `on ()` follow the operator."""
    strength = _strength(operator)
    return Expr(f"{left.beside(strength)} {operator} {right.beside(strength + 1)}", strength)


def lines(operator: str, operands: tuple[Expr, ...]) -> Expr:
    """Several operands of the same operator, each on a line of its own when there are several."""
    if len(operands) == 1:
        return operands[0]
    strength = _strength(operator)
    return Expr(f"\n{operator} ".join(operand.beside(strength + 1) for operand in operands), strength)


def _strength(operator: str) -> int:
    return _STRENGTH[operator.split(" ", 1)[0]]


def _metric(parsed: promql_parser.VectorSelector) -> tuple[str | None, tuple[LabelMatcher, ...]]:
    """The metric's name, wherever it is written, and the other conditions."""
    metric = parsed.name
    matchers = []
    for matcher in parsed.matchers.matchers:
        operator = _OPERATORS[str(matcher.op)]
        if matcher.name == "__name__" and operator == "=" and metric is None:
            metric = matcher.value
        else:
            matchers.append(LabelMatcher(label=matcher.name, operator=operator, value=matcher.value))
    return metric, tuple(matchers)
