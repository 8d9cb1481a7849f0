"""Prometheus rules and groups of them, as values; `to_dict` gives what a rule file holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from alerting.model.quantities import Duration

NO_WAIT: Final = Duration(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One recording rule (`record`) or alerting rule (`alert`); exactly one of the two names is set."""

    expr: str
    record: str | None = None
    alert: str | None = None
    for_: Duration = NO_WAIT
    """How long an alert is pending before it fires; alerting rules only."""
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    """Alerting rules only."""

    def __post_init__(self) -> None:
        """Raises ValueError unless the rule is either a record or an alert."""
        if (self.record is None) == (self.alert is None):
            raise ValueError(f"a rule is either a record or an alert, got record={self.record!r}, alert={self.alert!r}")

    def to_dict(self) -> dict[str, Any]:
        """The rule as Prometheus reads it; empty parts are left out."""
        rule: dict[str, Any] = {"alert": self.alert} if self.record is None else {"record": self.record}
        rule["expr"] = self.expr
        if self.for_.ms:
            rule["for"] = str(self.for_)
        if self.labels:
            rule["labels"] = dict(self.labels)
        if self.annotations:
            rule["annotations"] = dict(self.annotations)
        return rule


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleGroup:
    """Rules that are evaluated one after the other, at one interval."""

    name: str
    rules: tuple[Rule, ...]
    interval: Duration | None = None
    """How often; Prometheus's own `evaluation_interval` if None."""

    def to_dict(self) -> dict[str, Any]:
        """The group as Prometheus reads it."""
        group: dict[str, Any] = {"name": self.name}
        if self.interval is not None:
            group["interval"] = str(self.interval)
        group["rules"] = [rule.to_dict() for rule in self.rules]
        return group


def rule_file(groups: Sequence[RuleGroup]) -> dict[str, Any]:
    """A whole rule file of Prometheus."""
    return {"groups": [group.to_dict() for group in groups]}
