"""Where the panels of a dashboard stand on Grafana's grid of 24 columns, and their numbers."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dashboards.spec import WIDTH, Panel, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A panel, or a row's heading, with its place."""

    number: int
    panel: Panel | None
    """None for the heading of a row."""
    left: int
    top: int
    width: int
    height: int


def place(rows: Iterable[Row]) -> Iterator[tuple[Row, Placed, tuple[Placed, ...]]]:
    """Each row with its heading and its panels, from left to right; raises ValueError unless they fill their lines.

    The panels of a closed row stand where they will when it is opened; what follows moves down then.
    """
    number, top = 0, 0
    for row in rows:
        number += 1
        heading = Placed(number=number, panel=None, left=0, top=top, width=WIDTH, height=1)
        panels, bottom = _fill(row, number, top + 1)
        number += len(panels)
        yield row, heading, panels
        top = top + 1 if row.collapsed else bottom


def _fill(row: Row, number: int, top: int) -> tuple[tuple[Placed, ...], int]:
    placed: list[Placed] = []
    left, line = 0, top
    height = 0
    for at, panel in enumerate(row.panels, start=1):
        placed.append(
            Placed(number=number + at, panel=panel, left=left, top=line, width=panel.width, height=panel.height)
        )
        left, height = left + panel.width, max(height, panel.height)
        if left > WIDTH:
            raise ValueError(f"row {row.title!r}: {panel.title!r} ends at column {left}; expected at most {WIDTH}")
        if left == WIDTH:
            left, line, height = 0, line + height, 0
    if left:
        raise ValueError(f"row {row.title!r}: its last line ends at column {left}; expected {WIDTH}")
    return tuple(placed), line
