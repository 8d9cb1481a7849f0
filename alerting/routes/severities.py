"""Severity words, ours and those of other tools, as matchers that Alertmanager can ask."""

from collections.abc import Mapping
from typing import Final

from alerting import names
from alerting.model.document_model import Severity
from alerting.model.matcher import Matcher, none_of, one_of
from alerting.model.severity import SeverityPolicy

SEVERITIES: Final[tuple[Severity, ...]] = ("page", "ticket", "info")
_ANYTHING: Final = "(?s:.*)"


def words(policy: SeverityPolicy, severity: Severity) -> tuple[str, ...]:
    """Our word and the foreign ones that stand for it, ours first."""
    foreign = sorted(word for word, meaning in policy.foreign.items() if meaning == severity and word not in SEVERITIES)
    return (severity, *foreign)


def meaning(policy: SeverityPolicy, labels: Mapping[str, str]) -> Severity:
    """What an alert asks of a person; a word that nobody knows, or none, counts as ticket."""
    return policy.severity(labels.get(names.SEVERITY, "")) or "ticket"


def is_severity(policy: SeverityPolicy, severity: Severity) -> Matcher:
    """The matcher of the alerts that ask this of a person."""
    if severity == "ticket":
        return none_of(names.SEVERITY, (*words(policy, "page"), *words(policy, "info")))
    return one_of(names.SEVERITY, words(policy, severity))


def asked(matcher: Matcher) -> frozenset[Severity] | None:
    """The severities that a matcher written in our words accepts; None for any other matcher."""
    if matcher.label != names.SEVERITY:
        return None
    values = [matcher.value] if matcher.operator in ("=", "!=") else matcher.value.split("|")
    if any(value not in SEVERITIES for value in values):
        return None
    named = {severity for severity in SEVERITIES if severity in values}
    return frozenset(named if matcher.operator in ("=", "=~") else set(SEVERITIES) - named)


def translated(policy: SeverityPolicy, matcher: Matcher) -> Matcher:
    """The matcher with our words widened to the foreign ones that mean the same, and `ticket` to all unknown ones."""
    accepted = asked(matcher)
    if accepted is None:
        return matcher
    if len(accepted) in (0, len(SEVERITIES)):
        return Matcher(label=names.SEVERITY, value=_ANYTHING, operator="=~" if accepted else "!~")
    if "ticket" in accepted:
        return none_of(
            names.SEVERITY, [word for each in SEVERITIES if each not in accepted for word in words(policy, each)]
        )
    return one_of(names.SEVERITY, [word for each in SEVERITIES if each in accepted for word in words(policy, each)])
