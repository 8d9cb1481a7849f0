"""`tocsin dashboards preview`: one page for people without a Grafana."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from click.testing import CliRunner, Result

import dashboards
from alerting.policy import load
from dashboards.reading import panels
from tools.cli import main
from tools.dashboards import UIDS
from tools.drill.ports import LOOPBACK, free_port

AT = 1_772_452_800.0


def preview(root: Path, out: Path, *arguments: str) -> Result:
    """Runs the command."""
    command = ["--root", str(root), "dashboards", "preview", "--out", str(out), "--at", "2026-03-02T12:00:00Z"]
    return CliRunner().invoke(main, [*command, *arguments])


class _Page(HTMLParser):
    """Checks that tags are balanced and collects what the page holds."""

    _ALONE = frozenset({"meta", "link", "line", "rect", "path", "br"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self._ALONE or tag in ("rect", "path"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def words(self) -> str:
        """All of its text."""
        return " ".join(" ".join(self.texts).split())


@contextmanager
def prometheus(answer: Callable[[str, dict[str, str]], tuple[int, Any]]) -> Iterator[str]:
    """A server that answers as `answer` says, given the path and what is asked; gives its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            status, body = answer(address.path, {name: values[0] for name, values in parse_qs(address.query).items()})
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://{LOOPBACK}:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def answering(labels: dict[str, str]) -> Callable[[str, dict[str, str]], tuple[int, Any]]:
    """Every query has one series with these labels."""

    def answer(path: str, asked: dict[str, str]) -> tuple[int, Any]:
        if path.endswith("/config"):
            return 200, {"status": "success", "data": {"yaml": "global:\n  scrape_interval: 5s\n"}}
        if path.endswith("/query"):
            result: list[dict[str, Any]] = [{"metric": labels, "value": [AT, "3"]}]
            return 200, {"status": "success", "data": {"resultType": "vector", "result": result}}
        values = [[AT - 60, "1"], [AT - 30, "2"], [AT, "3"]]
        result = [{"metric": labels, "values": values}]
        return 200, {"status": "success", "data": {"resultType": "matrix", "result": result}}

    return answer


def test_without_a_prometheus_the_page_shows_every_panel_and_query(mini: Path, tmp_path: Path) -> None:
    """Open, since there is nothing else to see."""
    result = preview(mini, tmp_path / "page.html")
    assert (result.exit_code, result.stderr) == (0, f"{tmp_path / 'page.html'}: 5 dashboards, 70 panels\n")
    page = _Page((tmp_path / "page.html").read_text())
    made = dashboards.all(load(mini))
    titles = [panel.title for dashboard in made.values() for panel in panels(dashboard)]
    assert [title for title in titles if title not in page.words] == []
    assert sum(tag == "article" for tag, _ in page.tags) == len(titles) == 70
    assert all("open" in attributes for tag, attributes in page.tags if tag == "details")
    assert "Queries only: no Prometheus was asked." in page.words
    assert 'slo:error_budget:remaining_ratio{service="checkout"}' in page.words
    assert not re.search(r"\$(__|service|team|slo|priority|\{)", page.words)


def test_the_page_needs_nothing_but_itself(mini: Path, tmp_path: Path) -> None:
    """No script, no style or picture from elsewhere."""
    with prometheus(answering({"service": "checkout"})) as url:
        assert preview(mini, tmp_path / "page.html", "--prometheus", url).exit_code == 0
    page = _Page((tmp_path / "page.html").read_text())
    assert not [tag for tag, _ in page.tags if tag in ("script", "img", "iframe", "object", "embed")]
    assert [attributes["href"] for tag, attributes in page.tags if tag == "link"] == ["data:,"]
    assert "url(" not in (tmp_path / "page.html").read_text()
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]


def test_answers_become_charts_numbers_bars_and_tables(mini: Path, tmp_path: Path) -> None:
    """With incidents shaded, links filled in, and the names of series."""
    labels = {"service": "checkout", "slo": "latency", "incident": "INC-7", "alertname": "HighErrorRate"}
    labels |= {"runbook": "HighErrorRate", "team": "payments", "layer": "primary", "member": "ana"}
    with prometheus(answering(labels)) as url:
        result = preview(mini, tmp_path / "page.html", "--prometheus", url, "--last", "5m")
    assert result.exit_code == 0, result.output
    page = _Page((tmp_path / "page.html").read_text())
    assert f"Answers of {url} at 2026-03-02 12:00 UTC. Charts are in UTC." in page.words
    classes = [attributes.get("class") or "" for _, attributes in page.tags]
    assert {"incident", "rule"} <= set(classes)
    assert any(name.startswith("line c") for name in classes)
    links = [attributes.get("href") for tag, attributes in page.tags if tag == "a"]
    assert "https://incidents.example.com/incidents/INC-7" in links
    assert "https://git.example.com/shop/tocsin/blob/main/runbooks/HighErrorRate.md" in links
    assert "https://grafana.example.com/d/service-overview?var-service=checkout" in links
    assert not [tag for tag, attributes in page.tags if tag == "details" and "open" in attributes]


def test_questions_are_asked_for_the_time_and_the_choices_of_the_viewer(mini: Path, tmp_path: Path) -> None:
    """Windows of rates follow from the server's own scrape interval, as in Grafana."""
    asked: list[tuple[str, dict[str, str]]] = []
    answer = answering({})

    def noting(path: str, question: dict[str, str]) -> tuple[int, Any]:
        asked.append((path, question))
        return answer(path, question)

    with prometheus(noting) as url:
        arguments = ("--prometheus", url, "--last", "20m", "--service", "payments-db", "--team", "platform")
        assert preview(mini, tmp_path / "page.html", "service-overview", "alert-review", *arguments).exit_code == 0
    courses = [question for path, question in asked if path.endswith("/query_range")]
    assert {question["step"] for question in courses} == {"5.0"}
    assert {(float(question["start"]), float(question["end"])) for question in courses} == {(AT - 1200, AT)}
    queries = " ".join(question.get("query", "") for _, question in asked)
    assert 'service="payments-db"' in queries
    assert 'team=~"platform",service=~"payments-db"' in queries
    assert "[20s]" in queries
    assert "[20m:5s]) * 5000 / 1000" in queries


def test_only_the_named_dashboards_are_shown(mini: Path, tmp_path: Path) -> None:
    """In their usual order."""
    result = preview(mini, tmp_path / "page.html", "on-call", "slo-tracking")
    assert result.stderr == f"{tmp_path / 'page.html'}: 2 dashboards, 26 panels\n"
    page = _Page((tmp_path / "page.html").read_text())
    assert [attributes["id"] for tag, attributes in page.tags if tag == "section"] == ["slo-tracking", "on-call"]


def test_the_list_of_uids_is_that_of_the_dashboards(mini: Path) -> None:
    """It is written twice so that `--help` is quick."""
    assert tuple(dashboards.all(load(mini))) == UIDS


def test_outside_text_cannot_break_out_of_the_page(mini: Path, tmp_path: Path) -> None:
    """Labels come from whoever exports metrics."""
    hostile = '"><script>alert(1)</script>/../?x=<b>'
    labels = dict.fromkeys(("service", "slo", "incident", "alertname", "runbook", "instance", "team", "code"), hostile)
    with prometheus(answering(labels)) as url:
        assert preview(mini, tmp_path / "page.html", "--prometheus", url).exit_code == 0
    page = _Page((tmp_path / "page.html").read_text())
    assert not [tag for tag, _ in page.tags if tag == "script"]
    links = {attributes.get("href") or "" for tag, attributes in page.tags if tag == "a"}
    assert all(link.startswith(("#", "http")) for link in links)
    assert f"https://incidents.example.com/incidents/{_QUOTED}" in links


_QUOTED = "%22%3E%3Cscript%3Ealert%281%29%3C%2Fscript%3E%2F..%2F%3Fx%3D%3Cb%3E"


def test_a_refused_query_is_shown_and_told(mini: Path, tmp_path: Path) -> None:
    """The rest of the page is there; the exit status says that something is wrong."""
    good = answering({"service": "checkout"})

    def answer(path: str, asked: dict[str, str]) -> tuple[int, Any]:
        if "quantile(0.9" in asked.get("query", ""):
            return 422, {"status": "error", "errorType": "execution", "error": "too many <samples>"}
        return good(path, asked)

    with prometheus(answer) as url:
        result = preview(mini, tmp_path / "page.html", "incident-metrics", "--prometheus", url)
    assert result.exit_code == 1
    titles = ("Time to detect", "Time to acknowledge, P0 and P1", "Time to resolve")
    told = "".join(f"incident-metrics: {title}: B: too many <samples>\n" for title in titles)
    assert result.stderr == f"{told}{tmp_path / 'page.html'}: 1 dashboards, 16 panels\n"
    words = _Page((tmp_path / "page.html").read_text()).words
    assert words.count("Prometheus refuses a query. B: too many <samples>") == 3


def test_what_is_not_a_number_is_not_drawn(mini: Path, tmp_path: Path) -> None:
    """Prometheus writes `NaN` and `+Inf`."""

    def answer(path: str, asked: dict[str, str]) -> tuple[int, Any]:
        status, body = answering({})(path, asked)
        return status, json.loads(json.dumps(body).replace('"3"', '"NaN"').replace('"2"', '"+Inf"'))

    with prometheus(answer) as url:
        assert preview(mini, tmp_path / "page.html", "--prometheus", url).exit_code == 0
    text = (tmp_path / "page.html").read_text()
    assert "nan" not in " ".join(re.findall(r' d="([^"]*)"', text)).lower()


def test_an_unreachable_prometheus_ends_the_command(mini: Path, tmp_path: Path) -> None:
    """With the address and what was expected; no page is written."""
    url = f"http://{LOOPBACK}:{free_port(0)}"
    result = preview(mini, tmp_path / "page.html", "--prometheus", url)
    assert result.exit_code == 1
    assert re.fullmatch(
        rf"Error: {re.escape(url)}: .*Connection refused.*; "
        r"expected the address of a Prometheus such as http://127\.0\.0\.1:9090\n",
        result.stderr,
    )
    assert not (tmp_path / "page.html").exists()


def test_a_server_that_only_answers_queries_will_do(mini: Path, tmp_path: Path) -> None:
    """Thanos has no page with its configuration; windows of rates are Grafana's default then."""
    good, asked = answering({}), []

    def answer(path: str, question: dict[str, str]) -> tuple[int, Any]:
        asked.append(question.get("query", ""))
        return (404, b"404 page not found") if path.endswith("/config") else good(path, question)

    with prometheus(answer) as url:
        assert (
            preview(mini, tmp_path / "page.html", "service-overview", "--prometheus", url, "--last", "5m").exit_code
            == 0
        )
    assert any("[1m]" in query for query in asked)


@pytest.mark.parametrize("body", [b"<html>Grafana</html>", b"[]", b"{}"])
def test_another_server_is_told_from_prometheus(mini: Path, tmp_path: Path, body: bytes) -> None:
    """Whatever it answers."""
    with prometheus(lambda path, asked: (200, body)) as url:
        result = preview(mini, tmp_path / "page.html", "--prometheus", url)
    assert (result.exit_code, result.stderr) == (
        1,
        (
            f"Error: {url}/api/v1/status/config: the answer is not Prometheus's; "
            "expected the address of a Prometheus such as http://127.0.0.1:9090\n"
        ),
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("--service", "chekout"),
            (
                "Invalid value for --service: 'chekout' is not a service of this repository; "
                "expected one of checkout, payments-db, platform"
            ),
        ),
        (
            ("--team", "x"),
            "Invalid value for --team: 'x' is not a team of this repository; expected one of payments, platform",
        ),
        (
            ("--last", "soon"),
            "Invalid value for '--last': 'soon' is not a duration; expected one such as 30s, 5m, 1h30m or 30d",
        ),
        (
            ("--last", "5ms"),
            "Invalid value for '--last': '5ms' is less than a second; expected a duration such as 5m, 6h or 30d",
        ),
        (
            ("overview",),
            (
                "Invalid value for '[UID]...': 'overview' is not one of 'service-overview', 'slo-tracking', "
                "'incident-metrics', 'alert-review', 'on-call'."
            ),
        ),
    ],
)
def test_a_wrong_choice_is_refused_with_what_there_is(
    mini: Path, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    """Exit status 2, before anything is asked or written."""
    result = preview(mini, tmp_path / "page.html", *arguments)
    assert result.exit_code == 2
    assert result.stderr.endswith(f"Error: {message}\n")


def test_a_folder_that_is_not_there_is_named(mini: Path, tmp_path: Path) -> None:
    """With the way out."""
    out = tmp_path / "nowhere" / "page.html"
    result = preview(mini, out)
    assert (result.exit_code, result.stderr) == (
        1,
        f"Error: {out}: No such file or directory; expected a file to write to; name one with --out\n",
    )
