"""Running the Pulumi program of the production stack, beside the same number of bare resources."""

import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tools.bench.figure import Figure
from tools.bench.render import Took, repository, run

ROOT: Final = Path(__file__).parents[2]
SERVICES: Final = 300
MORE: Final = 900
RUNS: Final = 3
_STACK: Final = "production"
_DATA: Final = ("policies", "runbooks", "alerting/catalog", "stacks")


def measure() -> list[Figure]:
    """Medians of whole processes that take turns; then three times as many services."""
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as name:
        few, many, inputs = Path(name) / "few", Path(name) / "many", Path(name) / "resources.json"
        for root, services in ((few, SERVICES), (many, MORE)):
            _company(root, services)
        count = int(subprocess.check_output([*_run("count", few), str(inputs)], text=True))
        ours, bare = [], []
        for _ in range(RUNS):
            ours.append(run(_run("program", few)))
            bare.append(run(_run("bare", inputs)))
        large = run(_run("program", many))
        peak = float(subprocess.check_output(_run("program", few), text=True))
    wall, rival = _median(ours), _median(bare)
    beside = f"{count} resources; as many bare ones {rival:.1f} s"
    grown = (large.cpu_s - _cpu(ours)) / (_cpu(ours) or 1) / (MORE / SERVICES - 1)
    return [
        Figure(name=f"program, {SERVICES} services", value=wall, unit="s", target=20, beside=beside),
        Figure(
            name="program beside bare resources", value=_cpu(ours) / _cpu(bare), unit="×", target=2, beside="processor"
        ),
        Figure(name="memory meanwhile", value=peak, unit="MiB", target=500),
        Figure(
            name=f"program, each further {SERVICES} services",
            value=grown,
            unit="×",
            target=1.1,
            beside=f"the first; {MORE} took {large.wall_s:.1f} s",
        ),
    ]


def _company(root: Path, services: int) -> None:
    """The example company with all that it provisions, and that many services more, each scraped."""
    for place in _DATA:
        shutil.copytree(ROOT / place, root / place, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    shutil.copyfile(ROOT / "alerting" / "windows.yaml", root / "alerting" / "windows.yaml")
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as name:
        made = Path(name) / "made"
        repository(made, services)
        for file in sorted((made / "policies" / "services").glob("*.yaml")):
            target = root / "policies" / "services" / file.name
            if not target.exists():
                text = file.read_text(encoding="utf-8")
                target.write_text(f"{text}scrape:\n  - {{namespace: shop, port: http}}\n", encoding="utf-8")
        for file in (made / "runbooks").glob("*.md"):
            if not (root / "runbooks" / file.name).exists():
                shutil.copyfile(file, root / "runbooks" / file.name)


def _run(mode: str, place: Path) -> list[str]:
    return [sys.executable, "-m", "tools.bench.program", mode, str(place)]


def _median(runs: list[Took]) -> float:
    return statistics.median(one.wall_s for one in runs)


def _cpu(runs: list[Took]) -> float:
    return statistics.median(one.cpu_s for one in runs)


def _program(root: Path) -> None:
    """Runs it once, and prints the most memory that the process has had, in MiB."""
    from tools.program import record_stack

    record_stack(root, _STACK)
    sys.stdout.write(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}\n")


def _count(root: Path, target: Path) -> None:
    """Writes what the program registers, for the bare run, and prints how much it is."""
    from tools.program import record_stack

    made = [(one.type, one.name, one.inputs) for one in record_stack(root, _STACK) if one.custom]
    target.write_text(json.dumps(made), encoding="utf-8")
    sys.stdout.write(f"{len(made)}\n")


def _bare(source: Path) -> None:
    """The same resources with the same inputs in their packages' classes, and nothing else: no policy, no order."""
    import pulumi

    from components.objects import place
    from tools.program import record

    made = json.loads(source.read_text(encoding="utf-8"))

    def register() -> None:
        for token, name, inputs in made:
            if token.startswith("kubernetes:"):
                place(inputs)
            else:
                pulumi.CustomResource(token, name, inputs)

    record(register)


_MODES: Final[dict[str, Callable[..., None]]] = {"program": _program, "count": _count, "bare": _bare}

if __name__ == "__main__":
    _MODES[sys.argv[1]](*map(Path, sys.argv[2:]))
