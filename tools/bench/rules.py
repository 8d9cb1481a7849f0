"""Samples that the rules of one SLO read at each evaluation, beside Sloth's shape, as a real Prometheus counts them."""

import contextlib
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import requests

from alerting.model.policy import Policy
from alerting.model.service import Service, Slo
from alerting.model.windows import BurnWindows
from alerting.policy import load
from alerting.promql import quote
from alerting.rules.slo import groups
from alerting.rules.subject import Subject, subject_of
from tools.bench.figure import Figure
from tools.drill.ports import LOOPBACK, free_port
from tools.parts import find

ROOT: Final = Path(__file__).parents[2]
INSTANCES: Final = 20
CODES: Final = ("200", "201", "302", "404", "500")
"""Times the instances, 100 raw series, of which a fifth counts errors."""
END: Final = 1_767_225_600
"""Any instant will do; this is the first of 2026."""
HISTORY_S: Final = 3 * 86_400 + 600
START_WITHIN_S: Final = 60

Series = tuple[str, Mapping[str, str], int]
"""A metric, its labels, and how many seconds lie between two samples."""


def measure() -> list[Figure]:
    """One evaluation of an SLO's group, rule by rule, on three days of history; target: 2 % of Sloth's shape."""
    policy = load(ROOT)
    service, slo = _example(policy)
    subject = subject_of(policy, service, slo)
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as name, _prometheus(Path(name), _history(subject)) as url:
        ours = sum(_samples(url, rule.expr) for rule in groups(subject)[0].rules)
        theirs = sum(_samples(url, expr) for expr in sloth_shape(slo, policy.windows))
    beside = f"{ours:,} samples, Sloth's shape {theirs:,}, at {INSTANCES * len(CODES)} raw series"
    return [
        Figure(name="rules: samples read per evaluation", value=100 * ours / theirs, unit="%", target=2, beside=beside)
    ]


def _example(policy: Policy) -> tuple[Service, Slo]:
    """An SLO of counters, from the example company."""
    sli = {"bad": 'http_requests_total{service="bench",code=~"5.."}', "total": 'http_requests_total{service="bench"}'}
    slo = Slo.model_validate({"name": "availability", "objective": "99.9%", "traffic": "20/s", "sli": sli})
    owner = sorted(policy.teams)[0]
    return Service.model_validate({"service": "bench", "owner": owner, "tier": 1, "slos": [slo]}), slo


def sloth_shape(slo: Slo, windows: BurnWindows) -> Iterator[str]:
    """The expressions of Sloth's rules over the same windows: rates over each window, and alerts on the results.

    https://sloth.dev/introduction/architecture/
    """
    bad, total = slo.sli.bad, slo.sli.total  # type: ignore[union-attr]  # the example has counters
    lengths = {str(length) for pair in windows.pairs for length in (pair.long, pair.short)}
    for name in sorted(lengths):
        yield f"(sum(rate({bad}[{name}]))) / (sum(rate({total}[{name}])))"
    for pair in windows.pairs:
        for length in (pair.long, pair.short):
            yield f'max(slo:error_ratio:{length}{{service="bench"}} > ({pair.factor} * {slo.error_budget:.6f}))'


def _history(subject: Subject) -> Iterator[Series]:
    """What has samples: the raw series, and all that the rules record and read again."""
    interval, coarse = round(subject.interval.seconds), round(subject.coarse.seconds)
    for instance in range(INSTANCES):
        for code in CODES:
            labels = {"service": "bench", "code": code, "instance": f"10.0.0.{instance}:8080"}
            yield "http_requests_total", labels, round(subject.form.scrape.seconds)
    for group, step in zip(groups(subject), (interval, coarse), strict=True):
        for rule in group.rules:
            if rule.record:
                yield rule.record, subject.labels, step


def _write(file: Path, history: Iterator[Series]) -> None:
    """The history as OpenMetrics; counters and gauges alike grow by one a sample, since only their number matters."""
    families: dict[str, list[Series]] = {}
    for series in history:
        families.setdefault(series[0], []).append(series)
    with file.open("w", encoding="utf-8") as out:
        for metric, members in families.items():
            counter = metric.endswith("_total")
            out.write(f"# TYPE {metric.removesuffix('_total')} {'counter' if counter else 'gauge'}\n")
            for _, labels, step in members:
                name = f"{metric}{{{','.join(f'{label}={quote(value)}' for label, value in labels.items())}}}"
                times = range(END - HISTORY_S, END + step, step)
                out.writelines(f"{name} {at} {when}\n" for at, when in enumerate(times))
        out.write("# EOF\n")


@contextlib.contextmanager
def _prometheus(folder: Path, history: Iterator[Series]) -> Iterator[str]:
    """A real Prometheus with that history in its blocks, and its address."""
    text, data, config = folder / "history.om", folder / "data", folder / "prometheus.yml"
    _write(text, history)
    promtool = str(find("promtool").path)
    command = [promtool, "tsdb", "create-blocks-from", "openmetrics", "--quiet", str(text), str(data)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    text.unlink()
    config.write_text("global: {}\n")
    part, port = find("prometheus"), free_port()
    server = subprocess.Popen(
        [
            part.path,
            *part.extra_args,
            f"--config.file={config}",
            f"--storage.tsdb.path={data}",
            "--storage.tsdb.retention.time=100y",
            f"--web.listen-address={LOOPBACK}:{port}",
            "--log.level=error",
        ]
    )
    try:
        yield _ready(f"http://{LOOPBACK}:{port}", server)
    finally:
        server.terminate()
        server.wait()


def _ready(url: str, server: "subprocess.Popen[bytes]") -> str:
    """The address, once it answers; raises RuntimeError if it does not."""
    until = time.monotonic() + START_WITHIN_S
    while time.monotonic() < until and server.poll() is None:
        with contextlib.suppress(requests.ConnectionError):
            if requests.get(f"{url}/-/ready", timeout=5).ok:
                return url
        time.sleep(0.1)
    raise RuntimeError(f"Prometheus is not ready after {START_WITHIN_S} s; expected it at {url}")


def _samples(url: str, expr: str) -> int:
    """How many samples Prometheus says it read for one evaluation; raises RuntimeError if the query fails."""
    answer: dict[str, Any] = requests.post(
        f"{url}/api/v1/query", data={"query": expr, "time": str(END), "stats": "all"}, timeout=120
    ).json()
    if answer["status"] != "success":
        raise RuntimeError(f"{expr}: {answer['error']}")
    return int(answer["data"]["stats"]["samples"]["totalQueryableSamples"])
