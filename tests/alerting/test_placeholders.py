"""Places in expressions and texts: filled in as what they are, never as more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from promql_parser import parse

from alerting.rules.placeholders import expression, literal, template


@pytest.mark.parametrize(
    ("text", "values", "filled"),
    [
        ("a > {{t}}", {"t": 0.02}, "a > 0.02"),
        ("a > {{ t }}", {"t": 1e12}, "a > 1000000000000"),
        ("a[{{w}}]", {"w": "5m"}, "a[5m]"),
        ("a < {{left|seconds}}", {"left": "14d"}, "a < 1209600"),
        ('a{ {{label}}=~"5.."}', {"label": "code"}, 'a{ code=~"5.."}'),
        ('a{job=~"{{jobs}}"}', {"jobs": "x|y"}, 'a{job=~"x|y"}'),
        ("a{job='{{jobs}}'}", {"jobs": "it's"}, "a{job='it\\'s'}"),
        ("a{job=`{{jobs}}`}", {"jobs": '"'}, 'a{job=`"`}'),
    ],
)
def test_values_go_into_expressions(text: str, values: dict[str, str | int | float], filled: str) -> None:
    """Numbers, durations, names and quoted texts."""
    assert expression(text, values) == filled


@given(st.text())
def test_no_value_leaves_its_quotes(value: str) -> None:
    """Whatever a value holds, the expression stays one selector with one matcher."""
    found = parse(expression('a{job="{{job}}"}', {"job": value}))
    assert (found.name, len(found.matchers.matchers)) == ("a", 1)


def test_text_cannot_stand_where_a_number_is_expected() -> None:
    """An expression cannot grow by a value."""
    with pytest.raises(ValueError, match="cannot stand") as raised:
        expression("a > {{t}}", {"t": "1 or up"})
    assert str(raised.value) == (
        "t is '1 or up', which cannot stand in an expression without quotes; "
        'expected a number, a duration or a label name; put quotes around the place, as in job=~"{{jobs}}"'
    )


def test_a_form_that_an_expression_does_not_have_is_refused() -> None:
    """Forms are for people."""
    with pytest.raises(ValueError, match="not known") as raised:
        expression("a > {{t|percent}}", {"t": 1})
    assert str(raised.value) == (
        "{{t|percent}} is not known in an expression; expected no form, or `seconds`; remove `|percent`"
    )


def test_seconds_need_a_duration() -> None:
    """`14` could be days or seconds."""
    with pytest.raises(ValueError, match="expected a duration") as raised:
        expression("a > {{t|seconds}}", {"t": 14})
    assert str(raised.value) == (
        "t is 14; expected a duration such as 30s, 4h or 14d for {{t|seconds}}; write `t` as a duration"
    )


@pytest.mark.parametrize(
    ("text", "values", "made"),
    [
        ("{{value}}", {}, "{{ $value | humanize }}"),
        ("{{value|percent}} on {{instance}}", {}, "{{ $value | humanizePercentage }} on {{ $labels.instance }}"),
        ("{{value|duration}}", {}, "{{ $value | humanizeDuration }}"),
        ("{{service}}", {}, "{{ with $labels.service }}{{ . }}{{ else }}platform{{ end }}"),
        ("more than {{t|percent}}", {"t": 0.02}, "more than 2 %"),
        ("{{t|duration}} and {{w}}", {"t": 90, "w": "4h"}, "1m30s and 4h"),
    ],
)
def test_texts_become_templates(text: str, values: dict[str, str | int | float], made: str) -> None:
    """Values are known now, labels and the measured value when the alert fires."""
    assert template(text, values) == made


def test_a_form_that_a_value_cannot_have_is_refused() -> None:
    """A text is no percentage."""
    with pytest.raises(ValueError, match="cannot be made") as raised:
        template("{{w|percent}}", {"w": "4h"})
    assert str(raised.value) == (
        "{{w|percent}} cannot be made of '4h'; expected a number and the form percent or duration; write {{w}}"
    )


def test_braces_of_a_text_stay_braces() -> None:
    """Prometheus's template engine sees no action in what is not one of ours."""
    assert template("{{ $value.x }} {{jobs}}", {"jobs": "{{ end }}"}) == '{{ "{{" }} $value.x }} {{ "{{" }} end }}'
    assert literal("plain") == "plain"
