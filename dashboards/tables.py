"""Tables: several queries joined by their labels, only the named columns, in their order."""

from collections.abc import Iterator

from dashboards.marks import thresholds
from dashboards.sdk import dashboard
from dashboards.spec import PLAIN, Column, Panel

Override = tuple[str, list[dashboard.DynamicConfigValue]]


def transformations(spec: Panel) -> list[dashboard.DataTransformerConfig]:
    """From the answers of all queries to one table with the wanted columns."""
    names = [field_of(spec, column) for column in spec.columns]
    steps: list[tuple[str, object]] = [
        ("merge", {}),
        ("filterFieldsByName", {"include": {"names": names}}),
        (
            "organize",
            {
                "excludeByName": {},
                "indexByName": {name: at for at, name in enumerate(names)},
                "renameByName": {name: column.title for name, column in zip(names, spec.columns, strict=True)},
            },
        ),
    ]
    return [dashboard.DataTransformerConfig(id_val=name, options=options) for name, options in steps]


def field_of(spec: Panel, column: Column) -> str:
    """Grafana's name of a column before it is renamed; a value has its query's letter if there are several."""
    if len(column.source) > 1:
        return column.source
    return f"Value #{column.source}" if len(spec.queries) > 1 else "Value"


def column_overrides(spec: Panel) -> Iterator[Override]:
    """What is special about each column, by its title."""
    for column in spec.columns:
        properties = list(_properties(column))
        if properties:
            yield column.title, [dashboard.DynamicConfigValue(id_val=name, value=value) for name, value in properties]


def _properties(column: Column) -> Iterator[tuple[str, object]]:
    if column.unit != "none":
        yield "unit", column.unit
    if column.steps:
        yield "thresholds", thresholds(PLAIN, column.steps)
        yield "custom.cellOptions", {"type": "color-text"}
    if column.hidden:
        yield "custom.hidden", True
    if column.link:
        yield "links", [{"title": column.link_title, "url": column.link, "targetBlank": True}]
