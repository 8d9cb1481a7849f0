"""The first rules of an SLO: rates of bad and of all events over the base window, for each kind of SLI.

Every later rule reads only these two series. An error counter that no error has created yet counts as zero; no
traffic is zero, not NaN; and without the service's metrics there is no series at all, which has an alert of its own.
"""

from alerting import promql
from alerting.model.quantities import Duration
from alerting.model.service import RatioSli
from alerting.promql import Expr, binary, call, number
from alerting.rules.subject import Subject

ZERO: Expr = number(0)


def rates(subject: Subject) -> tuple[Expr, Expr]:
    """Expressions for the rates of all and of bad events; the second reads the first from its record."""
    kind = subject.form.indicator.kind
    total = call("sum", subject.recorded(subject.total).expr)
    if kind == "probe":
        return _probe(subject)
    if kind == "native":
        return _native(subject, total)
    everything, chosen = (_rate(text, subject.base) for text in subject.texts.selectors)
    if kind == "bad":
        return everything, _or_zero(chosen, total)
    # A bucket that does not exist gives no bad rate at all, which alerts as vanished instead of as an outage.
    return everything, _rest(total, _or_zero(chosen, total) if kind == "good" else chosen)


def _over(function: str, selector: str, base: Duration) -> Expr:
    return Expr(f"{function}({selector}[{base}])")


def _rate(selector: str, base: Duration) -> Expr:
    return call("sum", _over("rate", selector, base))


def _or_zero(expr: Expr, total: Expr) -> Expr:
    """The expression, or zero where only all events are known."""
    return binary("or", expr, binary("*", total, ZERO))


def _rest(total: Expr, good: Expr) -> Expr:
    """Bad events as what is not good; never below zero, since two rates may be extrapolated differently."""
    return call("clamp_min", binary("-", total, good), ZERO)


def _native(subject: Subject, total: Expr) -> tuple[Expr, Expr]:
    histogram = _rate(subject.texts.selectors[0], subject.base)
    bound = number(subject.form.indicator.bound)
    good = call("histogram_fraction", Expr("-Inf", strength=8), bound, histogram)
    bad = binary("*", binary("-", number(1), good), binary(">", total, ZERO))
    return call("histogram_count", histogram), _or_zero(bad, total)


def _probe(subject: Subject) -> tuple[Expr, Expr]:
    """Probes per second, and those that did not give 1."""
    count, good = (
        _over(function, subject.texts.selectors[0], subject.base) for function in ("count_over_time", "sum_over_time")
    )
    seconds = number(subject.base.seconds)
    return (
        binary("/", call("sum", count), seconds),
        binary("/", call("sum", binary("-", count, good)), seconds),
    )


def ratio_over(sli: RatioSli, length: Duration, known: Expr | None) -> Expr:
    """A ratio written by people over one window, as one number that is never NaN.

    `max` drops a NaN (0/0 of an idle window) when there is a second number: `known` × 0, which exists as long as the
    metrics do. Without `known` the expression itself says whether they exist.
    """
    ratio = promql.over_window(sli.ratio, length)
    return call("max", binary("or", ratio, _marked(known or call("count", ratio))))


def _marked(known: Expr) -> Expr:
    """Zero under a label that no series of the other side has, so that `or` keeps both."""
    label = Expr(promql.quote("tocsin_idle"))
    yes, nothing = Expr(promql.quote("yes")), Expr(promql.quote(""))
    return call("label_replace", binary("*", known, ZERO), label, yes, nothing, nothing)
