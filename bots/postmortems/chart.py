"""The SLI over an incident as a picture: an SVG that reads on white and on black, without scripts. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bots.postmortems.course import Course, Point
from bots.words.axes import Scale, moments, scale

_WIDTH: Final = 760
_HEIGHT: Final = 320
_LEFT: Final = 62
_RIGHT: Final = 742
_TOP: Final = 92
_BOTTOM: Final = 286
_MARK_ROWS: Final = (44, 58, 72)
"""Texts of marks take turns, so that those close together do not cover each other."""
_TURN: Final = 0.75
"""From this share of the width on a text ends at its mark instead of beginning there."""
_GAP: Final = 1.5
"""So many steps without a point break the line."""

_TEMPLATES: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=False
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A moment that the picture names."""

    at: datetime
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What the picture is of."""

    title: str
    course: Course
    start: datetime
    end: datetime
    marks: tuple[Mark, ...] = ()


def svg(picture: Picture) -> bytes:
    """The picture, the same bytes for the same values; raises ValueError for a time of no length."""
    if picture.end <= picture.start:
        raise ValueError(f"a picture from {picture.start} to {picture.end} has no length")
    course = picture.course
    axis = scale([*(point.ratio for point in course.points), course.budget], 0.0, None)
    pieces = [[_place(picture, axis, point) for point in piece] for piece in _pieces(course.points, course.step)]
    text = _TEMPLATES.get_template("chart.svg.jinja").render(
        width=_WIDTH,
        height=_HEIGHT,
        left=_LEFT,
        right=_RIGHT,
        bottom=_BOTTOM,
        title=picture.title,
        description=_description(picture),
        levels=[(_y(axis, value), percent(value)) for value in axis.lines],
        times=[(_x_of(share), text) for share, text in moments(picture.start, picture.end, most=6)],
        areas=[_area(piece) for piece in pieces],
        lines=[_line(piece) for piece in pieces],
        limit_y=_y(axis, course.budget),
        limit_text=f"objective {percent(course.objective)}",
        marks=list(_marks(picture)),
    )
    return text.encode()


def percent(ratio: float) -> str:
    """`0.1 %`, with as many digits as it takes to tell small ratios apart."""
    return f"{ratio * 100:.6g} %"


def _description(picture: Picture) -> str:
    course = picture.course
    highest = max((point.ratio for point in course.points), default=None)
    if highest is None:
        return "No data for this time."
    return f"Share of bad events, at most {percent(highest)}; the objective allows {percent(course.budget)}."


def _marks(picture: Picture) -> Iterator[tuple[float, int, str, str]]:
    inside = sorted((mark for mark in picture.marks if picture.start <= mark.at <= picture.end), key=lambda one: one.at)
    for order, mark in enumerate(inside):
        share = (mark.at - picture.start) / (picture.end - picture.start)
        anchor = "end" if share > _TURN else "start"
        yield _x_of(share), _MARK_ROWS[order % len(_MARK_ROWS)], anchor, f"{mark.text} {mark.at:%H:%M:%S}"


def _pieces(points: Sequence[Point], step: timedelta) -> list[list[Point]]:
    found: list[list[Point]] = []
    for point in points:
        if not found or point.at - found[-1][-1].at > _GAP * step:
            found.append([])
        found[-1].append(point)
    return found


def _place(picture: Picture, axis: Scale, point: Point) -> tuple[float, float]:
    return _x_of((point.at - picture.start) / (picture.end - picture.start)), _y(axis, point.ratio)


def _x_of(share: float) -> float:
    return round(_LEFT + (_RIGHT - _LEFT) * min(max(share, 0.0), 1.0), 1)


def _y(axis: Scale, value: float) -> float:
    return round(_TOP + (_BOTTOM - _TOP) * min(max(axis.height(value), 0.0), 1.0), 1)


def _line(places: Sequence[tuple[float, float]]) -> str:
    if len(places) == 1:
        ((x, y),) = places
        places = [(x - 1, y), (x + 1, y)]
    return "M" + "L".join(f"{x} {y}" for x, y in places)


def _area(places: Sequence[tuple[float, float]]) -> str:
    ends = f"L{places[-1][0]} {_BOTTOM}L{places[0][0]} {_BOTTOM}Z"
    return "M" + "L".join(f"{x} {y}" for x, y in places) + ends
