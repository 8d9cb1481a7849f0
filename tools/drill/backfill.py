"""Hours of healthy history for the drill with real windows, written into Prometheus's blocks before it starts."""

import random
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from alerting import names
from alerting.model.policy import Policy
from alerting.timescale import REAL
from tools.drill.checkout import BUCKETS_S, SERVICE, TYPICAL_S
from tools.drill.errors import DrillError
from tools.drill.ports import LOOPBACK

HOURS: Final = 6


def _series(name: str, labels: dict[str, str]) -> str:
    """One series in OpenMetrics; the names and values are this drill's own, the escaping is for the address."""
    inside = ",".join(
        '{}="{}"'.format(key, value.replace("\\", "\\\\").replace('"', '\\"')) for key, value in labels.items()
    )
    return f"{name}{{{inside}}}"


def openmetrics(policy: Policy, port: int, end_s: int, seed: int) -> Iterator[str]:
    """The lines of the history: the service's counters, `up`, and the recorded rates that follow from them."""
    service = policy.services[SERVICE]
    step_s = round(service.scrape_interval.seconds)
    base = str(REAL.base(service.scrape_interval))
    target = {"instance": f"{LOOPBACK}:{port}", "job": SERVICE, "service": SERVICE}
    rate = service.slos[0].traffic or 20.0
    times = range(end_s - HOURS * 3600, end_s, step_s)
    yield "# TYPE up gauge"
    yield from (f"{_series('up', target)} 1 {at}" for at in times)
    yield "# TYPE http_requests counter"
    ok = _series("http_requests_total", {**target, "code": "200", "method": "POST"})
    counts = _counts(len(times), rate * step_s, seed)
    yield from (f"{ok} {count} {at}" for count, at in zip(counts, times, strict=True))
    yield "# TYPE http_request_duration_seconds histogram"
    for bound in (*BUCKETS_S, float("inf")):
        share = 1 - 2.718281828459045 ** (-bound / TYPICAL_S)
        bucket = _series(
            "http_request_duration_seconds_bucket",
            {**target, "le": "+Inf" if bound == float("inf") else str(float(bound))},
        )
        yield from (f"{bucket} {count * share:.0f} {at}" for count, at in zip(counts, times, strict=True))
    for slo in service.slos:
        labels = {"service": SERVICE, "slo": slo.name, "team": service.owner}
        for name, value in ((names.bad_events(base), 0.0), (names.total_events(base), rate)):
            yield f"# TYPE {name} gauge"
            yield from (f"{_series(name, labels)} {value} {at}" for at in times)
    yield "# EOF"


def _counts(samples: int, per_step: float, seed: int) -> list[int]:
    """A counter that grows as Poisson arrivals would, near enough: normal with the same mean and variance."""
    chance = random.Random(seed)
    total, counts = 0, []
    for _ in range(samples):
        total += max(0, round(chance.gauss(per_step, per_step**0.5)))
        counts.append(total)
    return counts


def backfill(promtool: Path, policy: Policy, port: int, end_s: int, folder: Path, seed: int) -> None:
    """Writes the history as blocks into `folder`; raises DrillError with promtool's words."""
    text = folder.parent / "history.om"
    folder.mkdir(parents=True, exist_ok=True)
    with text.open("w") as out:
        out.writelines(f"{line}\n" for line in openmetrics(policy, port, end_s, seed))
    done = subprocess.run(
        [str(promtool), "tsdb", "create-blocks-from", "openmetrics", "--quiet", str(text), str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    text.unlink()
    if done.returncode:
        raise DrillError(f"promtool could not write the history: {done.stderr.strip() or done.stdout.strip()}")
