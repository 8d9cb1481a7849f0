"""What is wrong with one value, by the kind of error that pydantic reports: wrong, expected, the way out."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from pydantic_core import ErrorDetails

from alerting.model.document_model import ALERT_NAME_PATTERN, NAME_PATTERN
from alerting.model.quantities import got
from alerting.problem import UNSAID, said
from alerting.spelling import did_you_mean

Words = tuple[str, str, str]

_LONGEST: Final = 300
_PATTERNS: Final = {
    NAME_PATTERN: "expected lower-case words and digits joined by hyphens, such as payments-db",
    ALERT_NAME_PATTERN: "expected a name in CamelCase, such as HighErrorRate",
}
_TYPES: Final[Mapping[str, str]] = {
    "string_type": "text",
    "int_type": "a number",
    "float_type": "a number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "keys with values",
    "model_type": "keys with values",
}


def wrong_value(errors: list[ErrorDetails]) -> Words:
    """One or more errors about the same value; more than one means that no member of a union accepts it."""
    types = [_TYPES[error["type"]] for error in errors if error["type"] in _TYPES]
    if len(types) == len(errors):
        return _wrong_type(types, errors[0]["input"])
    first = next(error for error in errors if error["type"] not in _TYPES)
    about = _ABOUT.get(first["type"], _other)
    wrong, expected, fix = about(first["input"], first.get("ctx", {}) | {"msg": first["msg"]})
    return _short(wrong), expected, fix


def _wrong_type(types: list[str], value: Any) -> Words:
    """A value of another type than the model's."""
    expected = f"expected {' or '.join(dict.fromkeys(types))}"
    wanted = types[0]
    if wanted == "text":
        scalar = isinstance(value, int | float)
        return f"got {got(value)}", expected, "put it in quotes" if scalar else "write one text"
    if wanted == "a list":
        scalar = isinstance(value, str | int | float)
        return f"got {got(value)}", expected, "put it in [ ]" if scalar else "write its items below, each after `- `"
    if wanted == "keys with values":
        return f"got {got(value)}", expected, "write each as `key: value`"
    return f"got {got(value)}", expected, f"write {wanted}, without quotes"


def _pattern(value: Any, context: Mapping[str, Any]) -> Words:
    expected = _PATTERNS.get(context["pattern"])
    if expected is None:
        return f"got {got(value)}", f"expected text that matches {context['pattern']}", "correct it"
    if context["pattern"] == NAME_PATTERN:
        better = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", str(value)[:63])
        better = re.sub(r"[^a-z0-9]+", "-", better.lower()).strip("-0123456789")
    else:
        better = re.sub(r"[^A-Za-z0-9]", "", "".join(w[:1].upper() + w[1:] for w in re.split(r"[^A-Za-z0-9]+", value)))
        better = better.lstrip("0123456789")[:120]
    return f"got {got(value)}", expected, f"write {better}" if better else "choose such a name"


def _literal(value: Any, context: Mapping[str, Any]) -> Words:
    words = re.findall(r"'([^']*)'", context["expected"])
    fix = did_you_mean(str(value), words, "choose one of them")
    expected = context["expected"].replace("'", "")
    return f"got {got(value)}", f"expected {expected}", fix


def _empty_list(value: Any, context: Mapping[str, Any]) -> Words:
    return "the list is empty", f"expected at least {context['min_length']} item", "add one"


def _short_text(value: Any, context: Mapping[str, Any]) -> Words:
    return f"got {got(value)}", "expected some text", "write it"


def _long_text(value: Any, context: Mapping[str, Any]) -> Words:
    return f"got {len(value)} characters", f"expected at most {context['max_length']}", "shorten it"


def _bound(words: str, key: str) -> Callable[[Any, Mapping[str, Any]], Words]:
    """What a number must be, compared with a bound in pydantic's context."""

    def about(value: Any, context: Mapping[str, Any]) -> Words:
        return f"got {got(value)}", f"expected a number {words} {context[key]:g}", "correct it"

    return about


def _said(value: Any, context: Mapping[str, Any]) -> Words:
    """A ValueError of a model, which says `wrong; expected …; way out`."""
    return said(str(context["error"]))


def _other(value: Any, context: Mapping[str, Any]) -> Words:
    """An error that the models should not give; its own words are better than none."""
    return f"got {got(value)} ({context['msg']})", *UNSAID


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


_ABOUT: Final[Mapping[str, Callable[[Any, Mapping[str, Any]], Words]]] = {
    "string_pattern_mismatch": _pattern,
    "literal_error": _literal,
    "too_short": _empty_list,
    "string_too_short": _short_text,
    "string_too_long": _long_text,
    "greater_than": _bound("above", "gt"),
    "greater_than_equal": _bound("of at least", "ge"),
    "less_than": _bound("below", "lt"),
    "less_than_equal": _bound("of at most", "le"),
    "value_error": _said,
}
