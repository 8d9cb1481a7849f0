"""Outside PromQL is read and written anew; nothing in it can change what stands around it."""

import promql_parser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerting import promql
from alerting.model.quantities import Duration
from alerting.promql import Expr, LabelMatcher, Selector, binary, lines, number

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20)
NAMES = st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_]{0,10}", fullmatch=True).filter(lambda name: name != "__name__")


@given(NAMES, st.lists(st.tuples(NAMES, st.sampled_from(["=", "!="]), TEXTS), max_size=4))
def test_a_selector_survives_being_written_and_read(metric: str, conditions: list[tuple[str, str, str]]) -> None:
    """Whatever a label value holds, the parser gives it back, and nothing else."""
    matchers = tuple(LabelMatcher(label=label, operator=operator, value=value) for label, operator, value in conditions)
    written = Selector(metric=f"m_{metric}", matchers=matchers)
    assert promql.selector(str(written)) == written


@given(TEXTS)
def test_a_quoted_text_is_one_string(text: str) -> None:
    """Quotes, backslashes and line breaks stay inside."""
    parsed = promql_parser.parse(f'm{{a={promql.quote(text)},b="c"}}')
    assert [(matcher.name, matcher.value) for matcher in parsed.matchers.matchers] == [("a", text), ("b", "c")]


def test_comments_and_brackets_around_a_selector_are_dropped() -> None:
    """A comment would swallow what follows it."""
    assert str(promql.selector('(up{job="a"}) # } or vector(1)')) == 'up{job="a"}'
    assert str(promql.selector("up{}")) == "up"
    assert str(promql.selector('{__name__="up",job!~"a|b"}')) == 'up{job!~"a|b"}'


def test_names_of_prometheus_3_are_quoted() -> None:
    """UTF-8 names stand in the braces."""
    text = '{"http.requests","service.name"="web"}'
    assert str(promql.selector(text)) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sum(up)", "'sum(up)' is not one selector"),
        ("up[5m]", "'up[5m]' is not one selector"),
        ("up offset 5m", "'up offset 5m' has an offset or @"),
        ('{job="a"}', "'{job=\"a\"}' names no metric"),
        ('up{a="b" or c="d"}', '\'up{a="b" or c="d"}\' has `or` between conditions'),
    ],
)
def test_what_is_no_selector_is_refused_with_an_example(text: str, message: str) -> None:
    """The message says what was expected."""
    with pytest.raises(ValueError) as error:  # noqa: PT011  # the whole message follows
        promql.selector(text)
    assert str(error.value) == f'{message}; expected a selector such as http_requests_total{{service="checkout"}}'


def test_what_is_no_promql_is_refused_in_the_parsers_words() -> None:
    """On one line."""
    with pytest.raises(ValueError, match=r"^'up\{' is not PromQL: unexpected end of input inside braces$"):
        promql.expression("up{")


def test_a_window_is_filled_in() -> None:
    """Everywhere it stands, and the expression comes out on one line."""
    ratio = "sum(rate(a[{{window}}])) # bad\n/\nsum(rate(b[{{window}}]))"
    assert str(promql.over_window(ratio, Duration.parse("5m"))) == "sum(rate(a[5m])) / sum(rate(b[5m]))"


def test_brackets_stand_only_where_precedence_needs_them() -> None:
    """As people would write it."""
    a, b, c = Expr("a"), Expr("b"), Expr("c")
    assert str(binary("/", a, binary("*", b, c))) == "a / (b * c)"
    assert str(binary("-", binary("-", a, b), c)) == "a - b - c"
    assert str(binary("*", binary("+", a, number(1.5)), c)) == "(a + 1.5) * c"
    assert str(lines("or", (binary("and on ()", a, b), c))) == "a and on () b\nor c"
    assert str(lines("or", (a,))) == "a"


def test_numbers_are_written_as_people_do() -> None:
    """Whole ones without a point."""
    assert [promql.format_number(value) for value in (15.0, 0.001, 14.4, 1e-9)] == ["15", "0.001", "14.4", "1e-09"]
