"""A run has one control plane, and nothing of it outlives the run."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.cluster.waiting import until

REPOSITORY = Path(__file__).parents[2]
PROGRAMS = {"etcd", "kube-apiserver", "kube-controller-manager"}
USER = """
import pathlib, signal, sys
from tests.cluster.sharing import shared

with shared(pathlib.Path(sys.argv[1]), bare=True) as plane:
    with plane.api() as api:
        print(plane.url, api.call("GET", "/readyz").object, flush=True)
        for line in sys.stdin:
            print(plane.url, api.call("GET", "/readyz").object, flush=True)
"""

Start = Callable[[], subprocess.Popen[str]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts processes that use the control plane of one folder."""
    started = []

    def one() -> subprocess.Popen[str]:
        command = [sys.executable, "-c", USER, str(tmp_path)]
        pipe = subprocess.PIPE
        started.append(
            subprocess.Popen(command, cwd=REPOSITORY, text=True, stdin=pipe, stdout=pipe, stderr=pipe, bufsize=1)
        )
        return started[-1]

    yield one
    for process in started:
        process.kill()
        process.communicate(timeout=10)


def says(process: subprocess.Popen[str]) -> str:
    """The next line of a user: the control plane's address, if it answers."""
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.endswith("{}\n"), process.stderr.read() if process.stderr else line
    return line


def of_host(folder: Path) -> list[psutil.Process]:
    """The host and its programs."""
    host = psutil.Process(json.loads((folder / "host.json").read_bytes())["host"])
    programs = host.children(recursive=True)
    assert {Path(program.exe()).name for program in programs} == PROGRAMS
    return [host, *programs]


# Starts two control planes, which takes seconds: one left behind would cost every later run on the machine more.
def test_it_is_shared_and_ends_with_its_last_user(tmp_path: Path, start: Start) -> None:
    """Two at once get the same; it lasts while one of them lives, ends after Ctrl-C or kill -9, and can start anew."""
    first, second = start(), start()
    address = says(first)
    assert says(second) == address
    processes = of_host(tmp_path)
    first.kill()
    first.wait(timeout=10)
    assert second.stdin is not None
    second.stdin.write("again\n")
    assert says(second) == address
    second.send_signal(signal.SIGINT)
    assert psutil.wait_procs(processes, timeout=30)[1] == []
    until("no host.json", lambda: not (tmp_path / "host.json").exists())
    third = start()
    assert says(third) != address
    processes = of_host(tmp_path)
    processes[0].kill()
    assert psutil.wait_procs(processes, timeout=30)[1] == []


def test_control_plane_that_cannot_start_says_why(tmp_path: Path) -> None:
    """What the host said is in the error."""
    (tmp_path / "state").write_text("in the way", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", USER, str(tmp_path)], cwd=REPOSITORY, text=True, capture_output=True, check=False
    )
    assert done.returncode == 1
    assert "AssertionError: the control plane did not start:\n" in done.stderr
    assert f"FileExistsError: [Errno 17] File exists: '{tmp_path}/state'\n" in done.stderr
