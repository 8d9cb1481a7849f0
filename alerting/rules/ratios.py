"""Error ratios over windows, from the recorded rates of events.

A ratio is the sum of the rates of bad events over that of all events, so that busy minutes weigh more, times the share
of the window that has history: what nobody saw counts as good, and a series two minutes old cannot page on a blip.
(Sums and averages give the same ratio; sums also add up what was recorded under two owners.)
"""

from alerting.model.quantities import Duration
from alerting.model.service import RatioSli
from alerting.promql import Expr, binary, call, number, over
from alerting.rules.sli import ratio_over
from alerting.rules.subject import Subject

ONE: Expr = number(1)
TINY: Expr = number("1e-9")
"""Less than one event in thirty years: the divisor of an idle window, whose bad events are none."""


def window_ratio(subject: Subject, length: Duration, *, coarse: bool, coarse_bad: bool = False) -> Expr:
    """The error ratio over one window.

    `coarse` reads all events (and how much history there is) from the coarse record, which changes a long window by
    less than 1 % and reads a twentieth; bad events stay fine, since alerts must not wait for them, unless
    `coarse_bad` says that nobody waits for this ratio.
    """
    if subject.form.indicator.ratio is not None:
        return _by_expression(subject, subject.form.indicator.ratio, length, coarse)
    if coarse and not coarse_bad:
        return _long(subject, length)
    total, step = (subject.coarse_total, subject.coarse) if coarse else (subject.total, subject.interval)
    bad = _sum(subject, "sum_over_time", subject.coarse_bad if coarse else subject.bad, length)
    share = _share(bad, _sum(subject, "sum_over_time", total, length))
    return binary("*", share, _history(_sum(subject, "count_over_time", total, length), step, length))


def _long(subject: Subject, length: Duration) -> Expr:
    """Bad events a second over the whole window, history or not, over the average of all events a second."""
    events = binary("*", _sum(subject, "sum_over_time", subject.bad, length), number(subject.interval.seconds))
    total = (_sum(subject, name, subject.coarse_total, length) for name in ("sum_over_time", "count_over_time"))
    return _share(binary("/", events, number(length.seconds)), binary("/", *total))


def _share(bad: Expr, total: Expr) -> Expr:
    return call("clamp_max", binary("/", bad, call("clamp_min", total, TINY)), ONE)


def _sum(subject: Subject, function: str, name: str, length: Duration) -> Expr:
    return call("sum", over(function, subject.past(name), length))


def _history(count: Expr, step: Duration, length: Duration) -> Expr:
    """The share of a window that has samples, one a step; at most 1."""
    seen = binary("/", binary("*", count, number(step.seconds)), number(length.seconds))
    return call("clamp_max", seen, ONE)


def _by_expression(subject: Subject, sli: RatioSli, length: Duration, coarse: bool) -> Expr:
    known = subject.past(subject.base_ratio)
    step = subject.coarse if coarse else subject.interval
    counted = f"{known}[{length}:{step}]" if coarse else f"{known}[{length}]"
    count = call("sum", Expr(f"count_over_time({counted})"))
    ratio = ratio_over(sli, length, call("max", subject.recorded(subject.base_ratio).expr))
    return binary("*", ratio, _history(count, step, length))
