"""A dashboard's JSON and a Prometheus's answers made into what the page shows."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from alerting.model.quantities import Duration
from dashboards.reading import Asked, Shown, filled, panels
from tools.preview.asking import Prometheus, Refused, Series, Span
from tools.preview.drawing import chart, spark
from tools.preview.marks import Look, called, limits, look
from tools.preview.tables import table
from tools.preview.view import BarView, DashboardView, NumberView, PanelView, QueryView, RowView

POINTS: Final = 240
"""Points of a course: more than a chart on paper can show apart."""
_KINDS: Final[Mapping[str, str]] = {"timeseries": "graph", "stat": "number", "bargauge": "bars", "table": "table"}
_MOST_BARS: Final = 15

Answers = list[tuple[Asked, Sequence[Series]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the reviewer asked to see."""

    at: datetime
    last: Duration | None
    """How much time; each dashboard's own by default."""
    chosen: Mapping[str, str]
    """Values for variables; the dashboard's own first choice otherwise."""


def show(dashboard: Mapping[str, Any], wish: Wish, prometheus: Prometheus | None, scrape_s: float) -> DashboardView:
    """The dashboard with answers, or with its queries alone; raises NoAnswer if the server is gone."""
    last = wish.last or Duration.parse(dashboard["time"]["from"].removeprefix("now-"))
    step = max(math.ceil(last.seconds / POINTS), 1)
    span = Span(start=wish.at - timedelta(seconds=last.seconds), end=wish.at, step=timedelta(seconds=step))
    choices = dict(_choices(dashboard, wish.chosen))
    values = {**choices, **_times(last, step, scrape_s)}
    marks = _marks(dashboard, values, prometheus, span)
    rows: dict[str, list[PanelView]] = {}
    for panel in panels(dashboard):
        rows.setdefault(panel.row, []).append(_panel(panel, values, prometheus, span, marks))
    labels = {one["name"]: one["label"] for one in dashboard["templating"]["list"]}
    return DashboardView(
        uid=dashboard["uid"],
        title=dashboard["title"],
        description=dashboard["description"],
        shown=f"the last {last}",
        choices=tuple((labels[name], "all" if value == ".*" else value) for name, value in choices.items()),
        rows=[RowView(title=title, panels=shown) for title, shown in rows.items()],
    )


def _choices(dashboard: Mapping[str, Any], chosen: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "custom":
            first = variable["current"]["value"]
            default = variable["allValue"] if variable["includeAll"] else first
            yield variable["name"], chosen.get(variable["name"], default)


def _times(last: Duration, step: int, scrape_s: float) -> dict[str, str]:
    """What Grafana makes of the shown time:
    https://grafana.com/docs/grafana/latest/datasources/prometheus/template-variables/#use-__rate_interval
    """
    rate = max(step + scrape_s, 4 * scrape_s)
    return {
        "__range": str(last),
        "__interval": f"{step}s",
        "__interval_ms": str(1000 * step),
        "__rate_interval": str(Duration.of_seconds(rate)),
    }


def _marks(
    dashboard: Mapping[str, Any], values: Mapping[str, str], prometheus: Prometheus | None, span: Span
) -> list[Series]:
    if prometheus is None:
        return []
    found: list[Series] = []
    for one in dashboard["annotations"]["list"]:
        found += prometheus.course(filled(one["target"]["expr"], values), span)
    return found


def _panel(
    panel: Shown, values: Mapping[str, str], prometheus: Prometheus | None, span: Span, marks: Sequence[Series]
) -> PanelView:
    answers: Answers = []
    problem = ""
    for query in panel.queries if prometheus else ():
        ask = prometheus.course if query.over_time else prometheus.now  # type: ignore[union-attr]  # the line above
        try:
            answers.append((query, ask(filled(query.expr, values), span)))
        except Refused as refused:
            problem = f"{query.letter}: {refused}"
    json = panel.json
    kind = _KINDS[json["type"]]
    parts: dict[str, Any] = {}
    if kind == "graph":
        flat = [(query.legend, series) for query, found in answers for series in found]
        parts["chart"] = chart(json, flat, marks, span) if prometheus else None
    elif kind == "number":
        parts["numbers"] = tuple(_numbers(json, answers, span))
    elif kind == "bars":
        parts["bars"] = tuple(_bars(json, answers, span))
    else:
        parts["head"], parts["rows"] = table(json, answers, span)
    return PanelView(
        title=panel.title,
        description=json.get("description", ""),
        kind=kind,
        width=json["gridPos"]["w"],
        height=json["gridPos"]["h"],
        queries=tuple(
            QueryView(letter=query.letter, legend=query.legend, expr=filled(query.expr, values))
            for query in panel.queries
        ),
        empty=json["fieldConfig"]["defaults"]["noValue"],
        asked=prometheus is not None,
        problem=problem,
        **parts,
    )


def _numbers(panel: Mapping[str, Any], answers: Answers, span: Span) -> Iterator[NumberView]:
    for query, found in answers:
        for series in found:
            name = called(query.legend, series.labels) if query.legend else ""
            judged: Look = look(panel, name)
            yield NumberView(
                name=name,
                text=judged.text(series.last, span.end),
                tone=judged.tone(series.last),
                spark=spark(series, span) if query.over_time else "",
            )


def _bars(panel: Mapping[str, Any], answers: Answers, span: Span) -> Iterator[BarView]:
    found = [(called(query.legend, series.labels), series.last) for query, several in answers for series in several]
    judged = look(panel)
    defaults = panel["fieldConfig"]["defaults"]
    low = defaults.get("min") or 0.0
    steps = [value for value, _ in limits(defaults.get("thresholds")) if math.isfinite(value)]
    high = defaults.get("max") or max([value for _, value in found if math.isfinite(value)] + steps[-1:], default=1.0)
    for name, value in found[:_MOST_BARS]:
        share = (value - low) / (high - low) if high > low and math.isfinite(value) else 0.0
        yield BarView(
            name=name,
            text=judged.text(value, span.end),
            tone=judged.tone(value),
            percent=100 * min(max(share, 0.0), 1.0),
        )
