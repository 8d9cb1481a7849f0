"""How long `tocsin --help` takes as a whole process."""

import statistics
import subprocess
import sys
import time
from typing import Final

from tools.bench.figure import Figure

RUNS: Final = 15


def measure() -> list[Figure]:
    """The median of several runs, in seconds; a bare interpreter beside it."""
    bare = _median([sys.executable, "-c", "pass"])
    took = _median([sys.executable, "-m", "tools.cli", "--help"])
    return [Figure(name="tocsin --help", value=took, unit="s", target=0.3, beside=f"bare Python {bare:.3f} s")]


def _median(command: list[str]) -> float:
    times = []
    for _ in range(RUNS):
        begun = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        times.append(time.perf_counter() - begun)
    return statistics.median(times)
