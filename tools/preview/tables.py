"""The answers of several queries as one table, as Grafana's transformations make it."""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from dashboards.reading import Asked
from tools.preview.asking import Series, Span
from tools.preview.marks import look
from tools.preview.view import CellView

MOST_ROWS: Final = 25
_FIELD: Final = re.compile(r"\$\{__data\.fields\.(\w+)\}")
_VALUE: Final = "${__value.text}"

Cells = dict[str, str | float]


def table(
    panel: Mapping[str, Any], answers: Sequence[tuple[Asked, Sequence[Series]]], span: Span
) -> tuple[tuple[str, ...], tuple[tuple[CellView, ...], ...]]:
    """The titles of the columns, and the rows with the highest values of the sorted column first."""
    steps = {step["id"]: step["options"] for step in panel["transformations"]}
    fields: list[str] = steps["filterFieldsByName"]["include"]["names"]
    titles: dict[str, str] = steps["organize"]["renameByName"]
    rows = _merged(fields, answers, several=len(panel["targets"]) > 1)
    for column in panel["options"].get("sortBy", ()):
        field = next(name for name, title in titles.items() if title == column["displayName"])
        rows.sort(key=lambda row: _rank(row.get(field)), reverse=True)
    hidden = _with(panel, "custom.hidden")
    shown = [
        field for field in fields if titles[field] not in hidden and (not rows or any(field in row for row in rows))
    ]
    links = {title: value[0]["url"] for title, value in _with(panel, "links").items()}
    return (
        tuple(titles[field] for field in shown),
        tuple(
            tuple(_cell(panel, titles, row, field, links.get(titles[field], ""), span) for field in shown)
            for row in rows[:MOST_ROWS]
        ),
    )


def _merged(fields: list[str], answers: Sequence[tuple[Asked, Sequence[Series]]], *, several: bool) -> list[Cells]:
    """Series of all queries with the same shown labels are one row."""
    rows: dict[tuple[tuple[str, str], ...], Cells] = {}
    for query, found in answers:
        name = f"Value #{query.letter}" if several else "Value"
        for series in found:
            labels = {field: series.labels[field] for field in fields if field in series.labels}
            row = rows.setdefault(tuple(sorted(labels.items())), {**labels})
            row[name] = series.last
    return list(rows.values())


def _rank(value: str | float | None) -> float:
    return value if isinstance(value, float) and not math.isnan(value) else -math.inf


def _with(panel: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The titles of columns that have a property of that name, with its value."""
    return {
        rule["matcher"]["options"]: one["value"]
        for rule in panel["fieldConfig"]["overrides"]
        for one in rule["properties"]
        if one["id"] == name
    }


def _cell(
    panel: Mapping[str, Any], titles: Mapping[str, str], row: Cells, field: str, link: str, span: Span
) -> CellView:
    value = row.get(field)
    if value is None:
        return CellView(text="–", number=field.startswith("Value"))
    if isinstance(value, float):
        judged = look(panel, titles[field], steps=False)
        return CellView(text=judged.text(value, span.end), tone=judged.tone(value), number=True)
    return CellView(text=value, link=_address(link, titles, row, value) if link else "")


def _address(link: str, titles: Mapping[str, str], row: Cells, value: str) -> str:
    by_title = {titles[field]: str(found) for field, found in row.items() if field in titles}
    return _FIELD.sub(
        lambda found: quote(by_title.get(found[1], ""), safe=""), link.replace(_VALUE, quote(value, safe=""))
    )
