"""Answers as lines on a chart: places in per mille, so that one drawing fits every width."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from bots.words.axes import Scale, moments, scale
from tools.preview.asking import Series, Span
from tools.preview.marks import called, limits, look
from tools.preview.view import ChartView, LineView

COLORS: Final = 8
MOST_LINES: Final = 12
_FULL: Final = 1000.0
_GAP: Final = 3.5
"""A line is broken where that many steps have no value; Prometheus itself bridges five minutes."""

Named = tuple[str, Series]


def chart(
    panel: Mapping[str, Any], answers: Sequence[tuple[str, Series]], marks: Iterable[Series], span: Span
) -> ChartView:
    """The chart of a panel's answers (legend and series), shaded while incidents went on."""
    named = [(called(legend, series.labels), series) for legend, series in answers]
    named = sorted(named, key=lambda one: (-_size(one[1]), one[0]))[:MOST_LINES]
    named.sort(key=lambda one: one[0])
    defaults = panel["fieldConfig"]["defaults"]
    stacked = defaults["custom"].get("stacking", {}).get("mode") == "normal"
    floors, tops = _stack(named) if stacked else ([{}] * len(named), [dict(series.points) for _, series in named])
    steps = [(value, color) for value, color in limits(defaults.get("thresholds")) if math.isfinite(value)]
    shown = [value for top in tops for value in top.values()]
    in_time = defaults.get("unit") in ("s", "dtdurations")
    axis = scale(_with_limits(shown, steps), defaults.get("min"), defaults.get("max"), time=in_time)
    looks = look(panel, steps=False)
    lines = tuple(
        LineView(
            name=name,
            last=looks.text(series.last, span.end),
            path=path(top, axis, span),
            area=_area(top, floor, axis, span),
            color=at % COLORS,
        )
        for at, ((name, series), top, floor) in enumerate(zip(named, tops, floors, strict=True))
    )
    dashed = panel["fieldConfig"]["defaults"]["custom"].get("thresholdsStyle", {}).get("mode") == "dashed"
    return ChartView(
        lines=lines,
        more=max(len(answers) - MOST_LINES, 0),
        heights=tuple((100 * axis.height(value), looks.text(value, span.end)) for value in axis.lines),
        times=tuple((100 * place, text) for place, text in moments(span.start, span.end)),
        limits=tuple(
            (100 * axis.height(value), color) for value, color in steps if dashed and axis.low <= value <= axis.high
        ),
        stacked=stacked,
        incidents=tuple(_shade(series, span) for series in marks),
    )


def _size(series: Series) -> float:
    return max((abs(value) for _, value in series.points if math.isfinite(value)), default=0.0)


def _with_limits(shown: list[float], steps: Sequence[tuple[float, str]]) -> list[float]:
    """Limits are worth their room on the axis unless they would press the lines flat."""
    highest = max((value for value in shown if math.isfinite(value)), default=0.0)
    return [*shown, *(value for value, _ in steps if 0 <= value <= 4 * highest or not highest)]


def _stack(named: Sequence[Named]) -> tuple[list[dict[float, float]], list[dict[float, float]]]:
    """The lower and upper edge of each series on top of those before it."""
    heights: dict[float, float] = {}
    floors, tops = [], []
    for _, series in named:
        known = {at: value for at, value in series.points if math.isfinite(value)}
        floors.append({at: heights.get(at, 0.0) for at in known})
        heights |= {at: heights.get(at, 0.0) + value for at, value in known.items()}
        tops.append({at: heights[at] for at in known})
    return floors, tops


def _pieces(points: Mapping[float, float], span: Span) -> list[list[tuple[float, float]]]:
    """The stretches without a gap, in seconds since the start."""
    found: list[list[tuple[float, float]]] = []
    begin, step = span.start.timestamp(), span.step.total_seconds()
    for at, value in sorted(points.items()):
        if not math.isfinite(value):
            continue
        if not found or at - begin - found[-1][-1][0] > _GAP * step:
            found.append([])
        found[-1].append((at - begin, value))
    return found


def path(points: Mapping[float, float], axis: Scale, span: Span) -> str:
    """A line as an SVG path, broken at gaps; a single point is a short dash."""
    parts = []
    for piece in _pieces(points, span):
        places = [_place(at, value, axis, span) for at, value in piece]
        if len(places) == 1:
            ((x, y),) = places
            places = [(x - 2, y), (x + 2, y)]
        parts.append("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places))
    return "".join(parts)


def _area(points: Mapping[float, float], floor: Mapping[float, float], axis: Scale, span: Span) -> str:
    begin = span.start.timestamp()
    base = min(max(0.0, axis.low), axis.high)
    parts = []
    for piece in _pieces(points, span):
        over = [_place(at, value, axis, span) for at, value in piece]
        under = [_place(at, floor.get(at + begin, base), axis, span) for at, _ in reversed(piece)]
        parts.append("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in [*over, *under]) + "Z")
    return "".join(parts)


def _place(at: float, value: float, axis: Scale, span: Span) -> tuple[float, float]:
    height = min(max(axis.height(value), -0.02), 1.02)
    return _FULL * at / (span.end - span.start).total_seconds(), _FULL * height


def _shade(series: Series, span: Span) -> tuple[float, float, str]:
    whole = (span.end - span.start).total_seconds()
    first, last = (at - span.start.timestamp() for at in (series.points[0][0], series.points[-1][0]))
    name = f"{series.labels.get('incident', '')} {series.labels.get('service', '')}".strip()
    return 100 * first / whole, max(100 * (last - first) / whole, 0.4), name


def spark(series: Series, span: Span) -> str:
    """The course of one number as an SVG path, on a scale of its own."""
    points = dict(series.points)
    if len(points) < 2:
        return ""
    return path(points, scale(list(points.values()), None, None), span)
