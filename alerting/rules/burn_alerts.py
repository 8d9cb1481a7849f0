"""The alerts of an SLO: a page and a ticket on its burn rate, and one when its metrics are gone."""

from typing import Final

from alerting import names
from alerting.model.document_model import Severity
from alerting.model.quantities import Duration
from alerting.promql import Expr, binary, call, lines, number, over
from alerting.rules.group import Rule
from alerting.rules.subject import PairForm, Subject

VANISHED_FOR: Final = Duration(5 * 60_000)
"""Longer than a restart of the service or of Prometheus leaves a gap."""

_MEANING: Final[dict[Severity, str]] = {
    "page": "burns its error budget so fast that it needs a person now",
    "ticket": "burns more than its error budget",
}


def alerts(subject: Subject) -> tuple[Rule, ...]:
    """The alerting rules of one SLO, in evaluation order."""
    severities: tuple[Severity, ...] = ("page", "ticket")
    found = []
    for severity in severities:
        pairs = [(at, pair) for at, pair in enumerate(subject.form.pairs) if pair.severity == severity]
        if pairs:
            found.append(_burn(subject, severity, pairs))
    return (*found, _vanished(subject))


def _burn(subject: Subject, severity: Severity, pairs: list[tuple[int, PairForm]]) -> Rule:
    texts = subject.texts
    return Rule(
        alert=texts.alert,
        expr=lines("or", tuple(_pair(subject, *pair) for pair in pairs)).text,
        labels=_labels(subject, severity),
        annotations={
            "summary": f"{texts.slo} of {texts.service} {_MEANING[severity]}",
            "description": texts.description,
            "runbook_url": texts.runbook_url,
            "dashboard_url": texts.dashboard_url,
        },
    )


def _pair(subject: Subject, at: int, pair: PairForm) -> Expr:
    """Both windows burn, and the short one holds enough bad events to be more than chance."""
    threshold = binary("*", number(pair.factor), number(subject.texts.budget))
    conditions = [binary(">", subject.ratio(window), threshold) for window in (pair.long, pair.short)]
    if pair.guarded:
        conditions.append(binary(">", _bad_events(subject, pair), number(subject.texts.guards[at])))
    return lines("and on ()", tuple(conditions))


def _bad_events(subject: Subject, pair: PairForm) -> Expr:
    """How many bad events the short window holds; of an SLI without counters, their ratio, whose guard is one too."""
    if subject.by_expression:
        return subject.ratio(pair.short)
    rates = call("sum", over("sum_over_time", subject.past(subject.bad), pair.short.length))
    return binary("*", rates, number(subject.interval.seconds))


def _vanished(subject: Subject) -> Rule:
    texts = subject.texts
    series = [subject.base_ratio] if subject.by_expression else [subject.total, subject.bad]
    return Rule(
        alert=names.VANISHED,
        expr=lines("or", tuple(call("absent", subject.recorded(one).expr) for one in series)).text,
        for_=subject.form.scale.window(VANISHED_FOR),
        labels=_labels(subject, subject.form.vanished),
        annotations={
            "summary": f"the metrics of {texts.slo} of {texts.service} are gone",
            "description": (
                "Prometheus has no series for this SLO any more, so an outage would alert nobody. "
                "An idle service has series that do not move; here there are none."
            ),
            "runbook_url": texts.vanished_runbook_url,
            "dashboard_url": texts.dashboard_url,
        },
    )


def _labels(subject: Subject, severity: Severity) -> dict[str, str]:
    return {**subject.labels, names.SEVERITY: severity, names.PRIORITY: subject.priority(severity)}
