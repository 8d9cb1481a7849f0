"""An SLI taken apart: of which kind it is, and the selectors that fill its expressions."""

import re
from dataclasses import dataclass
from typing import Literal

from alerting import promql
from alerting.model.quantities import Duration
from alerting.model.service import EventsSli, HistogramSli, ProbeSli, RatioSli, Sli
from alerting.promql import Selector

Kind = Literal["bad", "good", "classic", "native", "probe", "ratio"]
"""Counters of bad or of good events beside all of them, histograms with buckets or native ones, a probe, any PromQL."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """What changes the expressions of an SLI, apart from its selectors."""

    kind: Kind
    bound: float = 0.0
    """Where good ends, in seconds; native histograms only."""
    ratio: RatioSli | None = None
    """Any PromQL; only of that kind."""


def take_apart(sli: Sli) -> tuple[Indicator, tuple[Selector, ...]]:
    """The kind, and what is counted: all events first, then bad or good ones if the kind has two.

    Raises ValueError for a selector that is not PromQL.
    """
    if isinstance(sli, EventsSli):
        return _events(sli)
    if isinstance(sli, ProbeSli):
        return Indicator(kind="probe"), (promql.selector(sli.probe),)
    if isinstance(sli, RatioSli):
        return Indicator(kind="ratio", ratio=sli), ()
    family = histogram_selector(sli)
    if sli.native:
        return Indicator(kind="native", bound=sli.below.seconds), (family,)
    bucket = family.named(f"{family.metric}_bucket").also("le", *bucket_bound(sli.below))
    return Indicator(kind="classic"), (family.named(f"{family.metric}_count"), bucket)


def _events(sli: EventsSli) -> tuple[Indicator, tuple[Selector, ...]]:
    total = promql.selector(sli.total)
    if sli.bad is not None:
        return Indicator(kind="bad"), (total, promql.selector(sli.bad))
    if sli.good is not None:
        return Indicator(kind="good"), (total, promql.selector(sli.good))
    raise ValueError("an SLI of events has neither `bad` nor `good`; expected one of the two; add it")


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
