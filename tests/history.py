"""A real Prometheus with a past of a test's own: samples written as blocks before it starts."""

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tools.drill.ports import LOOPBACK, free_port
from tools.drill.processes import Processes, Program
from tools.parts import find


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One series; names and values are a test's own."""

    name: str
    labels: Mapping[str, str]
    samples: Sequence[tuple[datetime, float]]

    def lines(self) -> Iterator[str]:
        """In OpenMetrics."""
        inside = ",".join(f'{label}="{text}"' for label, text in self.labels.items())
        yield from (f"{self.name}{{{inside}}} {value} {at.timestamp()}" for at, value in self.samples)


@contextmanager
def prometheus_with(series: Sequence[Series], folder: Path) -> Iterator[str]:
    """Its address, while it runs."""
    text, blocks, config = folder / "past.om", folder / "tsdb", folder / "prometheus.yml"
    blocks.mkdir(parents=True)
    names = dict.fromkeys(one.name for one in series)
    with text.open("w") as out:
        for name in names:
            out.write(f"# TYPE {name} gauge\n")
            out.writelines(f"{line}\n" for one in series if one.name == name for line in one.lines())
        out.write("# EOF\n")
    command = [find("promtool").path, "tsdb", "create-blocks-from", "openmetrics", "--quiet", text, blocks]
    subprocess.run(command, check=True, capture_output=True)
    config.write_text("global: {scrape_interval: 15s}\n")
    port, program = free_port(0), find("prometheus")
    url = f"http://{LOOPBACK}:{port}"
    run = [str(program.path), *program.extra_args, f"--config.file={config}", f"--storage.tsdb.path={blocks}"]
    run += ["--storage.tsdb.retention.time=20y", f"--web.listen-address={LOOPBACK}:{port}"]
    with Processes(folder / "logs") as processes:
        processes.start(Program(name="prometheus", command=run, ready_url=f"{url}/-/ready"))
        yield url
