"""A dashboard's values as Grafana's JSON, the same bytes for the same values.

Everything that Grafana would fill in by itself when it loads a dashboard (ids, positions, options) is written here, so
that a dashboard read back from it is equal to the file.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

from dashboards.layout import Placed, place
from dashboards.panels import SOURCE, panel
from dashboards.sdk import JSONEncoder, common, dashboard, prometheus
from dashboards.spec import Annotation, Link, Page, Row, Variable
from dashboards.ways import TAG

DATA_SOURCE: Final = "datasource"
"""The variable that holds the data source, so that the same file works in every Grafana."""
_REFRESH: Final = ["10s", "30s", "1m", "5m", "15m", "1h"]


def build(page: Page) -> dict[str, Any]:
    """The dashboard as Grafana reads it."""
    made = dashboard.Dashboard(
        uid=page.uid,
        title=page.title,
        description=page.description,
        tags=[TAG],
        timezone="browser",
        week_start="monday",
        editable=False,
        graph_tooltip=dashboard.DashboardCursorSync.CROSSHAIR,
        time=dashboard.DashboardDashboardTime(from_val=page.since, to="now"),
        timepicker=dashboard.TimePickerConfig(refresh_intervals=_REFRESH),
        refresh=page.refresh,
        version=1,
        panels=list(_panels(page.rows)),
        templating=dashboard.DashboardDashboardTemplating(list_val=[_data_source(), *map(_variable, page.variables)]),
        annotations=dashboard.AnnotationContainer(list_val=[_annotation(one) for one in page.annotations]),
        links=[_link(one) for one in page.links],
    )
    plain: dict[str, Any] = json.loads(json.dumps(made, cls=JSONEncoder))
    return plain


def _panels(rows: Iterable[Row]) -> Iterator[dashboard.Panel | dashboard.RowPanel]:
    for row, heading, panels in place(rows):
        made = [_placed(one) for one in panels]
        yield dashboard.RowPanel(
            id_val=heading.number,
            title=row.title,
            collapsed=row.collapsed,
            grid_pos=_position(heading),
            panels=made if row.collapsed else [],
        )
        if not row.collapsed:
            yield from made


def _placed(one: Placed) -> dashboard.Panel:
    assert one.panel is not None
    made = panel(one.panel)
    made.id_val = one.number
    made.grid_pos = _position(one)
    return made


def _position(one: Placed) -> dashboard.GridPos:
    return dashboard.GridPos(h=one.height, w=one.width, x=one.left, y=one.top)


def _data_source() -> dashboard.VariableModel:
    return dashboard.VariableModel(
        type_val=dashboard.VariableType.DATASOURCE,
        name=DATA_SOURCE,
        label="Data source",
        query="prometheus",
        hide=dashboard.VariableHide.DONT_HIDE,
        current=dashboard.VariableOption(text="default", value="default"),
        options=[],
        refresh=dashboard.VariableRefresh.ON_DASHBOARD_LOAD,
        regex="",
    )


def _variable(one: Variable) -> dashboard.VariableModel:
    """A choice among names that hold neither commas nor colons, which Grafana would take apart."""
    text, value = ("All", "$__all") if one.many else (one.chosen, one.chosen)
    options = [("All", "$__all")] if one.many else []
    options += [(name, name) for name in one.values]
    return dashboard.VariableModel(
        type_val=dashboard.VariableType.CUSTOM,
        name=one.name,
        label=one.label,
        query=",".join(one.values),
        hide=dashboard.VariableHide.DONT_HIDE,
        multi=one.many,
        include_all=one.many,
        all_value=".*" if one.many else None,
        current=_option(text, value, many=one.many),
        options=[
            dashboard.VariableOption(selected=chosen == value, text=shown, value=chosen) for shown, chosen in options
        ],
    )


def _option(text: str, value: str, *, many: bool) -> dashboard.VariableOption:
    if many:
        return dashboard.VariableOption(text=[text], value=[value])
    return dashboard.VariableOption(text=text, value=value)


def _annotation(one: Annotation) -> dashboard.AnnotationQuery:
    query = prometheus.Dataquery().expr(one.expr).interval("").ref_id("Anno").range()
    return dashboard.AnnotationQuery(
        name=one.name,
        datasource=common.DataSourceRef(type_val=SOURCE.type_val, uid=SOURCE.uid),
        enable=True,
        icon_color=one.color,
        target=query.build(),
        title_format=one.title,
        text_format=one.text,
        tag_keys=",".join(one.tags),
    )


def _link(one: Link) -> dashboard.DashboardLink:
    to_dashboards = bool(one.tag)
    return dashboard.DashboardLink(
        title=one.title,
        type_val=dashboard.DashboardLinkType.DASHBOARDS if to_dashboards else dashboard.DashboardLinkType.LINK,
        icon="dashboard" if to_dashboards else "external link",
        tooltip=one.tooltip,
        url="" if to_dashboards else one.url,
        tags=[one.tag] if to_dashboards else [],
        as_dropdown=to_dashboards,
        target_blank=not to_dashboards,
        include_vars=to_dashboards,
        keep_time=to_dashboards,
    )
