"""PromQL that is so deep that a parser could run out of stack."""

import pytest

from alerting import promql
from alerting.promql import MOST_NESTED, MOST_OPERATORS


@pytest.mark.parametrize("opening", ["(", "sum(", "abs(", "{", "["])
def test_brackets_inside_each_other_are_counted_before_parsing(opening: str) -> None:
    """A hundred thousand brackets are a message, and not the end of the process."""
    text = opening * 100_000
    with pytest.raises(ValueError, match="brackets inside each other") as refused:
        promql.parse(text)
    assert str(refused.value) == f"{text[:40]!r}… has more than {MOST_NESTED} brackets inside each other"


@pytest.mark.parametrize("chain", ["-", "1 + ", "1^", "a or ", "a AND ", "1 atan2 ", "a == "])
def test_operators_are_counted_before_parsing(chain: str) -> None:
    """A chain of operators is as deep as it is long."""
    text = f"{chain * 50_000}a"
    with pytest.raises(ValueError, match="operators") as refused:
        promql.parse(text)
    assert str(refused.value) == f"{text[:40]!r}… has more than {MOST_OPERATORS} operators"


def test_what_stands_in_texts_and_comments_is_not_counted() -> None:
    """Long regular expressions and comments are no nesting."""
    regex = "|".join(f"(svc-{number})" for number in range(500)) + r"[\"(((]"
    text = f"""a{{x=~"{regex}", y='(((-', z=`((`}} # {"(" * 500}\n"""
    assert promql.selector(text).metric == "a"


def test_people_may_nest_as_deep_as_they_like() -> None:
    """What is far deeper than anybody writes is still parsed."""
    deep = "(" * (MOST_NESTED - 2) + "a" + ")" * (MOST_NESTED - 2)
    assert str(promql.selector(deep)) == "a"
    assert promql.expression("a" + " + a" * (MOST_OPERATORS - 1)).text.count("+") == MOST_OPERATORS - 1
