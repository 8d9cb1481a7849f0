"""The alerts of an SLO: a page and a ticket on its burn rate, and one when its metrics are gone."""

from typing import Final

from alerting import names
from alerting.burn import BurnPair
from alerting.model.document_model import Severity, Tier
from alerting.model.quantities import Duration
from alerting.model.service import CalendarWindow
from alerting.promql import Expr, binary, call, lines, number, over
from alerting.rules.group import Rule
from alerting.rules.ownership import dashboard_of, labels_of
from alerting.rules.placeholders import literal
from alerting.rules.subject import Subject

VANISHED_FOR: Final = Duration(5 * 60_000)
"""Longer than a restart of the service or of Prometheus leaves a gap."""
VANISHED_SEVERITY: Final[dict[Tier, Severity]] = {1: "page", 2: "ticket", 3: "ticket"}
"""Nobody would be paged for an outage that cannot be seen, so users' first tier pages for blindness itself."""

_HALF: Final = 0.5
_MEANING: Final[dict[Severity, str]] = {
    "page": "burns its error budget so fast that it needs a person now",
    "ticket": "burns more than its error budget",
}


def alerts(subject: Subject) -> tuple[Rule, ...]:
    """The alerting rules of one SLO, in evaluation order."""
    severities: tuple[Severity, ...] = ("page", "ticket")
    found = []
    for severity in severities:
        pairs = tuple(pair for pair in subject.pairs if pair.severity == severity)
        if pairs:
            found.append(_burn(subject, severity, pairs))
    return (*found, _vanished(subject))


def _burn(subject: Subject, severity: Severity, pairs: tuple[BurnPair, ...]) -> Rule:
    service, slo = subject.service, subject.slo
    alert = names.burn_alert(service.service, slo.name)
    return Rule(
        alert=alert,
        expr=lines("or", tuple(_pair(subject, pair) for pair in pairs)).text,
        labels=_labels(subject, severity),
        annotations={
            "summary": f"{service.service}: {slo.name} {_MEANING[severity]}",
            "description": _description(subject),
            **_addresses(subject, slo.runbook or alert),
        },
    )


def _pair(subject: Subject, pair: BurnPair) -> Expr:
    """Both windows burn, and the short one holds enough bad events to be more than chance."""
    threshold = binary("*", number(pair.factor), number(subject.budget_text))
    conditions = [
        binary(">", subject.ratio(pair.long), threshold),
        binary(">", subject.ratio(pair.short), threshold),
    ]
    count = _bad_events(subject, pair)
    if count is not None:
        conditions.append(binary(">", count, number(pair.failures - _HALF)))
    return lines("and on ()", tuple(conditions))


def _bad_events(subject: Subject, pair: BurnPair) -> Expr | None:
    """How many bad events the short window holds; None if neither counters nor stated traffic can tell."""
    if not subject.by_expression:
        rates = call("sum", over("sum_over_time", subject.past(subject.bad), pair.short.length))
        return binary("*", rates, number(subject.interval.seconds))
    if subject.slo.traffic is None:
        return None
    return binary("*", subject.ratio(pair.short), number(subject.slo.traffic * pair.short.length.seconds))


def _vanished(subject: Subject) -> Rule:
    service, slo = subject.service, subject.slo
    series = [subject.base_ratio] if subject.by_expression else [subject.total, subject.bad]
    return Rule(
        alert=names.VANISHED,
        expr=lines("or", tuple(call("absent", subject.recorded(one).expr) for one in series)).text,
        for_=subject.scale.window(VANISHED_FOR),
        labels=_labels(subject, VANISHED_SEVERITY[service.tier]),
        annotations={
            "summary": f"{service.service}: the metrics of {slo.name} are gone",
            "description": (
                "Prometheus has no series for this SLO any more, so an outage would alert nobody. "
                "An idle service has series that do not move; here there are none."
            ),
            **_addresses(subject, names.VANISHED),
        },
    )


def _labels(subject: Subject, severity: Severity) -> dict[str, str]:
    return {**labels_of(subject.policy, subject.service, severity), names.SLO: subject.slo.name}


def _addresses(subject: Subject, runbook: str) -> dict[str, str]:
    prefix = literal(subject.policy.routing.runbook_url)
    return {
        "runbook_url": f"{prefix}{runbook}.md",
        "dashboard_url": literal(dashboard_of(subject.policy, subject.service)),
    }


def _description(subject: Subject) -> str:
    slo = subject.slo
    period = f"this {slo.window.calendar}" if isinstance(slo.window, CalendarWindow) else f"over {slo.window}"
    allowed = f"the objective of {percent(subject.slo.ratio)} {period} allows {percent(slo.error_budget)}."
    text = f"{{{{ $value | humanizePercentage }}}} of events are bad; {allowed}"
    return f"{text} {literal(' '.join(slo.description.split()))}" if slo.description.strip() else text


def percent(ratio: float) -> str:
    """A ratio as people write it, such as 99.95%."""
    return f"{ratio * 100:.10g}%"
