"""The first rules of an SLO: rates of bad and of all events over the base window, for each kind of SLI.

Every later rule reads only these two series. An error counter that no error has created yet counts as zero; no
traffic is zero, not NaN; and without the service's metrics there is no series at all, which has an alert of its own.
"""

import re

from alerting import promql
from alerting.model.quantities import Duration
from alerting.model.service import EventsSli, HistogramSli, ProbeSli, RatioSli
from alerting.promql import Expr, Selector, binary, call, number, over

SelectorSli = EventsSli | HistogramSli | ProbeSli
"""The kinds that can be recorded as two rates."""

ZERO: Expr = number(0)


def rates(sli: SelectorSli, recorded_total: Selector, base: Duration) -> tuple[Expr, Expr]:
    """Expressions for the rates of all and of bad events; the second reads the first from its record."""
    total = call("sum", recorded_total.expr)
    if isinstance(sli, EventsSli):
        return _events(sli, total, base)
    if isinstance(sli, ProbeSli):
        return _probe(sli, base)
    return _native(sli, total, base) if sli.native else _classic(sli, total, base)


def _rate(what: Selector, base: Duration) -> Expr:
    return call("sum", over("rate", what, base))


def _or_zero(expr: Expr, total: Expr) -> Expr:
    """The expression, or zero where only all events are known."""
    return binary("or", expr, binary("*", total, ZERO))


def _rest(total: Expr, good: Expr) -> Expr:
    """Bad events as what is not good; never below zero, since two rates may be extrapolated differently."""
    return call("clamp_min", binary("-", total, good), ZERO)


def _events(sli: EventsSli, total: Expr, base: Duration) -> tuple[Expr, Expr]:
    everything = _rate(promql.selector(sli.total), base)
    if sli.bad is not None:
        return everything, _or_zero(_rate(promql.selector(sli.bad), base), total)
    if sli.good is None:
        raise ValueError("an SLI of events needs `bad` or `good`; expected one of the two")
    return everything, _rest(total, _or_zero(_rate(promql.selector(sli.good), base), total))


def histogram_selector(sli: HistogramSli) -> Selector:
    """The service's series of the histogram, under the histogram's own name; raises ValueError for a bad selector."""
    return promql.selector(f"{sli.histogram}{sli.selector}")


def bucket_bound(below: Duration) -> tuple[str, str]:
    """Operator and value that match the bucket's `le` label.

    Clients write whole bounds as `1` or `1.0`, and Prometheus 3 always stores `1.0`:
    https://prometheus.io/docs/prometheus/latest/migration/#le-and-quantile-label-values
    """
    bound = promql.format_number(below.seconds)
    return ("=", bound) if "." in bound else ("=~", rf"{re.escape(bound)}(\.0)?")


def _classic(sli: HistogramSli, total: Expr, base: Duration) -> tuple[Expr, Expr]:
    """A bucket that does not exist gives no bad rate at all, which alerts as vanished instead of as an outage."""
    family = histogram_selector(sli)
    good = family.named(f"{family.metric}_bucket").also("le", *bucket_bound(sli.below))
    return _rate(family.named(f"{family.metric}_count"), base), _rest(total, _rate(good, base))


def _native(sli: HistogramSli, total: Expr, base: Duration) -> tuple[Expr, Expr]:
    histogram = _rate(histogram_selector(sli), base)
    good = call("histogram_fraction", Expr("-Inf", strength=8), number(sli.below.seconds), histogram)
    bad = binary("*", binary("-", number(1), good), binary(">", total, ZERO))
    return call("histogram_count", histogram), _or_zero(bad, total)


def _probe(sli: ProbeSli, base: Duration) -> tuple[Expr, Expr]:
    """Probes per second, and those that did not give 1."""
    probe = promql.selector(sli.probe)
    count, good = over("count_over_time", probe, base), over("sum_over_time", probe, base)
    seconds = number(base.seconds)
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
