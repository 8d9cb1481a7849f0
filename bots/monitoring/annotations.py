"""The texts of an alert that was never sent, as far as its rule gives them without the value that it had.

Prometheus writes them in Go's templates (https://prometheus.io/docs/prometheus/latest/configuration/template_reference/);
labels are known afterwards, values are not: what would have stood there is an ellipsis.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

_EXPRESSION: Final = re.compile(r"{{-?\s*(.*?)\s*-?}}", re.DOTALL)
_LABEL: Final = re.compile(r"\$labels\.([A-Za-z_][A-Za-z0-9_]*)|index \$labels \"([^\"]+)\"|\.Labels\.([A-Za-z_]\w*)")
_UNKNOWN: Final = "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTexts:
    """One alerting rule, as far as its texts go."""

    alert: str
    labels: Mapping[str, str]
    """Those that the rule adds; two rules of one name are told apart by them."""
    annotations: Mapping[str, str]
    """Templates."""


def annotations(rules: Iterable[RuleTexts], labels: Mapping[str, str]) -> Mapping[str, str]:
    """The texts of an alert with these labels; none where no rule, or more than one, can have made it."""
    found = [
        rule
        for rule in rules
        if rule.alert == labels.get("alertname")
        and all(_fits(text, labels.get(name)) for name, text in rule.labels.items())
    ]
    if len(found) != 1:
        return {}
    return {name: rendered(text, labels) for name, text in found[0].annotations.items()}


def rendered(template: str, labels: Mapping[str, str]) -> str:
    """A template with its labels filled in."""

    def value(match: re.Match[str]) -> str:
        label = _LABEL.fullmatch(match[1])
        if label is None:
            return _UNKNOWN
        return labels.get(label[1] or label[2] or label[3], "")

    return _EXPRESSION.sub(value, template)


def _fits(written: str, has: str | None) -> bool:
    return "{{" in written or written == has
