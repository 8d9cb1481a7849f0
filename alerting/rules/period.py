"""The slower group of an SLO: the coarse record, and what is left of the period's error budget.

A group has one interval; among the alerts, these rules would read thirty days at every step.

A range of PromQL cannot begin on the first of a month. For periods of the calendar, the coarse record therefore carries
the start of its period as a label, and the figures sum up what carries the label of the running one.
"""

from alerting import names
from alerting.burn import is_coarse
from alerting.model.quantities import Duration
from alerting.model.service import CalendarWindow
from alerting.promql import Expr, binary, call, number, over, quote
from alerting.rules import calendar
from alerting.rules.group import Rule
from alerting.rules.ratios import ONE, TINY, window_ratio
from alerting.rules.subject import Subject


def period_rules(subject: Subject) -> tuple[Rule, ...]:
    """The rules of the slower group, in evaluation order."""
    window = subject.form.window
    rules = _calendar(subject, window) if isinstance(window, CalendarWindow) else _rolling(subject, window)
    objective = call("vector", number(subject.texts.objective))
    return (*rules, record(subject, names.OBJECTIVE, objective))


def record(subject: Subject, name: str, expr: Expr) -> Rule:
    """A recording rule of the SLO."""
    return Rule(record=name, expr=expr.text, labels=subject.labels)


def _rolling(subject: Subject, window: Duration) -> list[Rule]:
    """The coarse record, the ratio over the whole period, and the budget that it leaves."""
    rules = [] if subject.by_expression else [record(subject, *one) for one in _coarse_events(subject)]
    length = subject.form.scale.window(window)
    coarse = is_coarse(length, subject.form.scrape, subject.form.scale)
    name = names.error_ratio(str(window))
    spent = binary("/", subject.recorded(name).expr, number(subject.texts.budget))
    rules.append(record(subject, name, window_ratio(subject, length, coarse=coarse, coarse_bad=coarse)))
    rules.append(record(subject, names.BUDGET_REMAINING, binary("-", ONE, spent)))
    return rules


def _coarse_events(subject: Subject) -> list[tuple[str, Expr]]:
    pairs = ((subject.coarse_total, subject.total), (subject.coarse_bad, subject.bad))
    return [(name, over("avg_over_time", subject.recorded(source), subject.coarse)) for name, source in pairs]


def _calendar(subject: Subject, window: CalendarWindow) -> list[Rule]:
    """The ratio since the period began, and the budget that is left if the rest of the period is good."""
    start, current = subject.recorded(names.PERIOD_START).expr, subject.recorded(names.PERIOD_CURRENT).expr
    name = names.error_ratio(window.calendar)
    last = names.PERIOD_RATIO if subject.by_expression else subject.coarse_total
    elapsed = binary("*", _so_far(subject, window, "count_over_time", last), number(subject.coarse.seconds))
    share = call("clamp_max", binary("/", elapsed, calendar.period_seconds(window, start)), ONE)
    spent = binary("/", binary("*", call("max", subject.recorded(name).expr), share), number(subject.texts.budget))
    labelled = [
        (metric, binary(f"* on () group_left ({names.PERIOD})", expr, current))
        for metric, expr in _calendar_sources(subject)
    ]
    return [
        record(subject, names.PERIOD_START, calendar.period_start(window)),
        record(subject, names.PERIOD_CURRENT, call("count_values", Expr(quote(names.PERIOD)), start)),
        *(record(subject, *one) for one in labelled),
        record(subject, name, _calendar_ratio(subject, window)),
        record(subject, names.BUDGET_REMAINING, binary("-", ONE, spent)),
    ]


def _calendar_sources(subject: Subject) -> list[tuple[str, Expr]]:
    """What is recorded with the label of its period."""
    if not subject.by_expression:
        return _coarse_events(subject)
    return [(names.PERIOD_RATIO, over("avg_over_time", subject.recorded(subject.base_ratio), subject.coarse))]


def _calendar_ratio(subject: Subject, window: CalendarWindow) -> Expr:
    """Bad events over all events; an SLI that is any PromQL has none to weigh with and is averaged over time."""
    if subject.by_expression:
        ratios = _so_far(subject, window, "sum_over_time", names.PERIOD_RATIO)
        return binary("/", ratios, _so_far(subject, window, "count_over_time", names.PERIOD_RATIO))
    bad = _so_far(subject, window, "sum_over_time", subject.coarse_bad)
    total = _so_far(subject, window, "sum_over_time", subject.coarse_total)
    return call("clamp_max", binary("/", bad, call("clamp_min", total, TINY)), ONE)


def _so_far(subject: Subject, window: CalendarWindow, function: str, metric: str) -> Expr:
    """A function over what was recorded since the period began."""
    everything = over(function, subject.past(metric), subject.form.scale.window(calendar.LONGEST[window.calendar]))
    current = subject.recorded(names.PERIOD_CURRENT).expr
    return call("sum", binary(f"and on ({names.PERIOD})", everything, current))
