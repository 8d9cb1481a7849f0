"""`tocsin import sloth`: what is kept, what is not, and what is wrong."""

from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

from alerting.model.quantities import Duration
from alerting.model.service import EventsSli, HistogramSli, RatioSli
from tests.tools.importing import DATA, take_over

LABELS = "series carry `service`, `slo` and `team`, alerts also `severity` and `priority`, and nothing else"
ONE_FORM = "every alert says in one form what burns how fast"
EVENTS = {"error_query": "sum(rate(bad[{{.window}}]))", "total_query": "sum(rate(total[{{.window}}]))"}


def sloth(**changed: Any) -> str:
    """A small Sloth file with one SLO, with some of the SLO's keys changed; None removes one."""
    slo = {"name": "fine", "objective": 99.9, "sli": {"events": EVENTS}, "alerting": {}} | changed
    slo = {key: value for key, value in slo.items() if value is not None}
    return str(yaml.safe_dump({"version": "prometheus/v1", "service": "shop", "slos": [slo]}, sort_keys=False))


def test_the_usual_shapes_become_selectors(tmp_path: Path) -> None:
    """Error counters, a latency bucket and one minus good events are recognised; a subquery stays a ratio."""
    done = take_over("sloth", (DATA / "sloth.yaml").read_bytes(), tmp_path)
    service = done.services()["ticket-shop"]
    assert (service.owner, service.tier) == ("payments", 1)
    slis = {slo.name: slo.sli for slo in service.slos}
    assert slis == {
        "requests-availability": EventsSli(
            bad='http_requests_total{code=~"(5..|429)",job="ticket-shop"}',
            total='http_requests_total{job="ticket-shop"}',
        ),
        "requests-latency": HistogramSli(
            histogram="http_request_duration_seconds",
            selector='{job="ticket-shop",verb!="WATCH"}',
            below=Duration(400),
        ),
        "seats-satisfaction": RatioSli(
            ratio=(
                "(sum_over_time((count(seat_satisfaction_ratio < 0.75))[{{window}}:]) or on () vector(0)) "
                "/ sum_over_time((count(seat_satisfaction_ratio))[{{window}}:])"
            )
        ),
        "payment-success": EventsSli(good='payments_total{result="ok"}', total="payments_total"),
    }
    assert [str(slo.objective) for slo in service.slos] == ["0.999", "0.99", "0.95", "0.9995"]
    assert service.slos[0].description == "Buyers get an answer that is no error."


_PLUGIN = "sloth-common/kubernetes/apiserver/availability"
_TOLD = [
    "services/ticket-shop.yaml: created",
    "  requests-availability: added",
    "  requests-latency: added",
    "  seats-satisfaction: added",
    "  payment-success: added",
    "left out:",
    f"  in.yaml:70: slo from-plugin: the SLI comes from the plugin {_PLUGIN}; write its queries by hand",
    "not kept:",
    f"  in.yaml:4: service ticket-shop: labels cluster are not kept; {LABELS}",
    (
        "  in.yaml:8: service ticket-shop: the period is not in the file; "
        "Sloth says the period on its command line; 30d is assumed, write `window` if it is another"
    ),
    (
        "  in.yaml:17: slo requests-availability: the alert's name 'TicketShopErrors'; "
        "the alerts are called TicketShopRequestsAvailabilityBurn"
    ),
    f"  in.yaml:18: slo requests-availability: alerts: labels category are not kept; {LABELS}",
    (
        "  in.yaml:21: slo requests-availability: alerts: the annotation summary: 'Too many errors' is not kept; "
        f"{ONE_FORM}"
    ),
    (
        "  in.yaml:22: slo requests-availability: alerts: the annotation runbook: "
        "'https://wiki.example.com/ticket-shop' is not kept; "
        "its place is runbooks/TicketShopRequestsAvailabilityBurn.md"
    ),
    f"  in.yaml:24: slo requests-availability: page_alert: labels severity are not kept; {LABELS}",
    (
        "  in.yaml:27: slo requests-availability: ticket_alert: `disable` is not kept; "
        "every SLO has a page and a ticket alert; silence or route them in policies/"
    ),
    (
        "  in.yaml:41: slo requests-latency: the alert's name 'TicketShopSlow'; "
        "the alerts are called TicketShopRequestsLatencyBurn"
    ),
    "  in.yaml:45: slo seats-satisfaction: `interval` is not kept; it has no counterpart here",
    "  in.yaml:46: slo seats-satisfaction: `plugins` is not kept; it has no counterpart here",
    (
        "  in.yaml:53: slo seats-satisfaction: page_alert: the annotation dashboard: "
        f"'https://grafana.example.com/d/1' is not kept; {ONE_FORM}"
    ),
    f"  in.yaml:57: slo payment-success: labels squad are not kept; {LABELS}",
    ("  in.yaml:74: slo from-plugin: the alert's name 'FromPlugin'; the alerts are called TicketShopFromPluginBurn"),
    "next: `tocsin check`",
]


def test_everything_that_is_not_kept_is_listed_with_its_line(tmp_path: Path) -> None:
    """Labels, annotations, alert names, switches, plugins and unknown keys are told one by one."""
    done = take_over("sloth", (DATA / "sloth.yaml").read_bytes(), tmp_path)
    assert done.status == 1, "an SLO was left out"
    assert done.out.splitlines() == _TOLD


def test_the_kubernetes_kind_says_the_same_in_camel_case(tmp_path: Path) -> None:
    """PrometheusServiceLevel objects are read too, and lines point into them; several documents are fine."""
    text = """\
# two documents
---
apiVersion: sloth.slok.dev/v1
kind: PrometheusServiceLevel
metadata: {name: one, namespace: monitoring}
spec:
  service: My_Service
  slos:
    - name: A1
      objective: "99.5"
      sli:
        events:
          errorQuery: sum(increase(bad[{{.window}}])) or vector(0)
          totalQuery: sum(increase(total[{{.window}}]))
      alerting:
        pageAlert: {disable: true}
---
apiVersion: sloth.slok.dev/v1
kind: PrometheusServiceLevel
spec:
  service: my-service
  labels: {team: platform, tier: 3}
  slos:
    - {name: a2, objective: 99, sli: {raw: {errorRatioQuery: 'my_ratio{w="x"} offset 1m + rate(y[{{.window}}])'}}}
"""
    done = take_over("sloth", text, tmp_path)
    service = done.services()["my-service"]
    assert (service.owner, service.tier) == ("platform", 3)
    assert [slo.sli for slo in service.slos] == [
        EventsSli(bad="bad", total="total"),
        RatioSli(ratio='my_ratio{w="x"} offset 1m + rate(y[{{window}}])'),
    ]
    assert [line for line in done.out.splitlines() if "in.yaml" in line and "period" not in line] == [
        "  in.yaml:7: service my-service: the name 'My_Service' is not one of ours; it is called my-service",
        "  in.yaml:9: slo a1: the name 'A1' is not one of ours; it is called a1",
        (
            "  in.yaml:16: slo a1: page_alert: `disable` is not kept; "
            "every SLO has a page and a ticket alert; silence or route them in policies/"
        ),
    ]
    assert done.status == 0


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        (
            {"sli": {"events": EVENTS | {"error_query": "sum(rate(bad[5m]))"}}},
            "a query cannot be taken over: it does not use {{.window}}",
        ),
        (
            {"sli": {"events": EVENTS | {"error_query": "sum(rate(bad[{{.window}}])"}}},
            "a query cannot be taken over: it is not PromQL (unclosed left parenthesis)",
        ),
        (
            {"sli": {"raw": {"error_ratio_query": 'x{w="{{.window}}"}'}}},
            "a query cannot be taken over: `{{.window}}` does not stand where a range goes",
        ),
        (
            {"sli": {"raw": {"error_ratio_query": "{{ .labels.x }}"}}},
            "a query cannot be taken over: the template '{{ .labels.x }}' is unknown; expected {{.window}} alone",
        ),
        (
            {"sli": {"raw": {"error_ratio_query": "(" * 4001}}},
            "a query cannot be taken over: a query of 4001 characters is too long; expected at most 4000",
        ),
        (
            {"sli": {"raw": {"error_ratio_query": "(" * 200}}},
            f"a query cannot be taken over: {'(' * 40!r}… has more than 100 brackets inside each other",
        ),
        ({"sli": {}}, "`sli` has not exactly one of `events`, `raw` and `plugin`"),
    ],
)
def test_an_slo_that_cannot_be_taken_over_is_left_out(tmp_path: Path, changed: dict[str, Any], why: str) -> None:
    """The reason is told, nothing is guessed, and the command fails."""
    done = take_over("sloth", sloth(**changed), tmp_path, "--owner", "payments")
    assert done.status == 1
    assert f": slo fine: {why}; write its SLI by hand\n" in done.out
    assert done.out.endswith("no SLO was taken over\n")
    assert not done.folder.exists()


OBJECTIVE = "expected a percentage above 0 and below 100, such as 99.9; correct it in the Sloth file"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "in.yaml:1: document: the file is empty; expected documents with SLOs; is it the right file?"),
        (
            "# only\n---\n# comments\n",
            "in.yaml:1: document: the file is empty; expected documents with SLOs; is it the right file?",
        ),
        (
            "version: prometheus/v2\n",
            (
                "in.yaml:1: version: got 'prometheus/v2'; expected `version: prometheus/v1`, or "
                "`apiVersion: sloth.slok.dev/v1` of kind PrometheusServiceLevel; is it a Sloth file?"
            ),
        ),
        (
            "\napiVersion: openslo/v1\n",
            (
                "in.yaml:2: apiVersion: got 'openslo/v1'; expected `version: prometheus/v1`, or "
                "`apiVersion: sloth.slok.dev/v1` of kind PrometheusServiceLevel; use `tocsin import openslo`"
            ),
        ),
        (
            sloth(objective=100),
            f"in.yaml:5: slos.fine.objective: got 100, which leaves no error budget or no promise; {OBJECTIVE}",
        ),
        (sloth(objective="nan"), f"in.yaml:5: slos.fine.objective: got 'nan', which is not a number; {OBJECTIVE}"),
        (sloth(objective=True), f"in.yaml:5: slos.fine.objective: got 'True', which is not a number; {OBJECTIVE}"),
        (
            sloth(objective="1e-400"),
            f"in.yaml:5: slos.fine.objective: got 0.0, which leaves no error budget or no promise; {OBJECTIVE}",
        ),
        (
            sloth(name=None),
            "in.yaml:4: slos.#1.name: `name` is missing; expected the key `name` (The SLO's name); add `name: …`",
        ),
        (
            "version: prometheus/v1\nservice: shop\nservice: other\n",
            "in.yaml:3: service: the key `service` is here twice; expected each key once; keep one of them",
        ),
        (
            b"version: prometheus/v1\nservice: \xff\n",
            "in.yaml:2: document: the byte 0xff is not UTF-8; expected a file saved as UTF-8; save the file as UTF-8",
        ),
        (
            "---\na: 1\n" * 501,
            "in.yaml:1: document: the file has 501 documents; expected at most 500; split it into several files",
        ),
    ],
)
def test_mistakes_are_told_and_write_nothing(tmp_path: Path, text: str | bytes, says: str) -> None:
    """The whole message has place, what was found, what was expected and the way out."""
    done = take_over("sloth", text, tmp_path, "--owner", "payments")
    assert done.status == 1
    assert done.err.splitlines() == [says, "nothing was written"]
    assert done.out == ""
    assert not done.folder.exists()


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\nversion: prometheus/v1\n",
        "[" * 10_000,
        "version: !!python/object/apply:os.system ['true']\n",
        "{" * 40 + "}" * 40,
        "version: prometheus/v1\nservice: {a: b}\nslos: 5\n",
        "version: prometheus/v1\nservice: shop\nslos: [{name: [], objective: {}, sli: [], alerting: 3}]\n",
        "\x00",
        "x" * 2_000_000,
    ],
)
def test_hostile_texts_are_refused(tmp_path: Path, text: str) -> None:
    """Bombs, tags, deep nesting, wrong types and sheer size give messages and change nothing."""
    done = take_over("sloth", text, tmp_path, "--owner", "payments")
    assert done.status == 1
    assert done.err.endswith("nothing was written\n")
    assert not done.folder.exists()


def test_names_cannot_leave_the_folder(tmp_path: Path) -> None:
    """A service called like a path becomes a plain name; control characters never reach the terminal."""
    text = sloth(name="../../x\x1b[31m").replace("service: shop", 'service: "../../etc/\\e]0;passwd"')
    done = take_over("sloth", text, tmp_path, "--owner", "payments")
    assert list(done.services()) == ["etc-0-passwd"]
    assert done.services()["etc-0-passwd"].slos[0].name == "x-31m"
    assert done.status == 0
    assert "\x1b" not in done.out


def test_a_new_service_needs_an_owner_and_gets_a_tier(tmp_path: Path) -> None:
    """Nobody is made the owner by guess; a missing tier is assumed and said."""
    refused = take_over("sloth", sloth(), tmp_path)
    assert refused.err.splitlines() == [
        "in.yaml:2: service shop: it has no owner; expected a team; name one with `--owner TEAM`",
        "nothing was written",
    ]
    done = take_over("sloth", sloth(), tmp_path, "--owner", "storefront")
    assert "in.yaml:2: service shop: it has no tier; 2 is assumed; name another with `--tier N`" in done.out
    assert (done.services()["shop"].owner, done.services()["shop"].tier) == ("storefront", 2)


def test_an_owner_that_is_no_name_is_wrong_usage(tmp_path: Path) -> None:
    """The message shows a name that would do."""
    done = take_over("sloth", sloth(), tmp_path, "--owner", "Team A")
    assert done.status == 2
    assert done.err.splitlines()[-1] == "Error: 'Team A' is not a team's name; expected one such as team-a"


def test_programs_get_the_same_as_json(tmp_path: Path) -> None:
    """--json lists files, SLOs and everything that is not kept; --dry-run writes nothing."""
    done = take_over(
        "sloth", sloth(description="Two\nlines"), tmp_path, "--owner", "a", "--tier", "3", "--json", "--dry-run"
    )
    report = orjson.loads(done.out)
    assert report["dry_run"] is True
    assert [(one["action"], one["added"]) for one in report["files"]] == [("create", ["fine"])]
    assert [(note["line"], note["left_out"]) for note in report["notes"]] == [(3, False)]
    assert not done.folder.exists()
