"""One panel as the SDK's builders make it, in the house style: judged by colors, explained behind the `i`."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from dashboards.marks import thresholds, words
from dashboards.sdk import Ready, bargauge, common, dashboard, prometheus, promquery, stat, table, timeseries
from dashboards.spec import PLAIN, Aside, Panel, Query
from dashboards.tables import column_overrides, transformations

SOURCE: Final = common.DataSourceRef(type_val="prometheus", uid="${datasource}")

AnyPanel = bargauge.Panel | stat.Panel | table.Panel | timeseries.Panel


def panel(spec: Panel) -> dashboard.Panel:
    """The panel without number and place."""
    made = _MAKERS[spec.kind](spec)
    made.title(spec.title).description(spec.description).datasource(SOURCE).no_value(spec.empty)
    made.unit(spec.unit).thresholds(Ready(thresholds(spec.first, spec.steps)))
    for at, query in enumerate(spec.queries):
        made.with_target(Ready(_target(spec, at, query)))
    if spec.decimals is not None:
        made.decimals(spec.decimals)
    if spec.low is not None:
        made.min(spec.low)
    if spec.high is not None:
        made.max(spec.high)
    if spec.words:
        made.mappings([words(spec.words)])
    for legend, aside in spec.asides.items():
        made.override_by_name(legend, list(_unjudged(aside)))
    return made.build()


def letter(at: int) -> str:
    """How Grafana calls the first, second … query of a panel."""
    return chr(ord("A") + at)


def _target(spec: Panel, at: int, query: Query) -> promquery.Dataquery:
    over_time = spec.kind == "graph" or spec.spark
    form = promquery.PromQueryFormat.TABLE if spec.kind == "table" else promquery.PromQueryFormat.TIME_SERIES
    made = (
        prometheus.Dataquery().expr(query.expr).ref_id(letter(at)).format(form).legend_format(query.legend or "__auto")
    )
    made = made.range() if over_time else made.instant()
    return made.datasource(SOURCE).editor_mode(promquery.QueryEditorMode.CODE).build()


def _unjudged(aside: Aside) -> Iterator[dashboard.DynamicConfigValue]:
    yield dashboard.DynamicConfigValue(id_val="unit", value=aside.unit)
    yield dashboard.DynamicConfigValue(id_val="color", value={"mode": "fixed", "fixedColor": PLAIN})
    if aside.words:
        yield dashboard.DynamicConfigValue(id_val="mappings", value=[words(aside.words)])


def _last() -> Ready[common.ReduceDataOptions]:
    return Ready(common.ReduceDataOptions(values=False, calcs=["lastNotNull"], fields=""))


def _graph(spec: Panel) -> timeseries.Panel:
    made = (
        timeseries.Panel().fill_opacity(40 if spec.stacked else 8).line_width(2).show_points(common.VisibilityMode.AUTO)
    )
    made.color_scheme(Ready(dashboard.FieldColor(mode=dashboard.FieldColorModeId.PALETTE_CLASSIC)))
    made.legend(
        Ready(
            common.VizLegendOptions(
                display_mode=common.LegendDisplayMode.LIST,
                placement=common.LegendPlacement.BOTTOM,
                show_legend=True,
                calcs=[],
            )
        )
    )
    made.tooltip(
        Ready(common.VizTooltipOptions(mode=common.TooltipDisplayMode.MULTI, sort=common.SortOrder.DESCENDING))
    )
    style = common.GraphThresholdsStyleMode.DASHED if spec.steps else common.GraphThresholdsStyleMode.OFF
    made.thresholds_style(Ready(common.GraphThresholdsStyleConfig(mode=style)))
    if spec.stacked:
        made.stacking(Ready(common.StackingConfig(mode=common.StackingMode.NORMAL, group="A")))
    return made


def _stat(spec: Panel) -> stat.Panel:
    several = len(spec.queries) > 1 or bool(spec.queries and spec.queries[0].legend)
    mode = common.BigValueTextMode.VALUE_AND_NAME if several else common.BigValueTextMode.VALUE
    graph = common.BigValueGraphMode.AREA if spec.spark else common.BigValueGraphMode.NONE
    made = stat.Panel().graph_mode(graph).color_mode(common.BigValueColorMode.VALUE).text_mode(mode)
    made.color_scheme(Ready(dashboard.FieldColor(mode=dashboard.FieldColorModeId.THRESHOLDS)))
    return made.reduce_options(_last()).justify_mode(common.BigValueJustifyMode.AUTO)


def _bars(spec: Panel) -> bargauge.Panel:
    made = bargauge.Panel().display_mode(common.BarGaugeDisplayMode.BASIC).value_mode(common.BarGaugeValueMode.COLOR)
    made.color_scheme(Ready(dashboard.FieldColor(mode=dashboard.FieldColorModeId.THRESHOLDS)))
    made.name_placement(common.BarGaugeNamePlacement.LEFT).orientation(common.VizOrientation.HORIZONTAL)
    return made.reduce_options(_last()).show_unfilled(True)


def _table(spec: Panel) -> table.Panel:
    made = table.Panel().cell_height(common.TableCellHeight.SM).show_header(True).filterable(True)
    made.color_scheme(Ready(dashboard.FieldColor(mode=dashboard.FieldColorModeId.THRESHOLDS)))
    if spec.sort:
        made.sort_by([Ready(common.TableSortByFieldState(display_name=spec.sort, desc=True))])
    made.transformations(transformations(spec))
    for title, properties in column_overrides(spec):
        made.override_by_name(title, properties)
    return made


_MAKERS: Final[Mapping[str, Callable[[Panel], AnyPanel]]] = {
    "graph": _graph,
    "stat": _stat,
    "bars": _bars,
    "table": _table,
}
