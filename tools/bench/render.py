"""Compiling a thousand services with two SLOs each, as a whole process, beside real Sloth on the same SLOs."""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from alerting.policy import read
from alerting.yaml_text import dump
from tools.bench.figure import Figure
from tools.parts import find

MINI: Final = Path(__file__).parents[2] / "tests" / "data" / "mini"
FEW: Final = 1_000
MANY: Final = 10_000
RUNS: Final = 5
OBJECTIVES: Final = (99.0, 99.5, 99.9, 99.95)
_LOOK_EVERY_S: Final = 0.02


@dataclass(frozen=True, slots=True)
class Took:
    """One run of a program, with everything that it started."""

    wall_s: float
    cpu_s: float
    peak_mib: float
    """Memory of all its processes together, what they share counted once; 0 unless the run was watched."""


def measure() -> list[Figure]:
    """Medians of runs that take turns, each into an empty folder; then ten times as many services."""
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as name:
        folder = Path(name)
        few, many, foreign = folder / "few", folder / "many", folder / "sloth"
        repository(few, FEW)
        repository(many, MANY)
        _for_sloth(foreign, FEW)
        sloth = [str(find("sloth").path), "generate", "-i", str(foreign), "-o"]
        ours, theirs = [], []
        for _ in range(RUNS):
            ours.append(_fresh(_tocsin(few, "render", "--out"), folder / "out"))
            theirs.append(_fresh(sloth, folder / "out"))
        check = [run(_tocsin(few, "check")) for _ in range(RUNS)]
        large = _fresh(_tocsin(many, "render", "--out"), folder / "out")
        peak = _fresh(_tocsin(few, "render", "--out"), folder / "out", watched=True).peak_mib
    return list(_figures(ours, theirs, check, large, peak))


def _figures(ours: list[Took], theirs: list[Took], check: list[Took], large: Took, peak: float) -> Iterator[Figure]:
    wall, rival = _median(ours), _median(theirs)
    cpu, rival_cpu = (statistics.median(took.cpu_s for took in runs) for runs in (ours, theirs))
    beside = f"Sloth {rival:.2f} s; processor {cpu:.2f} s, Sloth {rival_cpu:.2f} s"
    yield Figure(name=f"tocsin render, {FEW:,} services", value=wall, unit="s", target=rival, beside=beside)
    yield Figure(name="memory meanwhile", value=peak, unit="MiB", target=300, beside="all processes together")
    yield Figure(name=f"tocsin render, {MANY:,} services", value=large.wall_s / wall, unit="×", target=11)
    yield Figure(name=f"tocsin check, {FEW:,} services", value=_median(check), unit="s", target=wall, beside="render")


def _median(runs: Sequence[Took]) -> float:
    return statistics.median(took.wall_s for took in runs)


def _tocsin(root: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "tools.cli", "--root", str(root), *words]


def _fresh(command: list[str], out: Path, *, watched: bool = False) -> Took:
    """A run into a folder that is new; raises RuntimeError if it fails or writes too little."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    took = run([*command, str(out)], watched=watched)
    if sum(1 for _ in out.rglob("*.y*ml")) < FEW:
        raise RuntimeError(f"{' '.join(command)}: wrote fewer files than there are services")
    return took


def run(command: list[str], *, watched: bool = False) -> Took:
    """Runs a program to its end; raises RuntimeError with its words if it fails.

    Looking at its memory slows it down, so a run that is `watched` tells nothing about time.
    """
    before, begun = os.times(), time.perf_counter()
    with tempfile.TemporaryFile() as words:
        process = subprocess.Popen(command, stdout=words, stderr=words)
        peak = 0.0
        while watched and process.poll() is None:
            peak = max(peak, _memory_mib(process.pid))
            time.sleep(_LOOK_EVERY_S)
        process.wait()
        wall = time.perf_counter() - begun
        if process.returncode:
            words.seek(0)
            raise RuntimeError(f"{' '.join(command)} failed: {words.read().decode(errors='replace')[-2000:]}")
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Took(wall_s=wall, cpu_s=cpu, peak_mib=peak)


def _memory_mib(pid: int) -> float:
    """Proportional memory of a process and its children; 0 where the system does not tell."""
    kib = 0
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                kib = int(line.split()[1])
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (OSError, ValueError):
        return 0.0
    return kib / 1024 + sum(_memory_mib(int(child)) for child in children)


def repository(root: Path, services: int) -> None:
    """A repository with that many services, whose objectives and traffic differ."""
    shutil.copytree(MINI, root)
    runbook = root / "runbooks" / "CheckoutAvailabilityBurn.md"
    shared = runbook.read_text().replace("CheckoutAvailabilityBurn", "Burn")
    for folder, pattern in (("policies/services", "*.yaml"), ("policies/silences", "*.yaml"), ("runbooks", "*Burn.md")):
        for file in (root / folder).glob(pattern):
            if file.stem != "platform":
                file.unlink()
    (root / "runbooks" / "Burn.md").write_text(shared)
    for number in range(services):
        service = _service(number)
        (root / "policies" / "services" / f"{service['service']}.yaml").write_text(dump(service))
    if problems := read(root).problems:
        raise RuntimeError(f"the repository of the benchmark is wrong: {problems[0]}")


def _service(number: int) -> dict[str, Any]:
    name = f"service-{number:05}"
    slos = [
        {
            "name": slo,
            "objective": f"{OBJECTIVES[number % len(OBJECTIVES)]}%",
            "traffic": f"{number % 50 + 1}/s",
            "runbook": "Burn",
            "sli": {"bad": bad, "total": total},
        }
        for slo, bad, total in _indicators(name)
    ]
    return {"service": name, "owner": "payments", "tier": number % 3 + 1, "slos": slos}


def _indicators(name: str) -> tuple[tuple[str, str, str], ...]:
    total = f'http_requests_total{{service="{name}"}}'
    return (
        ("availability", f'http_requests_total{{service="{name}",code=~"5.."}}', total),
        ("latency", f'http_slow_requests_total{{service="{name}"}}', total),
    )


def _for_sloth(folder: Path, services: int) -> None:
    """The same SLOs as files of Sloth."""
    folder.mkdir()
    for number in range(services):
        name = f"service-{number:05}"
        slos = [
            {
                "name": slo,
                "objective": OBJECTIVES[number % len(OBJECTIVES)],
                "sli": {
                    "events": {
                        "error_query": f"sum(rate({bad}[{{{{.window}}}}]))",
                        "total_query": f"sum(rate({total}[{{{{.window}}}}]))",
                    }
                },
                "alerting": {
                    "name": f"Service{number:05}{slo.capitalize()}Burn",
                    "page_alert": {"labels": {"severity": "page"}},
                    "ticket_alert": {"labels": {"severity": "ticket"}},
                },
            }
            for slo, bad, total in _indicators(name)
        ]
        document = {"version": "prometheus/v1", "service": name, "labels": {"team": "payments"}, "slos": slos}
        (folder / f"{name}.yml").write_text(dump(document))
