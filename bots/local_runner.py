"""Runs remediations as programs on this machine, one at a time for each target."""

import contextlib
import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from typing import IO, Final

import orjson

from bots.actions.result import read_result
from bots.errors import Unreachable
from bots.guards.attempted import aim, changes
from bots.outcome import Outcome
from bots.timeline.effect import RunRemediation
from bots.timeline.state import incident_name

LIMIT_S: Final = 120.0
_DETAIL: Final = 2_000
"""Characters of a program's last words that are kept."""
_LAST_BYTES: Final = 256 * 1024
"""Of a program's output that are looked at; a result document is shorter."""
_MOST_BYTES: Final = 64 * 2**20
"""Of output, after which a program is ended."""
_LOOK_EVERY_S: Final = 0.1
_LOCKED_AGAIN_S: Final = 1.0
"""Seconds until a target that somebody else works on is looked at again."""


class LocalRunner:
    """Runs actions as programs on this machine. The dry run lives here, where the change would be made."""

    def __init__(
        self, programs: Mapping[str, Sequence[str]], *, limit_s: float = LIMIT_S, dry_run: bool = False
    ) -> None:
        """`programs` names the program and its arguments for each action."""
        self._programs = programs
        self._limit_s = limit_s
        self._dry_run = dry_run
        self._locking = threading.Lock()
        self._held: dict[str, tuple[tuple[int, int], float]] = {}
        """What is worked on, the incident and attempt that do, and when that has surely ended (monotonic seconds)."""

    def start(self) -> None:
        """Nothing has to run before something is asked for."""

    def stop(self) -> None:
        """A program that runs is waited for."""

    def name(self, run: RunRemediation) -> str:
        """A program on this machine has none."""
        return ""

    def begin(self, run: RunRemediation) -> Outcome | None:
        """Takes the lock on the target; raises Unreachable while another run of this process holds it."""
        if run.dry_run or not changes(run.action):
            return None
        target, mine = aim(run.target), (run.incident, run.attempt)
        with self._locking:
            now = time.monotonic()
            holder, until = self._held.get(target, (mine, now))
            if holder == mine or until <= now:
                self._held[target] = (mine, now + 2 * self._limit_s)
                return None
        by = f"attempt {holder[1]} of {incident_name(holder[0])}"
        raise Unreachable(f"{target} is being worked on by {by}", alone=True, after_s=_LOCKED_AGAIN_S)

    def find(self, run: RunRemediation) -> Outcome | None:
        """Whoever started a program is the only one who can know how it ended."""
        return None

    def apply(self, run: RunRemediation) -> Outcome:
        """Runs the action; the request goes in as JSON on standard input, the last line that comes out is kept."""
        try:
            return self._run(run)
        finally:
            with self._locking:
                if self._held.get(aim(run.target), (None, 0.0))[0] == (run.incident, run.attempt):
                    del self._held[aim(run.target)]

    def _run(self, run: RunRemediation) -> Outcome:
        program = self._programs.get(run.action)
        if program is None:
            known = ", ".join(sorted(self._programs)) or "none"
            detail = f"no program for {run.action} on this machine; there are: {known}"
            return Outcome(outcome="refused", exit_code=None, detail=detail)
        if self._dry_run or run.dry_run:
            return Outcome(outcome="dry_run", exit_code=None, detail=f"would run {program[0]}")
        return self._execute(program, _request_bytes(run))

    def _execute(self, program: Sequence[str], request_bytes: bytes) -> Outcome:
        with tempfile.TemporaryFile() as request, tempfile.TemporaryFile() as output:
            request.write(request_bytes)
            request.seek(0)
            try:
                # A group of its own, so that what the program itself started ends with it.
                process = subprocess.Popen(
                    list(program), stdin=request, stdout=output, stderr=output, start_new_session=True
                )
            except OSError as error:
                return Outcome(outcome="failed", exit_code=None, detail=f"{program[0]}: {error.strerror}")
            try:
                return self._waited(process, output) or _ended(process.returncode, _last_line(output))
            finally:
                _end(process)

    def _waited(self, process: subprocess.Popen[bytes], output: IO[bytes]) -> Outcome | None:
        """Waits for the end of a program; what is to be recorded if it was ended, None if it ended."""
        end = time.monotonic() + self._limit_s
        while True:
            try:
                process.wait(_LOOK_EVERY_S)
            except subprocess.TimeoutExpired:
                # The disk is that of the records.
                if os.fstat(output.fileno()).st_size > _MOST_BYTES:
                    detail = f"ended, since it wrote more than {_MOST_BYTES // 2**20} MiB"
                    return Outcome(outcome="failed", exit_code=None, detail=detail)
                if time.monotonic() > end:
                    detail = f"ended after {self._limit_s:g} s"
                    return Outcome(outcome="timed_out", exit_code=None, detail=detail)
            else:
                return None


def _ended(code: int, last_line: str) -> Outcome:
    """What the program said at its end, be it a result document or any text."""
    result = read_result(last_line)
    if result is not None and (result.exit_code == 0) == (code == 0):
        return Outcome(outcome=result.outcome, exit_code=code, detail=result.summary, output=result.output)
    outcome = "succeeded" if code == 0 else "failed"
    return Outcome(outcome=outcome, exit_code=code, detail=last_line[:_DETAIL])


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends the program's whole group if the program still runs."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _request_bytes(run: RunRemediation) -> bytes:
    return orjson.dumps(
        {
            "incident": incident_name(run.incident),
            "attempt": run.attempt,
            "service": run.service,
            "alert": run.alert,
            "action": run.action,
            "target": dict(run.target),
            "parameters": dict(run.parameters),
        }
    )


def _last_line(output: IO[bytes]) -> str:
    size = output.seek(0, os.SEEK_END)
    output.seek(max(0, size - _LAST_BYTES))
    lines = [line.strip() for line in output.read().decode("utf-8", "replace").splitlines() if line.strip()]
    return lines[-1] if lines else ""
