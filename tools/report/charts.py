"""The charts of a report: twelve weeks of incidents, times and noise; the noisiest alerts; what budgets are left."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, cast

from alerting import numbers
from alerting.numbers import Definition
from bots.numbers.measured import Measured
from bots.timeline.event_fields import PRIORITIES
from bots.words.axes import Scale, scale
from tools.report.content import Past, Report
from tools.report.drawing import WIDTH, Dot, Drawing, Line, Rect, Text, Tone, fitting
from tools.report.words import share, time, value

_LEFT: Final = 84
_RIGHT: Final = WIDTH - 20
_TOP: Final = 62
_HEIGHT: Final = 250
_BOTTOM: Final = _HEIGHT - 30
_ROW: Final = 26
_MOST_BARS: Final = 10
_MOST_BUDGETS: Final = 30
_NAME: Final = 300
"""Where bars begin, right of their names."""


def charts(report: Report) -> Mapping[str, bytes]:
    """SVG files by name; one without anything to show is left out."""
    made: dict[str, Drawing | None] = {
        "incidents.svg": _incidents(report.history),
        "detect.svg": _times(report.history, numbers.DETECT),
        "acknowledge.svg": _times(report.history, numbers.ACKNOWLEDGE),
        "resolve.svg": _times(report.history, numbers.RESOLVE),
        "noise.svg": _noise(report.history),
        "alerts.svg": _alerts(report),
        "budgets.svg": _budgets(report),
    }
    return {name: drawing.svg() for name, drawing in made.items() if drawing is not None}


def _incidents(history: Sequence[Past]) -> Drawing | None:
    totals = [sum(past.incidents.values()) for past in history]
    if not any(totals):
        return None
    said = "; ".join(f"{past.week}: {total}" for past, total in zip(history, totals, strict=True))
    drawing = Drawing(title="Incidents a week, by priority", description=said, height=_HEIGHT)
    axis = scale([float(total) for total in totals], 0.0, 4.0, whole=True)
    _ground(drawing, history, axis, lambda at: f"{at:g}")
    shown = [priority for priority in PRIORITIES if any(past.incidents.get(priority) for past in history)]
    for at, priority in enumerate(shown):
        drawing.rects.append(Rect(_LEFT + 52 * at, 38, 10, 10, _tone(priority)))
        drawing.texts.append(Text(_LEFT + 52 * at + 15, 47, priority))
    for past, (x, width) in zip(history, _places(len(history)), strict=True):
        under = 0
        for priority in shown:
            count = past.incidents.get(priority, 0)
            if count:
                top, bottom = _y(axis, under + count), _y(axis, under)
                tip = f"{past.week}: {count} × {priority}"
                drawing.rects.append(Rect(x, top, width, bottom - top, _tone(priority), tip))
                under += count
    return drawing


def _times(history: Sequence[Past], definition: Definition) -> Drawing | None:
    found = [past.measured[definition.name] for past in history]
    spreads = [one.spread for one in found]
    known = [spread for spread in spreads if spread is not None]
    if not known:
        return None
    goal = found[-1].goal
    said = "; ".join(f"{past.week}: {value(one)}" for past, one in zip(history, found, strict=True))
    drawing = Drawing(title=f"{definition.title}: median and 90th percentile", description=said, height=_HEIGHT)
    heights = [spread.p90 for spread in known] + ([goal.value] if goal else [])
    axis = scale(heights, 0.0, None, time=True)
    _ground(drawing, history, axis, time)
    centers = [x + width / 2 for x, width in _places(len(history))]
    courses: tuple[tuple[str, Tone], ...] = (("p90", "p3"), ("median", "ink"))
    for name, tone in courses:
        points = [
            None if spread is None else (x, _y(axis, getattr(spread, name)))
            for x, spread in zip(centers, spreads, strict=True)
        ]
        drawing.lines += [Line(piece, tone) for piece in _pieces(points) if len(piece) > 1]
        for past, point, spread in zip(history, points, spreads, strict=True):
            if point is not None and spread is not None:
                tip = f"{past.week}: {name} {time(getattr(spread, name))} of {spread.n}"
                drawing.dots.append(Dot(*point, tone, tip))
    _legend(drawing, (("ink", "median"), ("p3", "90th percentile")))
    _target(drawing, axis, found[-1], time)
    return drawing


def _noise(history: Sequence[Past]) -> Drawing | None:
    found = [past.measured[numbers.FALSE_PAGES.name] for past in history]
    if not any(one.n for one in found):
        return None
    said = "; ".join(f"{past.week}: {value(one)}" for past, one in zip(history, found, strict=True))
    drawing = Drawing(title="False pages a week", description=said, height=_HEIGHT)
    goal = found[-1].goal
    heights = [*((one.value or 0) + one.unknown for one in found), *([goal.value] if goal else [])]
    axis = scale(heights, 0.0, 4.0, whole=True)
    _ground(drawing, history, axis, lambda at: f"{at:g}")
    for past, one, (x, width) in zip(history, found, _places(len(history)), strict=True):
        noise = one.value or 0
        if noise:
            tip = f"{past.week}: {noise:g} of {one.n} pages were noise"
            drawing.rects.append(Rect(x, _y(axis, noise), width, _y(axis, 0) - _y(axis, noise), "bad", tip))
        if one.unknown:
            top, bottom = _y(axis, noise + one.unknown), _y(axis, noise)
            tip = f"{past.week}: {one.unknown} pages without a verdict"
            drawing.rects.append(Rect(x, top, width, bottom - top, "p4", tip))
    _legend(drawing, (("bad", "noise"), ("p4", "no verdict")))
    _target(drawing, axis, found[-1], lambda at: f"{at:g}")
    return drawing


def _alerts(report: Report) -> Drawing | None:
    shown = [one for one in report.paged if one.noise][:_MOST_BARS]
    if not shown:
        return None
    said = "; ".join(f"{one.alert} of {one.service}: {one.noise} of {one.pages}" for one in shown)
    drawing = Drawing(title="The noisiest alerts of four weeks", description=said, height=66 + _ROW * len(shown))
    _legend(drawing, (("bad", "noise"), ("p4", "no verdict"), ("good", "worth it")))
    most = max(one.pages for one in shown)
    for at, one in enumerate(shown):
        y = 60 + _ROW * at
        drawing.texts.append(Text(_NAME - 10, y + 13, _short(f"{one.alert} · {one.service}"), "ink", "end"))
        x = float(_NAME)
        parts: tuple[tuple[int, Tone, str], ...] = (
            (one.noise, "bad", "noise"),
            (one.unjudged, "p4", "without a verdict"),
            (one.pages - one.noise - one.unjudged, "good", "worth it"),
        )
        for count, tone, word in parts:
            width = (_RIGHT - 60 - _NAME) * count / most
            if count:
                drawing.rects.append(Rect(x, y, width, 18, tone, f"{one.alert}: {count} {word}"))
            x += width
        drawing.texts.append(Text(x + 8, y + 13, f"{one.noise} of {one.pages}"))
    return drawing


def _budgets(report: Report) -> Drawing | None:
    known = [one for one in report.objectives.ranked if one.left is not None]
    shown = known[:_MOST_BUDGETS]
    if not shown:
        return None
    said = "; ".join(f"{one.service} {one.slo}: {share(one.left or 0.0)}" for one in shown)
    title = "Error budget left" if len(shown) == len(known) else f"Error budget left: the {len(shown)} with the least"
    drawing = Drawing(title=title, description=said, height=50 + _ROW * len(shown))
    for at, one in enumerate(shown):
        y = 40 + _ROW * at
        left = one.left or 0.0
        drawing.texts.append(Text(_NAME - 10, y + 13, _short(f"{one.service} {one.slo}"), "ink", "end"))
        whole = _RIGHT - 60 - _NAME
        drawing.rects.append(Rect(_NAME, y, whole, 18, "grid"))
        drawing.rects.append(Rect(_NAME, y, whole * min(max(left, 0.0), 1.0), 18, "good" if left > 0 else "bad"))
        drawing.texts.append(Text(_RIGHT - 52, y + 13, share(left), "soft" if left >= 0 else "bad"))
    return drawing


def _ground(drawing: Drawing, history: Sequence[Past], axis: Scale, said: Callable[[float], str]) -> None:
    """Round values, and the weeks below."""
    for at in axis.lines:
        drawing.lines.append(Line([(_LEFT, _y(axis, at)), (_RIGHT, _y(axis, at))], "grid", thin=True))
        drawing.texts.append(Text(_LEFT - 8, _y(axis, at) + 4, said(at), anchor="end"))
    for past, (x, width) in zip(history, _places(len(history)), strict=True):
        drawing.texts.append(Text(x + width / 2, _BOTTOM + 18, str(past.week).partition("-")[2], anchor="middle"))


def _target(drawing: Drawing, axis: Scale, measured: Measured, said: Callable[[float], str]) -> None:
    if measured.goal is not None:
        y = _y(axis, measured.goal.value)
        drawing.lines.append(Line([(_LEFT, y), (_RIGHT, y)], "good", dashed=True))
        drawing.texts.append(
            Text(_RIGHT, 47, f"target {measured.goal.operator} {said(measured.goal.value)}", "good", "end")
        )


def _legend(drawing: Drawing, entries: Sequence[tuple[Tone, str]]) -> None:
    x = float(_LEFT)
    for tone, word in entries:
        drawing.rects.append(Rect(x, 38, 10, 10, tone))
        drawing.texts.append(Text(x + 15, 47, word))
        x += 34 + 7 * len(word)


def _places(count: int) -> list[tuple[float, float]]:
    """Left edge and width of each column."""
    each = (_RIGHT - _LEFT) / count
    return [(_LEFT + each * (at + 0.2), each * 0.6) for at in range(count)]


def _y(axis: Scale, at: float) -> float:
    return _TOP + (_BOTTOM - _TOP) * axis.height(at)


def _pieces(points: Sequence[tuple[float, float] | None]) -> Iterator[list[tuple[float, float]]]:
    """Stretches without a gap: between weeks of which nothing is known there is no line."""
    piece: list[tuple[float, float]] = []
    for point in (*points, None):
        if point is not None:
            piece.append(point)
        elif piece:
            yield piece
            piece = []


def _tone(priority: str) -> Tone:
    return cast(Tone, priority.lower()) if priority in PRIORITIES else "p4"


def _short(name: str) -> str:
    return fitting(name, _NAME - 18)
