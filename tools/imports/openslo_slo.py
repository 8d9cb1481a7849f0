"""One OpenSLO SLO, with everything it refers to, as SLOs of ours: one for each of its objectives."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from alerting.problem import Problem
from alerting.syntax import Path
from tools.imports.found import FoundSlo, Notebook
from tools.imports.measured import fixed_range, over_counters, over_gauges, over_raw, over_threshold
from tools.imports.naming import kebab
from tools.imports.numbers import percent
from tools.imports.openslo_file import Metric, Objective, RatioMetric, SliSpec, SloObject
from tools.imports.openslo_window import period
from tools.imports.shapes import Query, Sli
from tools.imports.source import Source, WireModel

PROMETHEUS: Final = ("prometheus", "promql", "thanos", "mimir", "cortex", "victoriametrics", "sloth")
"""Types of data sources, in any case, whose queries are PromQL."""
QUERY_KEYS: Final = ("query", "promql")
_LEFT: Final = "write its SLI by hand"


class UnusableError(Exception):
    """The indicator cannot be taken over; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SloReading:
    """Reads one SLO of one document."""

    source: Source
    slo: SloObject
    book: Notebook
    problems: list[Problem]
    get: Callable[[str, str], Any]
    """Finds an object of the file by kind and name; None if it is not there."""

    @property
    def about(self) -> str:
        """The SLO in messages."""
        return f"slo {self.name}"

    @property
    def name(self) -> str:
        """The SLO's name here."""
        return kebab(self.slo.metadata.name, "slo")

    def read(self) -> list[FoundSlo]:
        """An SLO for every objective that can be kept; everything else is noted."""
        spec = self.slo.spec
        self._note_settings()
        if not spec.service:
            self._left_out(("spec",), "it names no service", "add `service` to its spec")
            return []
        window = period(self.source, spec.windows, self.about, self.book, self.problems)
        found: list[FoundSlo] = []
        for number, objective in enumerate(spec.objectives):
            name = self._objective_name(objective, number)
            item: dict[str, Any] = {"name": name, "objective": self._percent(objective, number)}
            if spec.description or objective.display_name:
                item["description"] = (spec.description or objective.display_name).strip()
            if window is not None:
                item["window"] = window
            sli = self._sli(objective, number)
            if sli is not None:
                line = self.source.line("spec", "objectives", number)
                found.append(FoundSlo(line=line, item=item | {"sli": dict(sli)}))
        return found

    def _objective_name(self, objective: Objective, number: int) -> str:
        """The SLO's own name if it makes one promise only."""
        if len(self.slo.spec.objectives) == 1:
            return self.name
        return kebab(f"{self.name}-{objective.display_name or number + 1}", "slo")

    def _percent(self, objective: Objective, number: int) -> str:
        """The objective as a percentage; what is wrong with it becomes a problem."""
        both = (objective.target is None) == (objective.target_percent is None)
        key = "targetPercent" if objective.target is None else "target"
        try:
            if both:
                raise ValueError("not exactly one of `target` and `targetPercent`")
            return percent(objective.target_percent, 1) if objective.target is None else percent(objective.target, 100)
        except ValueError as error:
            self.problems.append(
                self.source.problem(
                    ("spec", "objectives", number, key),
                    str(error),
                    "expected a `target` above 0 and below 1, such as 0.999, or a `targetPercent` such as 99.9",
                    "correct it in the OpenSLO file",
                )
            )
            return ""

    def _sli(self, objective: Objective, number: int) -> Sli | None:
        """The indicator of an objective; None if it has to be left out, which is noted."""
        try:
            spec, path = self._indicator(objective, number)
            if spec.ratio is not None and spec.threshold is None:
                return self._ratio(spec.ratio, (*path, "ratioMetric"))
            if spec.threshold is not None and spec.ratio is None:
                if objective.op is None or objective.value is None:
                    raise UnusableError("a threshold metric without `op` and `value` says nothing")
                return over_threshold(self._query(spec.threshold, path), objective.op, objective.value)
            raise UnusableError("not exactly one of `ratioMetric` and `thresholdMetric`")
        except (UnusableError, ValueError) as error:
            self._left_out(("spec", "objectives", number), str(error), _LEFT)
            return None

    def _indicator(self, objective: Objective, number: int) -> tuple[SliSpec, Path]:
        """The indicator and where it stands: the objective's own, the SLO's, or the one that either refers to."""
        spec = self.slo.spec
        for inline, ref, path in (
            (objective.indicator, objective.indicator_ref, ("spec", "objectives", number)),
            (spec.indicator, spec.indicator_ref, ("spec",)),
        ):
            if inline is not None:
                return inline.spec, (*path, "indicator", "spec")
            if ref is not None:
                found = self.get("SLI", ref)
                if found is None:
                    raise UnusableError(f"the SLI {ref[:60]!r} is not in the file")
                return found.spec, (*path, "indicatorRef")
        raise UnusableError("it has neither `indicator` nor `indicatorRef`")

    def _ratio(self, ratio: RatioMetric, path: Path) -> Sli:
        """An SLI of good or bad events, or of a ratio that is there already."""
        if ratio.raw is not None:
            if ratio.raw_type is None:
                raise UnusableError("`raw` without `rawType` does not say what it counts")
            return over_raw(self._query(ratio.raw, path), ratio.raw_type == "success")
        part, metric = ("bad", ratio.bad) if ratio.bad is not None else ("good", ratio.good)
        if metric is None or ratio.total is None or (ratio.bad is not None and ratio.good is not None):
            raise UnusableError("expected `total` with either `good` or `bad`")
        query, total = self._query(metric, path), self._query(ratio.total, path)
        ranges = {span for span in (fixed_range(query), fixed_range(total)) if span}
        if not ratio.counter and not ranges and not (Query(query).uses_window or Query(total).uses_window):
            return over_gauges(part, query, total)
        if ranges:
            self._lost(
                path,
                f"the range {', '.join(sorted(ranges))} of its queries is not kept",
                "alerts use their own windows",
            )
        return over_counters(part, query, total)

    def _query(self, metric: Metric, path: Path) -> str:
        """The PromQL of a metric; raises UnusableError for other languages."""
        source = metric.source
        kind = source.type
        if source.ref is not None and kind is None:
            known = self.get("DataSource", source.ref)
            kind = known.spec.type if known else None
            if known is None:
                self._lost(
                    path, f"the data source {source.ref[:60]!r} is not in the file", "its queries are read as PromQL"
                )
        if kind and kind.lower() not in PROMETHEUS:
            raise UnusableError(f"its metrics come from {kind[:60]!r}, not from Prometheus")
        query = source.spec
        if isinstance(query, Mapping):
            query = next((query[key] for key in QUERY_KEYS if key in query), None)
        if not isinstance(query, str) or not query.strip():
            raise UnusableError("its metric has no `spec.query`")
        return query

    def _note_settings(self) -> None:
        """Notes what an SLO says beyond objective, window and indicator."""
        spec = self.slo.spec
        if self.name != self.slo.metadata.name:
            renamed = f"the name {self.slo.metadata.name[:60]!r} is not one of ours"
            self._lost(("metadata", "name"), renamed, f"it is called {self.name}")
        if spec.budgeting != "Occurrences":
            self._lost(
                ("spec", "budgetingMethod"),
                f"the budgeting method {spec.budgeting[:60]!r} is not kept",
                "the budget is counted in events, as `Occurrences` does",
            )
        for number, objective in enumerate(spec.objectives):
            self._note_objective(objective, ("spec", "objectives", number))
        if spec.alert_policies:
            self._lost(
                ("spec", "alertPolicies"),
                "its alert policies are not kept",
                "every SLO has a page and a ticket alert after alerting/windows.yaml",
            )
        self._unknown(self.slo, (), ("apiVersion", "kind"))
        self._unknown(spec, ("spec",))

    def _note_objective(self, objective: Objective, path: Path) -> None:
        for key, value in (
            ("timeSliceTarget", objective.slice_target),
            ("timeSliceWindow", objective.slice_window),
            ("compositeWeight", objective.weight),
        ):
            if value is not None:
                self._lost(
                    (*path, key), f"`{key}` is not kept", "the budget is counted in events of this objective alone"
                )
        self._unknown(objective, path)

    def _unknown(self, model: WireModel, path: Path, known: tuple[str, ...] = ()) -> None:
        for key in model.model_extra or ():
            if key not in known:
                self._lost((*path, key), f"`{key[:60]}` is not kept", "it has no counterpart here")

    def _lost(self, path: Path, what: str, instead: str) -> None:
        self.book.lost(self.source.line(*path), self.about, what, instead)

    def _left_out(self, path: Path, what: str, instead: str) -> None:
        self.book.left_out(self.source.line(*path), self.about, what, instead)
