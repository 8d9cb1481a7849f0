"""Starts the drill's programs, waits until they answer, and leaves none behind."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final

import requests

from tools.drill.errors import ProcessFailed

_STOP_WITHIN_S: Final = 8.0


def _die_with_parent(program: "Program") -> list[str]:
    """A prefix that makes the kernel end the program when the drill is killed; empty where there is no such thing.

    A program rather than a `preexec_fn`, which may deadlock once the drill's own threads run.
    """
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", program.last_signal, "--"] if setpriv else []


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """How to start one program, and the address that answers when it is ready."""

    name: str
    command: Sequence[str]
    ready_url: str
    environment: Mapping[str, str] = field(default_factory=dict)
    authority: Path | None = None
    """The certificate of who signed the address's own, if that is not a public authority."""
    last_signal: str = "TERM"
    """What the kernel sends it when we are killed: KILL for one that would wait for others, which get the same."""


class Processes:
    """The running programs; leaving the context stops them, last started first."""

    def __init__(self, logs: Path) -> None:
        """Logs go to `logs/<name>.log`."""
        self._logs = logs
        self._running: dict[str, tuple[Program, subprocess.Popen[bytes]]] = {}
        logs.mkdir(parents=True, exist_ok=True)

    def start(self, program: Program, ready_within_s: float = 30) -> None:
        """Starts a program and returns when its address answers; raises ProcessFailed."""
        with (self._logs / f"{program.name}.log").open("ab") as log:
            process = subprocess.Popen(
                [*_die_with_parent(program), *program.command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **program.environment},
                # Ctrl-C reaches the drill alone, which then stops the programs in order.
                start_new_session=True,
            )
        self._running[program.name] = (program, process)
        self._wait_ready(program, process, ready_within_s)

    def _wait_ready(self, program: Program, process: subprocess.Popen[bytes], within_s: float) -> None:
        end = time.monotonic() + within_s
        while time.monotonic() < end:
            if process.poll() is not None:
                raise self._failed(program.name, f"ended with status {process.returncode} before it was ready")
            if answers(program.ready_url, program.authority):
                return
            time.sleep(0.05)
        raise self._failed(program.name, f"did not answer on {program.ready_url} within {within_s:.0f} s")

    def _failed(self, name: str, why: str) -> ProcessFailed:
        log = self._logs / f"{name}.log"
        lines = log.read_text(errors="replace").splitlines() if log.exists() else []
        return ProcessFailed(name, why, "\n".join(lines[-15:]))

    def pid(self, name: str) -> int:
        """The process id of a running program."""
        return self._running[name][1].pid

    def check(self, may_end: Sequence[str] = ()) -> None:
        """Starts anew what ended and may end, as a Deployment does; raises ProcessFailed for any other."""
        for name, (program, process) in list(self._running.items()):
            if process.poll() is None:
                continue
            if name not in may_end:
                raise self._failed(name, f"ended with status {process.returncode}")
            self.start(program)

    def stop(self) -> None:
        """Ends every program and what it started; waits for each."""
        for _, (_, process) in reversed(list(self._running.items())):
            _signal_group(process, signal.SIGTERM)
            try:
                process.wait(_STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                _signal_group(process, signal.SIGKILL)
                process.wait()
        self._running.clear()

    def __enter__(self) -> "Processes":
        """Programs run while the context is open."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stops them, whatever happened."""
        self.stop()


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Signals a program and its children; one that is gone is fine."""
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return


def answers(url: str, authority: Path | None = None) -> bool:
    """Whether a GET of the address succeeds within a second; `authority` signed its certificate."""
    try:
        return requests.get(url, timeout=1, verify=True if authority is None else str(authority)).ok
    except requests.RequestException:
        return False
