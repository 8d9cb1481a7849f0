"""How long the status page takes with 20,000 incidents in a year, some hundred of which the public sees."""

import subprocess
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from alerting.model.service import StatusPage
from alerting.policy import load
from tools.bench.figure import Figure
from tools.bench.records import history, import_incidents
from tools.recorded import recorded
from tools.report.objectives import Objectives
from tools.site.pages import Wish, site
from tools.site.reading import read

INCIDENTS: Final = 20_000
SERVICES: Final = 5
"""Of two hundred."""
_BEGIN: Final = datetime(2025, 3, 5, tzinfo=UTC)
_END: Final = datetime(2026, 3, 2, tzinfo=UTC)
_ROOT: Final = Path(__file__).parents[2]


def measure() -> list[Figure]:
    """From the records to every file's bytes."""
    policy = load(_ROOT)
    checkout = policy.services["checkout"]
    names = [f"service-{number}" for number in range(SERVICES)]
    shown = {
        name: checkout.model_copy(update={"service": name, "status_page": StatusPage(title=name)}) for name in names
    }
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder:
        repository = Path(folder) / "records.git"
        subprocess.run(["git", "init", "--quiet", "--bare", str(repository)], check=True)
        apart: timedelta = (_END - _BEGIN) / (INCIDENTS + 1)
        import_incidents(repository, INCIDENTS, lambda number: history(number, _BEGIN, apart))
        begun = time.process_time()
        with recorded(str(repository), _ROOT) as found:
            told = read(found, replace(policy, services=shown), _END)
        files = site(told, Objectives(missing="none"), Wish(title="Status", url="https://example.com", at=_END))
        took = time.process_time() - begun
    beside = f"CPU time; {len(told.incidents)} incidents shown, {len(files)} files"
    return [Figure(name=f"a status page from {INCIDENTS:,} incidents", value=took, unit="s", target=5, beside=beside)]
