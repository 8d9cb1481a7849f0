"""The bot under load: deliveries a second, latency, memory; sender and bot share the cores."""

import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil
import requests

from bots import inbox
from bots.configuration.tokens import hash_of
from tools.bench.figure import Figure
from tools.drill.ports import LOOPBACK, free_port
from tools.root import find_root

TOKEN: Final = "bench-token"
_RATE: Final = 1000
_FOR_S: Final = 30.0
_CALM_RATE: Final = 200
_CALM_FOR_S: Final = 10.0
_FLAT_OUT_S: Final = 10.0
_TOTAL: Final = 100_000
_CONNECTIONS: Final = 64
_INSERTS: Final = 40_000
_READY_WITHIN_S: Final = 30.0
_SETTLED_WITHIN_S: Final = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What the sender reports."""

    kept: int
    refused: int
    per_s: float
    p50_ms: float
    p99_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningBot:
    """A bot in a process of its own, with records on this machine."""

    url: str
    process: psutil.Process
    state: Path

    def rss_mib(self) -> float:
        """Resident memory."""
        return float(self.process.memory_info().rss) / 2**20

    def cpu_s(self) -> float:
        """Seconds of processor time so far."""
        times = self.process.cpu_times()
        return float(times.user + times.system)

    def metric(self, name: str) -> float:
        """The value of a metric's series."""
        lines = requests.get(f"{self.url}/metrics", timeout=30).text.splitlines()
        return float(next(line for line in lines if line.startswith(f"{name} ")).rpartition(" ")[2])

    def settle(self) -> float:
        """Seconds until everything that was taken in is in git."""
        begun = time.monotonic()
        while self.metric("tocsin_inbox_pending"):
            if time.monotonic() - begun > _SETTLED_WITHIN_S:
                raise TimeoutError(f"not recorded within {_SETTLED_WITHIN_S:.0f} s")
            time.sleep(0.1)
        return time.monotonic() - begun


@contextmanager
def running() -> Iterator[RunningBot]:
    """A bot with the policies of this repository, in a folder that is removed afterwards."""
    with restartable() as bots:
        yield next(bots)


@contextmanager
def restartable() -> Iterator[Iterator[RunningBot]]:
    """Bots one after the other, on the same folder and port; the one before must have ended."""
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as name:
        folder = Path(name)
        (folder / "tokens").write_text(f"{TOKEN}\n")
        (folder / "members").write_text(f"{hash_of(TOKEN)} bench\n")
        started: list[subprocess.Popen[bytes]] = []
        try:
            yield _starts(folder, free_port(), started)
        finally:
            for process in started:
                process.terminate()
                process.wait(60)


def _starts(folder: Path, port: int, started: list[subprocess.Popen[bytes]]) -> Iterator[RunningBot]:
    root = find_root(Path(__file__).parent)
    assert root is not None, "the benchmark belongs to the repository"
    settings = {
        "TOCSIN_STATE_DIR": str(folder / "state"),
        "TOCSIN_ALERTMANAGER_TOKENS_FILE": str(folder / "tokens"),
        "TOCSIN_MEMBER_TOKENS_FILE": str(folder / "members"),
        "TOCSIN_INBOX_LIMIT_MIB": "4096",
    }
    command = [sys.executable, "-m", "tools.cli", "--root", str(root), "serve", "--port", str(port)]
    url = f"http://{LOOPBACK}:{port}"
    while True:
        with (folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [*command, "--log-level", "warning"], env=_environment() | settings, stdout=log, stderr=log
            )
        started.append(process)
        _wait_ready(url, process, folder / "log")
        yield RunningBot(url=url, process=psutil.Process(process.pid), state=folder / "state")
        # What psutil ended and waited for is known here too.
        process.wait(60)


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")}


def _wait_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _READY_WITHIN_S
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(log.read_text())
        try:
            if requests.get(f"{url}/readyz", timeout=1).ok:
                return
        except requests.RequestException:
            time.sleep(0.05)
    raise TimeoutError(f"the bot was not ready within {_READY_WITHIN_S:.0f} s: {log.read_text()}")


def send(url: str, *, rate: float = 0, seconds: float = 0, count: int = 0) -> Sent:
    """Lets the sender, a process of its own, deliver at a rate (0: as fast as it is answered)."""
    command = [sys.executable, "-m", "tools.bench.sender", url, TOKEN, str(_CONNECTIONS)]
    asked = [f"--rate={rate}", f"--seconds={seconds}", f"--count={count}"]
    done = subprocess.run([*command, *asked], capture_output=True, text=True, check=True)
    return Sent(**json.loads(done.stdout))


def bare_inserts(group: int) -> float:
    """Rows a second that SQLite alone keeps, with the same settings, rows of the same size and groups of that size."""
    from tools.bench.sender import bodies

    body = bodies()[0]
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as name:
        connection = sqlite3.connect(Path(name) / "bare.db", isolation_level=None)
        connection.execute("PRAGMA page_size=8192")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.executescript(inbox.SCHEMA)
        statement = inbox.INSERT.statement(group)
        begun = time.perf_counter()
        for first in range(0, _INSERTS, group):
            values: list[object] = []
            for number in range(first, first + group):
                values += (number, 1, "alertmanager", 0, b"x" * 32, body)
            connection.execute(statement, values)
        rate = _INSERTS / (time.perf_counter() - begun)
        connection.close()
    return rate


def measure() -> list[Figure]:
    """All figures of the bot."""
    with running() as bot:
        send(bot.url, count=2000)
        bot.settle()
        warm_mib = bot.rss_mib()
        calm = send(bot.url, rate=_CALM_RATE, seconds=_CALM_FOR_S)
        cpu_s, begun = bot.cpu_s(), time.monotonic()
        storm = send(bot.url, rate=_RATE, seconds=_FOR_S)
        busy = (bot.cpu_s() - cpu_s) / (time.monotonic() - begun)
        behind_s = bot.settle()
        flat_out = send(bot.url, seconds=_FLAT_OUT_S)
        bot.settle()
        so_far = 2000 + calm.kept + storm.kept + flat_out.kept
        send(bot.url, count=max(_TOTAL - so_far, 0))
        bot.settle()
        cold_mib = bot.rss_mib()
    bare = bare_inserts(32)
    return [
        *_figures(calm, storm, flat_out, bare=bare, busy=busy, behind_s=behind_s),
        Figure(name="memory after 100,000 deliveries", value=cold_mib, unit="MiB", target=150),
        Figure(name="memory gained over them", value=cold_mib - warm_mib, unit="MiB", target=15),
    ]


def _figures(calm: Sent, storm: Sent, flat_out: Sent, *, bare: float, busy: float, behind_s: float) -> list[Figure]:
    return [
        Figure(
            name="deliveries a second, kept before the answer, 30 s",
            value=storm.per_s,
            unit="/s",
            # What was offered is reached up to the sender's own last answers.
            target=_RATE * 0.995,
            better="more",
            beside=f"{_RATE} offered, {storm.refused} refused, p99 {storm.p99_ms:.0f} ms, {busy:.0%} of a core",
        ),
        Figure(name="behind in git when they ended", value=behind_s, unit="s", beside="the writer lets them go first"),
        Figure(name="99th percentile at 200 a second", value=calm.p99_ms, unit="ms", target=100),
        Figure(
            name="flat out, beside SQLite alone",
            value=flat_out.per_s / bare,
            unit="of its rate",
            target=0.5,
            better="more",
            beside=f"{flat_out.per_s:,.0f}/s; SQLite alone {bare:,.0f}/s without HTTP and checks, in groups of 32",
        ),
    ]
