"""The slower group of an SLO: the coarse record, and what is left of the period's error budget.

A group has one interval; among the alerts, these rules would read thirty days at every step.
"""

from alerting import names
from alerting.burn import is_coarse
from alerting.model.quantities import Duration
from alerting.model.service import CalendarWindow
from alerting.promql import Expr, binary, call, number, over
from alerting.rules import calendar
from alerting.rules.group import Rule
from alerting.rules.ratios import ONE, window_ratio
from alerting.rules.subject import TINY, Subject


def period_rules(subject: Subject) -> tuple[Rule, ...]:
    """The rules of the slower group, in evaluation order."""
    rules = [] if subject.by_expression else _coarse_records(subject)
    window = subject.slo.window
    rules += _calendar(subject, window) if isinstance(window, CalendarWindow) else _rolling(subject, window)
    objective = call("vector", number(format(subject.slo.objective.normalize(), "f")))
    return (*rules, record(subject, names.OBJECTIVE, objective))


def record(subject: Subject, name: str, expr: Expr) -> Rule:
    """A recording rule of the SLO."""
    return Rule(record=name, expr=expr.text, labels=subject.labels)


def _coarse_records(subject: Subject) -> list[Rule]:
    pairs = ((subject.coarse_total, subject.total), (subject.coarse_bad, subject.bad))
    return [
        record(subject, name, over("avg_over_time", subject.recorded(source), subject.coarse)) for name, source in pairs
    ]


def _rolling(subject: Subject, window: Duration) -> list[Rule]:
    """The ratio over the whole period, and the budget that it leaves."""
    length = subject.scale.window(window)
    coarse = is_coarse(length, subject.service.scrape_interval, subject.scale)
    name = names.error_ratio(str(window))
    spent = binary("/", subject.recorded(name).expr, number(subject.budget_text))
    ratio = window_ratio(subject, length, coarse=coarse, coarse_bad=coarse)
    return [record(subject, name, ratio), record(subject, names.BUDGET_REMAINING, binary("-", ONE, spent))]


def _calendar(subject: Subject, window: CalendarWindow) -> list[Rule]:
    """The ratio since the period began, and the budget that is left if the rest of the period is good."""
    name = names.error_ratio(window.calendar)
    count = _so_far(
        subject, window, "count_over_time", subject.base_ratio if subject.by_expression else subject.coarse_total
    )
    length = calendar.period_seconds(window, subject.recorded(names.PERIOD_START))
    elapsed = call(
        "clamp_max", binary("/", binary("*", count, number(subject.coarse.seconds)), call("max", length)), ONE
    )
    spent = binary("/", binary("*", call("max", subject.recorded(name).expr), elapsed), number(subject.budget_text))
    return [
        record(subject, names.PERIOD_START, calendar.period_start(window)),
        record(subject, name, _calendar_ratio(subject, window)),
        record(subject, names.BUDGET_REMAINING, binary("-", ONE, spent)),
    ]


def _calendar_ratio(subject: Subject, window: CalendarWindow) -> Expr:
    """A range cannot begin at a date, so an SLI that is any PromQL is averaged over time, not over traffic."""
    if subject.by_expression:
        ratios = _so_far(subject, window, "sum_over_time", subject.base_ratio)
        return binary("/", ratios, _so_far(subject, window, "count_over_time", subject.base_ratio))
    bad = _so_far(subject, window, "sum_over_time", subject.coarse_bad)
    total = _so_far(subject, window, "sum_over_time", subject.coarse_total)
    return call("clamp_max", binary("/", bad, call("clamp_min", total, TINY)), ONE)


def _so_far(subject: Subject, window: CalendarWindow, function: str, metric: str) -> Expr:
    """A function over what was recorded since the period began."""
    longest = subject.scale.window(calendar.LONGEST[window.calendar])
    start, now = subject.past(names.PERIOD_START), subject.recorded(names.PERIOD_START)
    inside = calendar.this_period(subject.past(metric), start, now)
    return call("sum", Expr(f"{function}(({inside})[{longest}:{subject.coarse}])"))
