"""How long a weekly report takes with 20,000 incidents in the twelve weeks that it looks at."""

import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from tools.bench.figure import Figure
from tools.bench.records import history, import_incidents

INCIDENTS: Final = 20_000
WEEK: Final = "2026-W09"
_BEGIN: Final = datetime(2025, 12, 8, tzinfo=UTC)
_END: Final = datetime(2026, 3, 2, tzinfo=UTC)
_ROOT: Final = Path(__file__).parents[2]


def measure() -> list[Figure]:
    """The whole process, from its start to the files."""
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder:
        repository = Path(folder) / "records.git"
        subprocess.run(["git", "init", "--quiet", "--bare", str(repository)], check=True)
        apart: timedelta = (_END - _BEGIN) / (INCIDENTS + 1)
        import_incidents(repository, INCIDENTS, lambda number: history(number, _BEGIN, apart))
        cpu_s, clock_s = _run(repository, Path(folder) / "out")
        made = (Path(folder) / "out" / "report.md").read_text(encoding="utf-8")
        if f"Week {WEEK}" not in made:
            raise RuntimeError("the report is not that of the week")
    # CPU time, since the promise is about the work, and whatever else the machine does is not part of it.
    beside = f"CPU time of the whole process; {clock_s:.1f} s by the clock"
    return [Figure(name=f"a report of {INCIDENTS:,} incidents", value=cpu_s, unit="s", target=5, beside=beside)]


def _run(repository: Path, out: Path) -> tuple[float, float]:
    command = [sys.executable, "-m", "tools.cli", "--root", str(_ROOT), "report", "--week", WEEK]
    command += ["--records", str(repository), "--at", "2026-03-02T08:00:00Z", "--out", str(out)]
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    took, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, took
