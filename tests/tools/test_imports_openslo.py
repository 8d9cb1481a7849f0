"""`tocsin import openslo`: references followed, metrics understood, everything else listed."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from alerting.model.quantities import Duration
from alerting.model.service import CalendarWindow, EventsSli, HistogramSli, ProbeSli, RatioSli, Sli
from tests.tools.importing import DATA, take_over

ALONE = "the budget is counted in events of this objective alone"
EVENTS = "the budget is counted in events, as `Occurrences` does"


def openslo(spec: dict[str, Any], *others: dict[str, Any]) -> str:
    """One SLO of the service `shop`, with some keys of its spec, and other documents."""
    usual = {
        "service": "shop",
        "timeWindow": [{"duration": "30d", "isRolling": True}],
        "budgetingMethod": "Occurrences",
        "objectives": [{"target": 0.99}],
    }
    slo = {"apiVersion": "openslo/v1", "kind": "SLO", "metadata": {"name": "fine"}, "spec": usual | spec}
    return str(yaml.safe_dump_all([slo, *others], sort_keys=False))


def metric(query: str) -> dict[str, Any]:
    """A metric that Prometheus has."""
    return {"metricSource": {"type": "Prometheus", "spec": {"query": query}}}


def inline(**spec: Any) -> dict[str, Any]:
    """An SLO's own indicator."""
    return {"indicator": {"metadata": {"name": "i"}, "spec": spec}}


def ratio(**parts: Any) -> dict[str, Any]:
    """An indicator that counts events; texts are queries."""
    metrics = {key: metric(part) if isinstance(part, str) and key != "rawType" else part for key, part in parts.items()}
    return inline(ratioMetric=metrics)


def test_references_windows_and_objectives_are_taken_over(tmp_path: Path) -> None:
    """Services, SLIs and data sources are followed; each objective becomes an SLO with the window of its file."""
    service = take_over("openslo", (DATA / "openslo.yaml").read_bytes(), tmp_path).services()["box-office"]
    assert (service.owner, service.tier, service.description) == ("storefront", 2, "Sells tickets at the door.")
    assert {slo.name: (str(slo.objective), slo.window) for slo in service.slos} == {
        "sales-internal": ("0.995", Duration.parse("28d")),
        "sales-contract": ("0.99", Duration.parse("28d")),
        "sale-errors": ("0.999", CalendarWindow(calendar="month", timezone="Europe/Lisbon")),
        "door-queue": ("0.95", Duration.parse("90d")),
        "printer": ("0.99", Duration.parse("28d")),
        "stock": ("0.9", Duration.parse("30d")),
        "tills": ("0.9", Duration.parse("30d")),
    }
    slis = {slo.name: slo.sli for slo in service.slos}
    assert slis["sales-internal"] == slis["sales-contract"]
    assert slis["sales-contract"] == EventsSli(good='box_sales_total{outcome="ok"}', total="box_sales_total")
    assert slis["sale-errors"] == EventsSli(bad='box_sales_total{outcome="error"}', total="box_sales_total")


def test_everything_that_is_not_kept_is_listed_with_its_line(tmp_path: Path) -> None:
    """Connections, policies, time slices, odd windows and foreign data sources are told one by one."""
    done = take_over("openslo", (DATA / "openslo.yaml").read_bytes(), tmp_path)
    assert done.status == 1, "an SLO was left out"
    assert done.out[done.out.index("left out:") :].splitlines() == [
        "left out:",
        (
            "  in.yaml:142: slo cloud-queue: its metrics come from 'CloudWatch', not from Prometheus; "
            "write its SLI by hand"
        ),
        "not kept:",
        (
            "  in.yaml:5: data source main-prometheus: the connection is not kept; "
            "rules run on the Prometheus servers that load them"
        ),
        "  in.yaml:37: service box-office: the name 'BoxOffice' is not one of ours; it is called box-office",
        (
            "  in.yaml:44: slo sales: its alert policies are not kept; "
            "every SLO has a page and a ticket alert after alerting/windows.yaml"
        ),
        "  in.yaml:56: slo sale-errors: the range 5m of its queries is not kept; alerts use their own windows",
        (
            "  in.yaml:62: slo sale-errors: the start 2026-01-01 00:00:00 is not kept; "
            "each month begins at its first midnight in Europe/Lisbon"
        ),
        f"  in.yaml:63: slo sale-errors: the budgeting method 'Timeslices' is not kept; {EVENTS}",
        f"  in.yaml:65: slo sale-errors: `timeSliceTarget` is not kept; {ALONE}",
        f"  in.yaml:65: slo sale-errors: `timeSliceWindow` is not kept; {ALONE}",
        "  in.yaml:69: slo door-queue: the name 'door_queue' is not one of ours; it is called door-queue",
        "  in.yaml:77: slo door-queue: a rolling window of 1Q has no fixed length; 90d is used",
        "  in.yaml:100: slo stock: there is no timeWindow; 30d is assumed",
        (
            "  in.yaml:145: alert policy fast-burn: it is not kept; "
            "alerts follow alerting/windows.yaml, and go where policies/routing.yaml says"
        ),
        "next: `tocsin check`",
    ]


@pytest.mark.parametrize(
    ("spec", "sli"),
    [
        (ratio(counter=True, bad="b{x='1'}", total="sum(t)"), EventsSli(bad='b{x="1"}', total="t")),
        (
            ratio(good='sum(rate(b_bucket{le="0.3"}[{{.window}}]))', total="sum(rate(b_count[{{.window}}]))"),
            HistogramSli(histogram="b", below=Duration(300)),
        ),
        (
            ratio(counter=True, bad="sum(rate(b[5m])) * 2", total="sum(rate(t[5m]))"),
            RatioSli(ratio="(sum(rate(b[{{window}}])) * 2) / sum(rate(t[{{window}}]))"),
        ),
        (
            ratio(counter=True, good='rate(b{x="[5m]"}[5m])', total="rate(t[5m])"),
            RatioSli(ratio='1 - rate(b{x="[5m]"}[{{window}}]) / rate(t[{{window}}])'),
        ),
        (
            ratio(good="g", total="max(t)"),
            RatioSli(ratio="1 - avg_over_time((sum(g))[{{window}}:]) / avg_over_time((max(t))[{{window}}:])"),
        ),
        (
            ratio(raw="1 - (sum(rate(b[{{.window}}])) / sum(rate(t[{{.window}}])))", rawType="success"),
            RatioSli(ratio="1 - (1 - (sum(rate(b[{{window}}])) / sum(rate(t[{{window}}]))))"),
        ),
        (ratio(raw="failing", rawType="failure"), RatioSli(ratio="avg_over_time((avg(failing))[{{window}}:])")),
        (
            inline(thresholdMetric=metric("up")) | {"objectives": [{"op": "gte", "value": 1, "target": 0.99}]},
            ProbeSli(probe="up"),
        ),
        (
            inline(thresholdMetric=metric("histogram_quantile(0.9, sum by (le) (rate(b[5m])))"))
            | {"objectives": [{"op": "lt", "value": 0.3, "target": 0.99}]},
            RatioSli(
                ratio="avg_over_time((histogram_quantile(0.9, sum by (le) (rate(b[5m]))) >= bool 0.3)[{{window}}:])"
            ),
        ),
        (
            inline(thresholdMetric=metric("temperature{room='x'}"))
            | {"objectives": [{"op": "gt", "value": 18, "target": 0.99}]},
            RatioSli(ratio='avg_over_time((avg(temperature{room="x"} <= bool 18))[{{window}}:])'),
        ),
    ],
)
def test_every_kind_of_metric_becomes_an_sli(tmp_path: Path, spec: dict[str, Any], sli: Sli) -> None:
    """Counters, gauges, ranges, ratios and thresholds, each in the simplest form that says the same."""
    done = take_over("openslo", openslo(spec), tmp_path, "--owner", "payments", "--tier", "2")
    assert done.status == 0
    assert done.services()["shop"].slos[0].sli == sli


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ({}, "it has neither `indicator` nor `indicatorRef`"),
        ({"indicatorRef": "gone"}, "the SLI 'gone' is not in the file"),
        (inline(), "not exactly one of `ratioMetric` and `thresholdMetric`"),
        (ratio(counter=True, total="t"), "expected `total` with either `good` or `bad`"),
        (ratio(counter=True, good="g", bad="b", total="t"), "expected `total` with either `good` or `bad`"),
        (ratio(raw="x"), "`raw` without `rawType` does not say what it counts"),
        (inline(thresholdMetric=metric("x")), "a threshold metric without `op` and `value` says nothing"),
        (
            ratio(counter=True, bad="sum(a) + sum(b)", total="t"),
            "it neither is a counter nor has one range that could stand for the window",
        ),
        (
            ratio(counter=True, bad="rate(a[5m]) + rate(b[1h])", total="t"),
            "it neither is a counter nor has one range that could stand for the window",
        ),
        (ratio(counter=True, bad="sum(", total="t"), "it is not PromQL (unclosed left parenthesis)"),
        (
            inline(thresholdMetric={"metricSource": {"type": "Prometheus", "spec": {"q": 1}}})
            | {"objectives": [{"op": "lt", "value": 1, "target": 0.9}]},
            "its metric has no `spec.query`",
        ),
    ],
)
def test_an_slo_that_cannot_be_taken_over_is_left_out(tmp_path: Path, spec: dict[str, Any], why: str) -> None:
    """The reason is told, nothing is guessed, and the command fails."""
    done = take_over("openslo", openslo(spec), tmp_path, "--owner", "payments")
    assert done.status == 1
    assert f": slo fine: {why}; write its SLI by hand\n" in done.out
    assert not done.folder.exists()


@pytest.mark.parametrize(
    ("window", "kept", "said"),
    [
        ({"duration": "4w", "isRolling": True}, Duration.parse("28d"), None),
        (
            {"duration": "1Y", "isRolling": True},
            Duration.parse("365d"),
            "a rolling window of 1Y has no fixed length; 365d is used",
        ),
        (
            {"duration": "1M", "isRolling": False},
            Duration.parse("30d"),
            "a window that does not roll needs a `calendar`; it rolls, 30d long",
        ),
        ({"duration": "1w", "calendar": {"timeZone": "UTC"}}, CalendarWindow(calendar="week"), None),
        ({"duration": "3M", "calendar": {}}, CalendarWindow(calendar="quarter"), None),
        (
            {"duration": "1d", "calendar": {}},
            Duration.parse("1d"),
            "a calendar window of 1d is not kept; it rolls, 1d long; calendar windows are weeks, months and quarters",
        ),
    ],
)
def test_windows_are_kept_or_told(tmp_path: Path, window: dict[str, Any], kept: object, said: str | None) -> None:
    """Rolling windows by their length, calendar windows by their name; the rest becomes the nearest and is told."""
    spec = {"timeWindow": [window], **ratio(counter=True, bad="b", total="t")}
    done = take_over("openslo", openslo(spec), tmp_path, "--owner", "payments", "--tier", "1")
    assert done.services()["shop"].slos[0].window == kept
    assert (f": slo fine: {said}" if said else "next: `tocsin check`") in done.out
    assert ("not kept:" in done.out) == (said is not None)


FINE = ratio(counter=True, bad="b", total="t")
CORRECT = "correct it in the OpenSLO file"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "apiVersion: openslo/v1alpha\nkind: SLO\n",
            "in.yaml:1: apiVersion: got 'openslo/v1alpha'; expected openslo/v1; convert the file to OpenSLO v1",
        ),
        (
            "version: prometheus/v1\n",
            "in.yaml:1: apiVersion: no apiVersion; expected openslo/v1; use `tocsin import sloth`",
        ),
        (
            "apiVersion: openslo/v1\nkind: Dream\n",
            (
                "in.yaml:2: kind: got 'Dream'; expected one of SLO, SLI, Service, DataSource, AlertPolicy, "
                "AlertCondition, AlertNotificationTarget; correct or remove the document"
            ),
        ),
        (
            "---\n".join(["apiVersion: openslo/v1\nkind: Service\nmetadata: {name: a}\n"] * 2),
            (
                "in.yaml:7: metadata.name: another Service is called 'a', on line 3; "
                "expected each name once in a kind; rename or remove one"
            ),
        ),
        (
            openslo(FINE | {"objectives": [{"target": 99}]}),
            (
                "in.yaml:12: spec.objectives.#1.target: got 99, which leaves no error budget or no promise; expected a "
                f"`target` above 0 and below 1, such as 0.999, or a `targetPercent` such as 99.9; {CORRECT}"
            ),
        ),
        (
            openslo(FINE | {"objectives": [{}]}),
            (
                "in.yaml:12: spec.objectives.#1.targetPercent: not exactly one of `target` and `targetPercent`; "
                f"expected a `target` above 0 and below 1, such as 0.999, or a `targetPercent` such as 99.9; {CORRECT}"
            ),
        ),
        (
            openslo(FINE | {"timeWindow": [{"duration": "a month"}]}),
            (
                "in.yaml:8: spec.timeWindow.#1.duration: got 'a month'; "
                f"expected a number and one of m, h, d, w, M, Q and Y, such as 28d or 1M; {CORRECT}"
            ),
        ),
        (
            openslo(FINE | {"timeWindow": [{"duration": "1M", "calendar": {"timeZone": "Mars"}}]}),
            (
                "in.yaml:10: spec.timeWindow.#1.calendar.timeZone: 'Mars' is not a time zone; "
                f"expected an IANA name such as Europe/Lisbon or UTC; {CORRECT}"
            ),
        ),
    ],
)
def test_mistakes_are_told_and_write_nothing(tmp_path: Path, text: str, says: str) -> None:
    """The whole message has place, what was found, what was expected and the way out."""
    done = take_over("openslo", text, tmp_path, "--owner", "payments")
    assert done.status == 1
    assert done.err.splitlines() == [says, "nothing was written"]
    assert not done.folder.exists()


def test_an_unknown_data_source_is_read_as_promql(tmp_path: Path) -> None:
    """A reference to another file is not followed, and said."""
    source = {"metricSource": {"metricSourceRef": "elsewhere", "spec": "sum(rate(t[5m]))"}}
    spec = inline(ratioMetric={"counter": True, "bad": metric("sum(rate(b[5m]))"), "total": source})
    done = take_over("openslo", openslo(spec), tmp_path, "--owner", "payments")
    assert "the data source 'elsewhere' is not in the file; its queries are read as PromQL\n" in done.out
    assert done.services()["shop"].slos[0].sli == EventsSli(bad="b", total="t")


def test_an_slo_without_a_service_is_left_out(tmp_path: Path) -> None:
    """Nobody guesses whose it is."""
    done = take_over("openslo", openslo(FINE | {"service": None}), tmp_path)
    assert "in.yaml:5: slo fine: it names no service; add `service` to its spec\n" in done.out
    assert done.status == 1
