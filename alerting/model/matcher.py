"""Alertmanager's label matchers, such as `service=~"cart|checkout"`: read, asked and written.

Syntax and meaning: https://prometheus.io/docs/alerting/latest/configuration/#matcher
"""

import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, cast

from pydantic import AfterValidator, WithJsonSchema

from alerting.model import re2
from alerting.model.quantities import got

Operator = Literal["=", "!=", "=~", "!~"]

_FORM: Final = re.compile(r'\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*("(?:[^"\\\n]|\\.)*"|[^\s"\\{},=!~`\']+)\s*')
_ESCAPES: Final[Mapping[str, str]] = {"n": "\n", '"': '"', "\\": "\\"}
_EXPECTED: Final = 'expected label, one of = != =~ !~, and a text in double quotes, such as service="checkout"'


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Matcher:
    """A condition on one label; a label that is missing counts as the empty text."""

    label: str
    value: str
    operator: Operator = "="

    @staticmethod
    def parse(text: str) -> "Matcher":
        """Reads a matcher; raises ValueError that says what was expected."""
        return _parsed(text)

    def accepts(self, value: str) -> bool:
        """Whether a label with this value meets the condition."""
        if self.operator == "=":
            return value == self.value
        if self.operator == "!=":
            return value != self.value
        found = re2.compiled(self.value).fullmatch(value) is not None
        return found if self.operator == "=~" else not found

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether an alert with these labels meets the condition."""
        return self.accepts(labels.get(self.label, ""))

    def __str__(self) -> str:
        """As Alertmanager writes it, which is also part of its group keys."""
        value = self.value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
        return f'{self.label}{self.operator}"{value}"'


@functools.lru_cache(maxsize=4096)
def _parsed(text: str) -> Matcher:
    """A policy's few matchers are asked for at every route."""
    form = _FORM.fullmatch(text)
    if form is None:
        raise ValueError(f"{got(text)} is not a matcher; {_EXPECTED}")
    label, operator, raw = form.groups()
    value = _unquoted(raw, text)
    if operator in ("=~", "!~"):
        try:
            re2.compiled(value)
        except ValueError as error:
            raise ValueError(
                f"{got(text)}: {error}; expected a regular expression of the whole value that RE2 knows, "
                'such as service=~"cart|checkout"'
            ) from error
    return Matcher(label=label, value=value, operator=cast(Operator, operator))


def parse_all(texts: Iterable[str]) -> tuple[Matcher, ...]:
    """Reads several matchers, all of which must hold; raises ValueError."""
    return tuple(Matcher.parse(text) for text in texts)


def match_all(matchers: Iterable[Matcher], labels: Mapping[str, str]) -> bool:
    """Whether an alert with these labels meets every condition."""
    return all(matcher.matches(labels) for matcher in matchers)


def one_of(label: str, words: Sequence[str]) -> Matcher:
    """The matcher of a label that has one of these values."""
    if len(words) == 1:
        return Matcher(label=label, value=words[0])
    return Matcher(label=label, value="|".join(re2.quoted(word) for word in words), operator="=~")


def none_of(label: str, words: Sequence[str]) -> Matcher:
    """The matcher of a label that is missing or has none of these values."""
    if len(words) == 1:
        return Matcher(label=label, value=words[0], operator="!=")
    return Matcher(label=label, value="|".join(re2.quoted(word) for word in words), operator="!~")


def _unquoted(raw: str, text: str) -> str:
    """The text between quotes, with its escapes resolved; raises ValueError for an escape that Alertmanager lacks."""
    if not raw.startswith('"'):
        return raw

    def resolve(escape: "re.Match[str]") -> str:
        if escape[1] not in _ESCAPES:
            raise ValueError(
                f'{got(text)}: \\{escape[1]} is not an escape; expected one of \\\\ \\" \\n; '
                f"write \\\\{escape[1]} for \\{escape[1]}"
            )
        return _ESCAPES[escape[1]]

    return re.sub(r"\\(.)", resolve, raw[1:-1], flags=re.DOTALL)


def _valid(text: str) -> str:
    Matcher.parse(text)
    return text


def _schema() -> dict[str, Any]:
    return {"type": "string", "examples": ['service="checkout"', 'severity=~"page|ticket"']}


MatcherText = Annotated[str, AfterValidator(_valid), WithJsonSchema(_schema())]
"""A matcher as it is written in files."""
