"""What a dashboard is made of, as values: rows of panels, each with queries, a unit and the limits it is judged by.

`dashboards.build` turns them into Grafana's JSON.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

Kind = Literal["graph", "stat", "bars", "table"]
"""Lines over time, big numbers, bars of different lengths, or a table."""
Unit = Literal["none", "percentunit", "s", "dtdurations", "reqps", "bytes", "dateTimeAsIso", "dateTimeFromNow", "short"]
"""Grafana's names: https://github.com/grafana/grafana/blob/main/packages/grafana-data/src/valueFormats/categories.ts"""

WIDTH: Final = 24
"""Columns of Grafana's grid."""
GREEN: Final = "green"
ORANGE: Final = "orange"
RED: Final = "red"
PLAIN: Final = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One PromQL expression, in which Grafana replaces its variables."""

    expr: str
    legend: str = ""
    """What its series are called, such as `{{service}}`; all labels if empty."""


@dataclass(frozen=True, slots=True)
class Step:
    """From this value on, the color."""

    value: float
    color: str


@dataclass(frozen=True, slots=True)
class Word:
    """What a value is shown as."""

    text: str
    color: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table."""

    source: str
    """A label, or the letter of the query whose value it shows."""
    title: str
    unit: Unit = "none"
    steps: tuple[Step, ...] = ()
    """Colors of its cells."""
    link: str = ""
    """Where a click on a cell leads."""
    link_title: str = ""
    hidden: bool = False
    """Only there for the links of others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Aside:
    """A number beside the one that is judged, in a panel with several."""

    unit: Unit = "none"
    words: Mapping[str, Word] = field(default_factory=dict)
    """What values are shown as."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One panel; what does not fit its kind is left out."""

    kind: Kind
    title: str
    description: str = ""
    """What it shows and how to read it, behind the panel's `i`."""
    queries: tuple[Query, ...] = ()
    unit: Unit = "none"
    asides: Mapping[str, Aside] = field(default_factory=dict)
    """Queries, by legend, that the steps do not judge."""
    decimals: int | None = None
    low: float | None = None
    high: float | None = None
    """Ends of the axis or bar."""
    first: str = GREEN
    """The color below all steps."""
    steps: tuple[Step, ...] = ()
    words: Mapping[str, Word] = field(default_factory=dict)
    """What values are shown as."""
    empty: str = "no data"
    """What to say where there is nothing to show."""
    columns: tuple[Column, ...] = ()
    sort: str = ""
    """Title of the column that a table is sorted by, the highest first."""
    stacked: bool = False
    spark: bool = False
    """Whether a number has its course behind it; else only the newest value is asked for."""
    width: int = 6
    height: int = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A way to another page."""

    title: str
    url: str = ""
    """Where to; the dashboards with the tag if empty."""
    tag: str = ""
    tooltip: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Panels under a heading."""

    title: str
    panels: tuple[Panel, ...]
    collapsed: bool = False
    """Closed until somebody opens it, so that its queries do not run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """Something that the viewer chooses, from what the policy knows."""

    name: str
    label: str
    values: tuple[str, ...]
    many: bool = True
    """Several, or all, may be chosen; all are at first."""
    chosen: str = ""
    """The one that is chosen at first; only where one may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """A mark in every graph for the times at which a query has a value."""

    name: str
    expr: str
    title: str
    text: str
    tags: tuple[str, ...]
    color: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A whole dashboard."""

    uid: str
    title: str
    description: str
    variables: tuple[Variable, ...]
    annotations: tuple[Annotation, ...]
    links: tuple[Link, ...]
    rows: tuple[Row, ...]
    since: str = "now-6h"
    """The beginning of the time that is shown at first."""
    refresh: str = "1m"
