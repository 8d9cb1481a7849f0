"""What the page shows of a dashboard: for every panel its queries, and a chart, numbers, bars or a table of answers."""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryView:
    """A query as it is asked, with the viewer's choices filled in."""

    letter: str
    legend: str
    expr: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LineView:
    """One line of a chart; places are per mille of its width and height."""

    name: str
    last: str
    path: str
    """The line as an SVG path."""
    area: str
    """What is between it and the line below, as an SVG path."""
    color: int
    """Number of its color."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartView:
    """Lines over time."""

    lines: tuple[LineView, ...]
    more: int
    """Lines that are left out."""
    heights: tuple[tuple[float, str], ...]
    """Round values: their place from the top in percent, and their text."""
    times: tuple[tuple[float, str], ...]
    """Round moments: their place from the left in percent, and their text."""
    limits: tuple[tuple[float, str], ...]
    """Values that are judged by: their place from the top in percent, and their color."""
    stacked: bool
    incidents: tuple[tuple[float, float, str], ...]
    """Incidents: where they start, how wide they are, in percent, and their name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberView:
    """One big number."""

    name: str
    text: str
    tone: str
    spark: str = ""
    """Its course as an SVG path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BarView:
    """One bar."""

    name: str
    text: str
    tone: str
    percent: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CellView:
    """One cell of a table."""

    text: str
    tone: str = "text"
    link: str = ""
    number: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelView:
    """One panel."""

    title: str
    description: str
    kind: str
    width: int
    height: int
    queries: tuple[QueryView, ...]
    empty: str
    asked: bool
    """Whether a Prometheus was asked."""
    problem: str = ""
    """Why a question was not answered."""
    chart: ChartView | None = None
    numbers: tuple[NumberView, ...] = ()
    bars: tuple[BarView, ...] = ()
    head: tuple[str, ...] = ()
    rows: tuple[tuple[CellView, ...], ...] = ()

    @property
    def small(self) -> bool:
        """Whether two of them fit side by side on a phone."""
        return self.kind == "number" and self.asked and len(self.numbers) <= 1

    @property
    def silent(self) -> bool:
        """Whether there is nothing to show."""
        return not (self.numbers or self.bars or self.rows or (self.chart and self.chart.lines))


@dataclass(frozen=True, slots=True, kw_only=True)
class RowView:
    """Panels under a heading."""

    title: str
    panels: Sequence[PanelView]


@dataclass(frozen=True, slots=True, kw_only=True)
class DashboardView:
    """One dashboard."""

    uid: str
    title: str
    description: str
    shown: str
    """The time that is shown, in words."""
    choices: tuple[tuple[str, str], ...]
    """What is chosen: label and value."""
    rows: list[RowView] = field(default_factory=list)
