"""What a service's metrics would be if it had this much traffic and that many errors, in promtool's notation.

https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/#series
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from alerting import promql
from alerting.promql import Selector
from alerting.rule_tests.labels import Labels, accepts, example, example_outside
from alerting.rules.indicator import Indicator

Part = Literal["total", "bad", "good"]
LoadKind = Literal["counter", "gauge", "native"]
Series = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Some scrapes in a row with the same traffic."""

    scrapes: int
    events: float
    """Events between two scrapes."""
    errors: float = 0.0
    """The ratio of them that is bad."""
    gone: bool = False
    """The service has no metrics at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A series and which events it counts."""

    name: str
    part: Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """The series of an SLI; `write` gives them for stretches of traffic."""

    kind: LoadKind
    series: tuple[Counted, ...]
    bound: float = 0.0
    """Where good ends, for native histograms."""

    def write(self, stretches: Sequence[Stretch], without: Part | None = None) -> list[Series]:
        """Input series of a promtool test; `without` leaves out what counts those events."""
        return [
            {"series": one.name, "values": " ".join(self._values(one.part, stretches))}
            for one in self.series
            if one.part != without
        ]

    def _values(self, part: Part, stretches: Sequence[Stretch]) -> Iterator[str]:
        sums = {"total": 0.0, "bad": 0.0}
        if self.kind == "counter":
            yield "0"
        elif self.kind == "native":
            yield self._histogram(0, 0)
        else:
            yield "1"
        for stretch in stretches:
            yield self._stretch(part, stretch, sums)
            sums["total"] += stretch.events * stretch.scrapes
            sums["bad"] += stretch.events * stretch.errors * stretch.scrapes

    def _stretch(self, part: Part, stretch: Stretch, sums: Mapping[str, float]) -> str:
        more = stretch.scrapes - 1
        if stretch.gone:
            return f"_x{more + 1}"
        if self.kind == "gauge":
            return f"{_number(1 - stretch.errors)}x{more}"
        bad = stretch.events * stretch.errors
        if self.kind == "native":
            first = self._histogram(sums["total"] + stretch.events, sums["bad"] + bad)
            return f"{first}+{self._histogram(stretch.events, bad)}x{more}"
        total_step = {"total": stretch.events, "bad": bad, "good": stretch.events - bad}[part]
        so_far = {"total": sums["total"], "bad": sums["bad"], "good": sums["total"] - sums["bad"]}[part]
        return f"{_number(so_far + total_step)}+{_number(total_step)}x{more}"

    def _histogram(self, total: float, bad: float) -> str:
        """Good events in the last bucket that ends at the bound or before, bad ones in the first that begins there."""
        good_at, bad_at = math.floor(math.log2(self.bound)), math.ceil(math.log2(self.bound)) + 1
        buckets = [total - bad, *[0.0] * (bad_at - good_at - 1), bad]
        counts = " ".join(_number(count) for count in buckets)
        return f"{{{{schema:0 sum:{_number(total)} count:{_number(total)} buckets:[{counts}] offset:{good_at}}}}}"


def load(indicator: Indicator, selectors: tuple[Selector, ...]) -> Load | None:
    """How to write traffic of an SLI; None if no series could be made up for it.

    A ratio that `ratio_form` makes no counters of is any PromQL, of which nobody can say what its series mean.
    """
    kind = indicator.kind
    if kind == "ratio":
        return None
    if kind == "probe":
        return _of(((selectors[0], "total"),), kind="gauge")
    if kind == "native":
        return _of(((selectors[0], "total"),), kind="native", bound=indicator.bound)
    total, chosen = selectors
    if kind == "classic":
        return _of(((total, "total"), (chosen, "good")), kind="counter")
    return _events(total, chosen, part="bad" if kind == "bad" else "good")


def _of(parts: Sequence[tuple[Selector, Part]], kind: LoadKind, bound: float = 0) -> Load | None:
    series = []
    for selector, part in parts:
        labels = example(selector)
        if labels is None:
            return None
        series.append(Counted(name=_name(selector, labels), part=part))
    return Load(kind=kind, series=tuple(series), bound=bound)


def _events(total: Selector, chosen: Selector, part: Part) -> Load | None:
    """Series for the bad and the good events, apart from that for all of them where that is another metric."""
    if chosen.metric != total.metric:
        return _of(((chosen, part), (total, "total")), kind="counter")
    labels, rest = example(chosen, total), example_outside(total, chosen)
    if labels is None or rest is None:
        return None
    other: Part = "good" if part == "bad" else "bad"
    series = (Counted(name=_name(chosen, labels), part=part), Counted(name=_name(total, rest), part=other))
    return Load(kind="counter", series=series)


def _name(selector: Selector, labels: Labels) -> str:
    assert accepts(selector, labels)
    return str(promql.recorded(selector.metric, dict(sorted(labels.items()))))


def _number(value: float) -> str:
    return f"{value:.15g}"
