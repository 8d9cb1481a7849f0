"""One more commit with 100,000 incidents beside 1,000; how long a start takes with the index, and on a new volume."""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Final

import orjson

from bots import records
from bots.incident import History
from bots.ledger import Ledger
from bots.opening import open_store
from bots.rulebook import Rules
from bots.store import Store
from bots.timeline.event import BOT, Event, Kind, fact, key_of
from bots.timeline.intake import Alert, AlertDelivery
from tools.bench.figure import Figure

FEW: Final = 1_000
MANY: Final = 100_000
COMMITS: Final = 31
_BEGIN: Final = datetime(2016, 1, 1, tzinfo=UTC)
_APART: Final = timedelta(minutes=52)
"""100,000 incidents in ten years."""
_SERVICES: Final = 200
_PER_COMMIT: Final = 500


def measure() -> list[Figure]:
    """The ratio of the medians, commits of both taken in turn, and two starts of a process of its own."""
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder:
        few, many = Path(folder) / "few", Path(folder) / "many"
        _fill(few, FEW)
        _fill(many, MANY)
        small, large = _commits(few, many)
        start = _start(many)
        new = _start(Path(folder) / "new", remote=many / "records.git")
    beside = f"{large * 1000:.1f} ms beside {small * 1000:.1f} ms with {FEW:,}, flushed to the disk"
    return [
        Figure(name=f"a commit with {MANY:,} incidents", value=large / small, unit="×", target=1.5, beside=beside),
        Figure(name=f"start with {MANY:,} incidents", value=start["s"], unit="s", target=5, beside="the local index"),
        Figure(
            name="start on a new volume",
            value=new["s"],
            unit="s",
            target=60,
            beside=f"{new['cpu']:.0f} s of CPU; from a remote here",
        ),
        Figure(name="memory after that start", value=new["mib"], unit="MiB", target=150, beside="at most, meanwhile"),
    ]


def history(number: int, begin: datetime = _BEGIN, apart: timedelta = _APART) -> History:
    """An incident as there are many: fired, acknowledged, resolved, closed."""
    service = f"service-{number % _SERVICES}"
    starts = begin + number * apart
    labels = {"alertname": "HighErrorRate", "service": service, "team": "payments", "severity": "page"}
    notes = {"summary": f"{service} answers 5 % of requests with an error", "runbook_url": "https://example.com/r.md"}
    opened = Event(
        kind=Kind.OPENED,
        at=starts,
        by=BOT,
        key=key_of("opened", str(number)),
        data={"incident": number, "team": "payments", "service": service},
    )
    facts = [
        fact(
            Alert(
                fingerprint=f"{number % _SERVICES:016x}",
                status="firing" if ends is None else "resolved",
                starts_at=starts,
                ends_at=ends,
                labels=labels,
                annotations=notes,
            ),
            service=service,
            team="payments",
            severity="page",
            priority="P1",
            source="alertmanager",
        )
        for ends in (None, starts + timedelta(minutes=9))
    ]
    acts = [
        Event(kind=kind, at=starts + timedelta(minutes=minutes), by="ana", key=key_of(kind, str(number)), data=data)
        for kind, minutes, data in (
            (Kind.ACKNOWLEDGED, 2, {}),
            (Kind.CLOSED, 60, {"verdict": "actionable", "alerts": []}),
        )
    ]
    return History.of([opened, facts[0], acts[0], facts[1], acts[1]])


def _fill(folder: Path, count: int) -> None:
    """A state folder with that many incidents and a fresh index."""
    open_store(folder).close()
    import_incidents(folder / "records.git", count, history)
    (folder / "records.index").unlink()
    open_store(folder).close()


def import_incidents(repository: Path, count: int, make: Callable[[int], History]) -> None:
    """Many incidents, some hundred in each commit on the branch records; raises RuntimeError if git refuses them."""
    command = ["git", "--git-dir", str(repository), "fast-import", "--quiet", "--force"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        for first in range(1, count + 1, _PER_COMMIT):
            numbers = range(first, min(first + _PER_COMMIT, count + 1))
            _import(process.stdin, (make(number) for number in numbers))
        process.stdin.close()
        if process.wait() != 0:
            raise RuntimeError("git fast-import failed")


def _import(stream: IO[bytes], histories: Iterator[History]) -> None:
    """One commit of git's import format (https://git-scm.com/docs/git-fast-import#_input_format)."""
    message = b"incidents: many\n"
    stream.write(b"commit refs/heads/records\ncommitter Tocsin <tocsin@localhost> 1767607200 +0000\n")
    stream.write(b"data %d\n%s" % (len(message), message))
    for made in histories:
        for path, text in _files(made):
            stream.write(b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(text), text))


def _files(made: History) -> Iterator[tuple[str, bytes]]:
    for name, text in records.files(made).items():
        yield f"{made.path}/{name}", text


def _commits(few: Path, many: Path) -> tuple[float, float]:
    """The median seconds of deciding and committing a new incident, in both."""
    stores = [open_store(few), open_store(many)]
    try:
        ledgers = [Ledger(store, Rules()) for store in stores]
        times: list[list[float]] = [[], []]
        for number in range(COMMITS):
            for which, (store, ledger) in enumerate(zip(stores, ledgers, strict=True)):
                times[which].append(_commit(store, ledger, number))
        small, large = (statistics.median(taken) for taken in times)
        return small, large
    finally:
        for store in stores:
            store.close()


def _commit(store: Store, ledger: Ledger, number: int) -> float:
    at = _BEGIN + (store.highest() + 1) * _APART
    alert = Alert(
        fingerprint=f"{number:016x}",
        status="firing",
        starts_at=at,
        ends_at=None,
        labels={"alertname": "HighErrorRate", "service": f"new-{number}", "team": "payments", "severity": "page"},
        annotations={},
    )
    begun = time.perf_counter()
    decision = ledger.decide([AlertDelivery(key=str(number), received_at=at, alerts=(alert,))], at)
    store.commit(decision)
    ledger.accept(decision)
    return time.perf_counter() - begun


def _start(folder: Path, remote: Path | None = None) -> dict[str, float]:
    """Seconds to open the store (by the clock, and of CPU) and the most memory, in a process of its own."""
    program = (
        "import json, resource, sys, time; from pathlib import Path\n"
        "begun = time.perf_counter()\n"
        "from bots.opening import open_store\n"
        "store = open_store(Path(sys.argv[1]), remote=sys.argv[2] or None)\n"
        "assert store.highest() > 0\n"
        "took = time.perf_counter() - begun\n"
        "used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]\n"
        "cpu = sum(one.ru_utime + one.ru_stime for one in used)\n"
        "most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024\n"
        "store.close(); print(json.dumps({'s': took, 'mib': most, 'cpu': cpu}))\n"
    )
    command = [sys.executable, "-c", program, str(folder), str(remote or "")]
    done = subprocess.run(command, check=True, capture_output=True)
    found: dict[str, float] = orjson.loads(done.stdout)
    return found
