"""The real servers run from where they were unpacked, and each page that a person opens answers."""

import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tools.parts import find, finder
from tools.parts.finder import Part
from tools.parts.settings import from_environment
from tools.parts.table import PROMETHEUS, PROMETHEUS_242, TABLE


@contextmanager
def running(part: Part, folder: Path, configuration: str, storage: str, more: Sequence[str] = ()) -> Iterator[str]:
    """Starts a server on a free port and gives its address once it is ready."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / "configuration.yml").write_text(configuration, encoding="utf-8")
    log = folder / "log"
    words = ["--config.file=configuration.yml", f"{storage}=data", f"--web.listen-address=127.0.0.1:{port}", *more]
    with log.open("wb") as output:
        process = subprocess.Popen([part.path, *part.extra_args, *words], cwd=folder, stdout=output, stderr=output)
    try:
        _wait(f"http://127.0.0.1:{port}", process, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Returns when the server is ready; fails with its log when it ends or takes too long."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if requests.get(f"{address}/-/ready", timeout=2).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.05)
    pytest.fail(log.read_text(encoding="utf-8"))


def statuses(address: str, paths: Sequence[str]) -> dict[str, int]:
    """What each path answers, after redirects."""
    return {path: requests.get(f"{address}{path}", timeout=10).status_code for path in paths}


SCRAPE_ITSELF = "scrape_configs: []\n"


def test_prometheus_pages_answer(tmp_path: Path) -> None:
    """The start page and what alerts link to answer 200, with nothing installed under /usr/share."""
    with running(find("prometheus"), tmp_path, SCRAPE_ITSELF, "--storage.tsdb.path") as address:
        paths = ["/", "/graph?g0.expr=up&g0.tab=1", "/api/v1/rules", "/metrics"]
        assert statuses(address, paths) == dict.fromkeys(paths, 200)


def test_every_kept_prometheus_serves_its_pages(tmp_path: Path) -> None:
    """Whichever bundle a machine ends up with, its Prometheus shows pages."""
    find("promtool-2.42")
    program, settings = TABLE["prometheus"], from_environment()
    kept = {bundle.name: finder.kept(program, bundle, settings) for bundle in (PROMETHEUS, PROMETHEUS_242)}
    pages = {
        "prometheus": ["/", "/query", "/alerts", "/rules", "/targets"],
        "prometheus-2.42": ["/", "/classic/alerts"],
    }
    for name, part in kept.items():
        if part is not None and part.source.startswith("Debian"):
            (tmp_path / name).mkdir()
            with running(part, tmp_path / name, SCRAPE_ITSELF, "--storage.tsdb.path") as address:
                assert statuses(address, pages[name]) == dict.fromkeys(pages[name], 200), part


def test_alertmanager_pages_answer(tmp_path: Path) -> None:
    """Alertmanager's page comes with its script and style."""
    configuration = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n"
    alone = ["--cluster.listen-address="]
    with running(find("alertmanager"), tmp_path, configuration, "--storage.path", alone) as address:
        paths = ["/", "/script.js", "/api/v2/status", "/metrics"]
        assert statuses(address, paths) == dict.fromkeys(paths, 200)
        assert "<title>Alertmanager</title>" in requests.get(address, timeout=10).text


def test_our_page_keeps_outside_text_out_of_its_markup() -> None:
    """Labels and errors of others only become text nodes: no way of writing markup is used."""
    page = (Path(finder.__file__).parent / "pages" / "prometheus.html").read_text(encoding="utf-8")
    assert not [way for way in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write") if way in page]
